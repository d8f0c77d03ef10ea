import { describe, expect, it } from "vitest";
import { aCall, anEvent } from "../../lib/test_data";
import type { Call } from "../../lib/types";
import { patchLatest } from "./unread";
import type { Latest } from "./unread";

const AT = "2026-02-08T06:11:00Z";
const known: Latest = { at: { "42": Date.parse(AT) }, isCut: false };

function after(change: Partial<Call>): Latest {
  return patchLatest(known, anEvent(1, aCall(change)));
}

describe("the latest calls", () => {
  it("are told by the feed, of conversations that were not known, too", () => {
    expect(after({ start_time: "2026-02-08T06:12:00Z" }).at["42"]).toBe(Date.parse("2026-02-08T06:12:00Z"));
    expect(after({ conversation_id: "43" }).at).toEqual({ ...known.at, "43": Date.parse(AT) });
  });

  it("do not change by older calls, by legs, and by what is hidden", () => {
    const later = { start_time: "2026-02-08T06:12:00Z" };
    expect(after({ start_time: "2026-02-08T06:10:00Z" })).toBe(known);
    expect(after({ ...later, parent_call_sid: "CA0" })).toBe(known);
    expect(after({ ...later, visibility: "filtered" })).toBe(known);
    expect(after({ ...later, conversation_id: null })).toBe(known);
  });
});
