import { describe, expect, it } from "vitest";
import { readIds, writeIds } from "./picked";

describe("a selection in the address", () => {
  it.each<[string[], string | null]>([
    [[], null],
    [["7"], "7"],
    [["12", "8", "7", "9"], "7-9.12"],
  ])("of %j is %s, and is read from it", (ids, kept) => {
    expect(writeIds(ids)).toBe(kept);
    expect(readIds(kept, 500).toSorted()).toEqual(ids.toSorted());
  });

  it("is short for a long one that hangs together", () => {
    expect(writeIds(Array.from({ length: 500 }, (_, i) => String(1_000 + i)))).toBe("1000-1499");
  });

  it("has an end, and passes over what is none", () => {
    expect(readIds("1-999999999", 3)).toEqual(["1", "2", "3"]);
    expect(readIds("x.5.-3.9-8.", 3)).toEqual(["5"]);
  });
});
