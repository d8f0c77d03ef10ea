import { describe, expect, it } from "vitest";
import { rangeOf } from "./in_sight";

describe("what of a board is in sight", () => {
  const grid = { columns: 3, pitch: 100 };

  it("is whole rows, and two more on either side", () => {
    expect(rangeOf({ top: 0, bottom: 450 }, grid)).toEqual([0, 21]);
    expect(rangeOf({ top: 1050, bottom: 1500 }, grid)).toEqual([24, 51]);
  });

  it("is four more where they stand below one another", () => {
    expect(rangeOf({ top: 1000, bottom: 1500 }, { columns: 1, pitch: 100 })).toEqual([6, 19]);
  });

  it("is nothing where the board is below what can be seen", () => {
    const [first, end] = rangeOf({ top: 0, bottom: -200 }, grid);
    expect(end).toBeLessThanOrEqual(first);
  });
});
