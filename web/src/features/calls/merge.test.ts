import { describe, expect, it } from "vitest";
import { aCall, anEvent } from "../../lib/test_data";
import { LINGER_MS, answering, groupCalls, patchActive, stageStart } from "./merge";
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

describe("who answers", () => {
  const ringing = aCall({ twilio_sid: "CA2", parent_call_sid: "CA1", start_time: "2026-02-08T06:11:05Z" });
  const talking = aCall({ twilio_sid: "CA3", parent_call_sid: "CA1", status: "in-progress", answered_at: "2026-02-08T06:11:09Z" });
  const over = aCall({ twilio_sid: "CA4", parent_call_sid: "CA1", status: "no-answer", is_final: true });

  it("is where it rings, until somebody does", () => {
    expect(answering({ call: aCall({}), legs: [ringing, over] })).toEqual([ringing]);
    expect(answering({ call: aCall({}), legs: [ringing, over, talking] })).toEqual([talking]);
    expect(answering({ call: aCall({}), legs: [over] })).toEqual([]);
  });

  it("starts a stage: waiting with the call, ringing with the first leg that rings", () => {
    expect(stageStart({ call: aCall({}), legs: [over] })).toBe("2026-02-08T06:11:00Z");
    expect(stageStart({ call: aCall({}), legs: [ringing] })).toBe("2026-02-08T06:11:05Z");
  });

  it("starts the talking with the answer, that of the connected leg when there is one", () => {
    const call = aCall({ status: "in-progress", answered_at: "2026-02-08T06:11:01Z" });
    expect(stageStart({ call, legs: [] })).toBe("2026-02-08T06:11:01Z");
    expect(stageStart({ call, legs: [talking] })).toBe("2026-02-08T06:11:09Z");
  });
});
