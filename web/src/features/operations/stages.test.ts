import { describe, expect, it } from "vitest";
import type { SyncHealth } from "../../lib/types";
import { stagesOf, stagesToCome } from "./stages";

function health(waiting: number, oldest: number): SyncHealth {
  return {
    version: "1.0.0",
    status: "ok",
    reasons: [],
    inbox: { pending: waiting, held: 0, oldest_pending_age_ms: oldest, dead_letter: 0, counted_ago_ms: 0, spool_bytes: null },
    worker: { lag_ms: 0 },
    feed: { last_seq: 0, publish_lag_ms: null, clients: 0 },
    reconcile: { enabled: true, jobs: [] },
    canary: null,
  };
}

describe("the stages", () => {
  const figuresOf = (stages: ReturnType<typeof stagesOf>): string[][] => stages.map(({ figures }) => figures.map(({ name }) => name));
  const waitingNote = (of: SyncHealth): string | undefined => stagesOf(of, undefined)[1]?.figures[0]?.note;

  it("have the same figures while nothing is known, when nothing waits, and when something does", () => {
    expect(figuresOf(stagesOf(health(0, 0), undefined))).toEqual(figuresOf(stagesToCome()));
    expect(figuresOf(stagesOf(health(3, 2_000), undefined))).toEqual(figuresOf(stagesToCome()));
  });

  it("say how long the oldest of what waits has waited", () => {
    expect(waitingNote(health(3, 2_000))).toBe("the longest for 2 s");
    expect(waitingNote(health(0, 0))).toBe("events in the inbox");
  });
});
