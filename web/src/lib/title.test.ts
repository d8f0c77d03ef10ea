import { describe, expect, it } from "vitest";
import { titleOf } from "./title";

describe("the title of the window", () => {
  const calls = { unread: null, view: "Calls", room: null, subject: null, project: "Night shift" };

  it("names the page and the project, and what is unread before all", () => {
    expect(titleOf(calls)).toBe("Calls · Night shift · Hookswitch");
    expect(titleOf({ ...calls, unread: "3" })).toBe("(3) Calls · Night shift · Hookswitch");
  });

  it("names whom it is about instead of the project, and the room instead of the view", () => {
    expect(titleOf({ ...calls, subject: "Ann" })).toBe("Calls · Ann · Hookswitch");
    expect(titleOf({ ...calls, view: "Settings", room: "People" })).toBe("People · Night shift · Hookswitch");
  });

  it("is the product alone where nobody is signed in", () => {
    expect(titleOf({ ...calls, view: null, project: null })).toBe("Hookswitch");
  });
});
