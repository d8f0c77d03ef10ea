import { describe, expect, it } from "vitest";
import { groupAt, rowOfGroup } from "./items";

/** The lines of three groups, as words. */
function lines(open: number, rows: number): string[] {
  return Array.from({ length: 3 + rows }, (_, index) => {
    const row = rowOfGroup(index, open, rows);
    return row === null ? `group ${groupAt(index, open, rows)}` : `row ${row}`;
  });
}

describe("the lines of dead letters", () => {
  it("are the groups alone while none is open", () => {
    expect(lines(-1, 0)).toEqual(["group 0", "group 1", "group 2"]);
  });

  it("have the events below the group that is open", () => {
    expect(lines(0, 2)).toEqual(["group 0", "row 0", "row 1", "group 1", "group 2"]);
    expect(lines(2, 1)).toEqual(["group 0", "group 1", "group 2", "row 0"]);
  });

  it("are the groups while the open one is being loaded, or is empty", () => {
    expect(lines(1, 0)).toEqual(["group 0", "group 1", "group 2"]);
  });
});
