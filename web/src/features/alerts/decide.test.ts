import { describe, expect, it } from "vitest";
import { aCall, anEvent } from "../../lib/test_data";
import type { Call } from "../../lib/types";
import { FRESH_MS, alertsOf, keyOf, remember } from "./decide";
import type { Told } from "./decide";

const START = Date.parse("2026-02-08T06:11:00Z");
const NONE: Told = new Map();
const over = (status: Call["status"]): Partial<Call> => ({
  status,
  display_status: status,
  is_final: true,
  missed: status !== "completed",
  end_time: "2026-02-08T06:11:20Z",
});

function keys(calls: Partial<Call>[], now = START + 1_000, told: Told = NONE): string[] {
  return alertsOf(calls.map((change, i) => anEvent(i + 1, aCall(change))), told, now).map(keyOf);
}

describe("somebody is told", () => {
  it("of a call that comes in, and of one that was missed", () => {
    expect(keys([{}])).toEqual(["incoming CA1"]);
    expect(keys([over("no-answer")], START + 25_000)).toEqual(["missed CA1"]);
    expect(keys([over("canceled")], START + 25_000)).toEqual(["missed CA1"]);
  });

  it.each<[string, Partial<Call>]>([
    ["goes out", { direction: "outbound" }],
    ["is internal", { direction: "internal" }],
    ["is a leg of another", { parent_call_sid: "CA0" }],
    ["is hidden by a filter", { visibility: "filtered" }],
    ["is being talked in", { status: "in-progress" }],
    ["was answered", over("completed")],
    ["went out and reached nobody", { direction: "outbound", ...over("busy") }],
  ])("of no call that %s", (_, change) => {
    expect(keys([change])).toEqual([]);
  });

  it("of nothing that is history by now", () => {
    expect(keys([{}], START + FRESH_MS)).toEqual(["incoming CA1"]);
    expect(keys([{}], START + FRESH_MS + 1)).toEqual([]);
    expect(keys([over("busy")], START + 20_000 + FRESH_MS + 1)).toEqual([]);
  });

  it("of nothing that is heard of late, however fresh the call looks", () => {
    const late = { ...anEvent(1, aCall({})), late: true };
    expect(alertsOf([late], NONE, START)).toEqual([]);
    expect(alertsOf([{ ...anEvent(1, aCall(over("busy"))), late: true }], NONE, START + 21_000)).toEqual([]);
    expect(alertsOf([late, anEvent(2, aCall({ twilio_sid: "CA2" }))], NONE, START).map(keyOf)).toEqual(["incoming CA2"]);
    expect(alertsOf([anEvent(1, aCall({})), { ...late, seq: 2 }], NONE, START).map(keyOf)).toEqual(["incoming CA1"]);
  });

  it("of no old call that the provider dates to the future", () => {
    expect(keys([{ start_time: "2027-01-01T00:00:00Z" }], START + FRESH_MS + 1)).toEqual([]);
  });

  it("once, however often the call changes", () => {
    const alerts = alertsOf([anEvent(1, aCall({}))], NONE, START);
    const told = remember(NONE, alerts, START);
    expect(keys([{}, { status: "initiated" }], START + 2_000, told)).toEqual([]);
    expect(keys([over("busy")], START + 21_000, told)).toEqual(["missed CA1"]);
  });

  it("of the last state, when more came together", () => {
    expect(keys([{}, over("no-answer")], START + 25_000)).toEqual(["missed CA1"]);
    expect(keys([{}, { status: "in-progress" }])).toEqual([]);
    expect(keys([{}, { twilio_sid: "CA2" }])).toEqual(["incoming CA1", "incoming CA2"]);
  });

  it("and keeps no more in mind than may come again", () => {
    const told = remember(NONE, alertsOf([anEvent(1, aCall({}))], NONE, START), START);
    expect(remember(told, [], START + 2 * FRESH_MS).size).toBe(1);
    expect(remember(told, [], START + 2 * FRESH_MS + 1).size).toBe(0);
  });
});
