import { describe, expect, it } from "vitest";
import { OPENED_MAX, isUnread, parseMarks, withRead } from "./read_marks";
import type { ReadMarks } from "./read_marks";

const NONE: ReadMarks = { since: 1_000, opened: {} };

describe("the marks of what was read", () => {
  it("begin with all that was there", () => {
    expect(isUnread(NONE, "1", 1_000)).toBe(false);
    expect(isUnread(NONE, "1", 1_001)).toBe(true);
  });

  it("tell of each conversation up to which call it was seen", () => {
    const marks = withRead(NONE, "1", 2_000);
    expect(isUnread(marks, "1", 2_000)).toBe(false);
    expect(isUnread(marks, "1", 2_001)).toBe(true);
    expect(isUnread(marks, "2", 2_000)).toBe(true);
  });

  it("do not change by what was read before", () => {
    const marks = withRead(NONE, "1", 2_000);
    expect(withRead(marks, "1", 1_500)).toBe(marks);
    expect(withRead(marks, "2", 900)).toBe(marks);
  });

  it("stay few, and what was read stays read", () => {
    let marks = NONE;
    for (let i = 0; i < OPENED_MAX + 10; i++) marks = withRead(marks, String(i), 2_000 + i);
    expect(Object.keys(marks.opened).length).toBeLessThanOrEqual(OPENED_MAX);
    for (let i = 0; i < OPENED_MAX + 10; i++) expect(isUnread(marks, String(i), 2_000 + i)).toBe(false);
    expect(isUnread(marks, "another", 2_000 + OPENED_MAX)).toBe(true);
  });

  it("are read as they were kept, and anything else is none", () => {
    const marks = withRead(NONE, "1", 2_000);
    expect(parseMarks(JSON.stringify(marks))).toEqual(marks);
    for (const kept of [null, "", "{", "null", "[]", "7", '{"since":1}', '{"since":"1","opened":{}}', '{"since":1,"opened":[]}'])
      expect(parseMarks(kept), String(kept)).toBeNull();
    expect(parseMarks('{"since":1,"opened":{"a":2,"b":"x"}}')).toEqual({ since: 1, opened: { a: 2 } });
  });
});
