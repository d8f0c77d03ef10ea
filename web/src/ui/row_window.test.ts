import { describe, expect, it } from "vitest";
import { movedTo, shiftOf } from "./row_window";
import type { SeenRow } from "./row_window";

const list = (ids: string) => (index: number): string | undefined => ids[index];
const seen = (ids: string, first: number): SeenRow[] => Array.from(ids, (id, i) => ({ id, index: first + i }));

describe("shiftOf", () => {
  it("tells by how much rows were pushed down by new ones above", () => {
    expect(shiftOf(seen("cde", 2), list("xyabcdef"))).toBe(2);
  });

  it("does not follow a row that has gone to the top by itself", () => {
    expect(shiftOf(seen("cde", 2), list("cabdef"))).toBe(0);
    expect(shiftOf(seen("abcd", 0), list("dabc"))).toBe(1);
  });

  it("stays where it is when nothing that was seen is left", () => {
    expect(shiftOf(seen("xyz", 2), list("abcdef"))).toBe(0);
    expect(shiftOf([], list("abc"))).toBe(0);
  });
});

describe("movedTo", () => {
  it("finds a row where it is now, and takes one that is not loaded to be where it was", () => {
    expect(movedTo({ id: "c", index: 2 }, list("xyabcdef"))).toBe(4);
    expect(movedTo({ id: "c", index: 2 }, () => undefined)).toBe(2);
  });
});
