import { describe, expect, it } from "vitest";
import type { InboxEvent, ProcessingStatus } from "../../lib/types";
import { SELECT_MAX, withAll, without } from "./selection";

function some(n: number, processing_status: ProcessingStatus, from = 0): InboxEvent[] {
  return Array.from({ length: n }, (_, i) => ({ id: String(from + i), processing_status }) as InboxEvent);
}

describe("a selection", () => {
  it("takes what may be replayed, and nothing else", () => {
    const selected = withAll([], [...some(1, "dead_letter", 1), ...some(1, "failed", 2), ...some(1, "completed", 3), ...some(1, "pending", 4)]);
    expect(selected).toEqual(["1", "2"]);
    expect(without(selected, some(1, "dead_letter", 1))).toEqual(["2"]);
  });

  it("has an end", () => {
    expect(withAll([], some(SELECT_MAX + 7, "dead_letter"))).toHaveLength(SELECT_MAX);
  });
});
