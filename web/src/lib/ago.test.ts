import { describe, expect, it } from "vitest";
import { agoOf, spanOf } from "./ago";

describe("agoOf", () => {
  it("tells one unit, the largest that is full", () => {
    const told = [0, 4.4, 5, 59, 60, 3_599, 3_600, 86_399, 86_400, 10 * 86_400].map(agoOf);
    expect(told).toEqual(["just now", "just now", "5 s ago", "59 s ago", "1 min ago", "59 min ago", "1 h ago", "23 h ago", "1 d ago", "10 d ago"]);
  });
});

describe("spanOf", () => {
  it("is the same without a direction", () => {
    expect([0.4, 59, 300, 7_199, 7 * 86_400].map(spanOf)).toEqual(["0 s", "59 s", "5 min", "1 h", "7 d"]);
  });
});
