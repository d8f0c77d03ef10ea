import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Job, JobRun } from "../../lib/types";
import { listenToProgress, withRuns } from "./progress";

class Wire {
  static readonly opened: Wire[] = [];
  closed = false;
  onerror: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;

  constructor(readonly url: string) {
    Wire.opened.push(this);
  }

  close(): void {
    this.closed = true;
  }

  says(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

function listen() {
  const live: boolean[] = [];
  const told: string[][] = [];
  const end = listenToProgress({
    onLive: (is) => live.push(is),
    onRuns: (runs) => told.push(runs.map(({ id }) => id)),
  });
  const wire = (): Wire => Wire.opened.at(-1) ?? new Wire("none");
  return { live, told, end, wire };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", Wire);
  Wire.opened.length = 0;
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("listenToProgress", () => {
  it("hands on what is told, and that it is", () => {
    const { live, told, wire } = listen();
    expect(wire().url).toContain("topics=job.progress");
    wire().says({ type: "feed.connected" });
    wire().says({ type: "job.progress", runs: [{ id: "7" }] });
    wire().says({ type: "feed.position", seq: 5 });
    expect([live, told]).toEqual([[true], [["7"]]]);
  });

  for (const [why, lose] of [
    ["is cut off", (wire: Wire) => wire.onerror?.()],
    ["is ended", (wire: Wire) => { wire.says({ type: "feed.ended" }); }],
    ["is silent", () => vi.advanceTimersByTime(45_000)],
  ] as const)
    it(`says so when it ${why}, and comes back`, () => {
      const { live, wire } = listen();
      const first = wire();
      first.says({ type: "feed.connected" });
      lose(first);
      expect([live, first.closed]).toEqual([[true, false], true]);
      vi.advanceTimersByTime(5_000);
      expect(Wire.opened).toHaveLength(2);
      wire().says({ type: "feed.connected" });
      expect(live).toEqual([true, false, true]);
    });

  it("listens no more when it is ended, nor comes back", () => {
    const { end, wire } = listen();
    end();
    vi.advanceTimersByTime(100_000);
    expect([wire().closed, Wire.opened.length]).toEqual([true, 1]);
  });
});

describe("withRuns", () => {
  const run = (id: string, state: JobRun["state"], done = 0): JobRun => ({
    id, state, done, job: "freeze", total: 9, counts: {}, error: null, asked_through: "api", asked_by: null,
    asked_at: "2026-11-28T00:00:00Z", started_at: null, ended_at: null,
  });
  const list = (latest: JobRun | null): { jobs: Job[] } => ({
    jobs: [{
      name: "freeze", schedule: "interval", enabled: true, offered: true, failures: 0, latest,
      next_run_at: null, last_success_at: null, last_error_at: null, last_error: null,
    }],
  });

  it("takes how far a run is, and asks for nothing", () => {
    const taken = withRuns(list(run("1", "running")), [run("1", "running", 5)]);
    expect([taken.list.jobs[0]?.latest?.done, taken.asks]).toEqual([5, false]);
  });

  it("asks for the rest when a run has ended, once", () => {
    for (const before of [null, run("1", "succeeded"), run("2", "running")])
      expect(withRuns(list(before), [run("2", "succeeded")]).asks).toBe(true);
    expect(withRuns(list(run("2", "succeeded")), [run("2", "succeeded")]).asks).toBe(false);
  });

  it("leaves alone what nothing was told of", () => {
    const before = list(run("1", "running"));
    expect(withRuns(before, [])).toEqual({ list: before, asks: false });
  });
});
