import { describe, expect, it } from "vitest";
import { aCall, anEvent } from "../../lib/test_data";
import { LINGER_MS, clockStart, groupCalls, patchActive } from "./merge";
import type { ActiveCalls } from "./merge";

const NOW = 1_000_000;
const empty: ActiveCalls = { calls: [], endedAt: {} };
const sids = (data: ActiveCalls): string[] => data.calls.map((call) => call.twilio_sid);

describe("patchActive", () => {
  it("adds a new call, the latest first", () => {
    const older = aCall({ twilio_sid: "CA1", start_time: "2026-02-08T06:00:00Z" });
    const newer = aCall({ twilio_sid: "CA2", start_time: "2026-02-08T06:01:00Z" });
    const one = patchActive(empty, anEvent(1, older), NOW);
    expect(sids(patchActive(one, anEvent(2, newer), NOW))).toEqual(["CA2", "CA1"]);
  });

  it("replaces a known call, and does so twice without harm", () => {
    const ringing = patchActive(empty, anEvent(1, aCall({ status: "ringing" })), NOW);
    const event = anEvent(2, aCall({ status: "in-progress", display_status: "in-progress" }));
    const once = patchActive(ringing, event, NOW);
    expect(once.calls[0]?.status).toBe("in-progress");
    expect(patchActive(once, event, NOW)).toEqual(once);
  });

  it("does not let an older event take a call back", () => {
    const talking = patchActive(empty, anEvent(2, aCall({ status: "in-progress" })), NOW);
    expect(patchActive(talking, anEvent(1, aCall({ status: "ringing" })), NOW)).toBe(talking);
  });

  it("keeps an ended call for a moment, then drops it", () => {
    const ringing = patchActive(empty, anEvent(1, aCall({ status: "ringing" })), NOW);
    const ended = patchActive(ringing, anEvent(2, aCall({ status: "busy", is_final: true })), NOW);
    expect(groupCalls(ended, NOW + LINGER_MS)).toHaveLength(1);
    expect(groupCalls(ended, NOW + LINGER_MS + 1)).toHaveLength(0);

    const other = anEvent(3, aCall({ twilio_sid: "CA9" }));
    expect(patchActive(ended, other, NOW + LINGER_MS + 1)).toEqual({ calls: [other.call], endedAt: {} });
  });

  it("does not show a call that it only hears of when it is over", () => {
    expect(patchActive(empty, anEvent(1, aCall({ status: "completed", is_final: true })), NOW)).toBe(empty);
  });

  it("removes a call that a filter hides", () => {
    const shown = patchActive(empty, anEvent(1, aCall({})), NOW);
    expect(sids(patchActive(shown, anEvent(2, aCall({ visibility: "filtered" })), NOW))).toEqual([]);
  });
});

describe("groupCalls", () => {
  const parent = aCall({ twilio_sid: "CAp" });
  const leg = aCall({ twilio_sid: "CAc", parent_call_sid: "CAp" });

  it("shows a leg within its parent", () => {
    const groups = groupCalls({ calls: [leg, parent], endedAt: {} }, NOW);
    expect(groups).toEqual([{ call: parent, legs: [leg] }]);
  });

  it("shows a leg by itself while its parent is not there", () => {
    expect(groupCalls({ calls: [leg], endedAt: {} }, NOW)).toEqual([{ call: leg, legs: [] }]);
  });
});

describe("clockStart", () => {
  const talking = { status: "in-progress", answered_at: "2026-02-08T06:11:01Z" } as const;
  const leg = aCall({ ...talking, parent_call_sid: "CA1", answered_at: "2026-02-08T06:11:09Z" });

  it("counts from the start until somebody answers", () => {
    expect(clockStart({ call: aCall({}), legs: [] })).toBe("2026-02-08T06:11:00Z");
  });

  it("counts from the answer, of the leg that was connected when there is one", () => {
    expect(clockStart({ call: aCall(talking), legs: [] })).toBe("2026-02-08T06:11:01Z");
    expect(clockStart({ call: aCall(talking), legs: [leg] })).toBe("2026-02-08T06:11:09Z");
  });
});
