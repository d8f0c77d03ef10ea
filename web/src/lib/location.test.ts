import { describe, expect, it } from "vitest";
import { hrefOf, moved, placeOf } from "./location";

describe("a place", () => {
  it("is written into the address and read from it", () => {
    for (const href of ["/app/", "/app/calls", "/app/calls/42?q=508&missed=true", "/app/call/CA1?as_of=7"])
      expect(hrefOf(placeOf(href))).toBe(href);
  });

  it("keeps what is written in other letters, and survives a bad escape", () => {
    expect(placeOf(hrefOf({ ...placeOf("/app/call"), open: "a/b?c" })).open).toBe("a/b?c");
    expect(placeOf("/app/call/%zz").open).toBe("%zz");
  });

  it("keeps the filter while one stays in a view, and drops it with the view", () => {
    const here = placeOf("/app/calls?missed=true");
    expect(hrefOf(moved(here, { open: "42" }))).toBe("/app/calls/42?missed=true");
    expect(hrefOf(moved(here, { view: "inbox" }))).toBe("/app/inbox");
  });
});
