import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Wire } from "../../lib/test_wire";
import type { Job, JobList, JobRun } from "../../lib/types";
import { RUNS, jobs } from "./api";
import { listenToProgress, taking, withRuns } from "./progress";

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
  vi.stubGlobal("window", new EventTarget());
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
    ["loses the network", () => window.dispatchEvent(new Event("offline"))],
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
    window.dispatchEvent(new Event("offline"));
    vi.advanceTimersByTime(100_000);
    expect([wire().closed, Wire.opened.length]).toEqual([true, 1]);
  });
});

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

describe("withRuns", () => {
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

describe("what is told while an answer is owed", () => {
  type Question = { signal: AbortSignal; answer: (list: JobList) => void; fail: (error: Error) => void };
  let client: QueryClient;
  let asked: Question[];
  let unsubscribe: () => void;
  let takes: (runs: readonly JobRun[]) => void;

  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  const state = () => client.getQueryState<JobList>(jobs.queryKey) ?? expect.fail();
  const latest = () => state().data?.jobs[0]?.latest;
  const answer = async (run: JobRun | null): Promise<void> => {
    asked.at(-1)?.answer(list(run));
    await pass(0);
  };

  beforeEach(async () => {
    client = new QueryClient();
    asked = [];
    const queryFn = ({ signal }: { signal: AbortSignal }): Promise<JobList> =>
      new Promise((resolve, reject) => {
        asked.push({ signal, answer: resolve, fail: reject });
      });
    unsubscribe = new QueryObserver(client, { queryKey: jobs.queryKey, queryFn, retry: false }).subscribe(() => undefined);
    takes = taking(client);
    await pass(0);
  });
  afterEach(() => {
    unsubscribe();
    client.clear();
  });

  it("lets the first answer come, however slow it is, and asks once more then", async () => {
    for (let done = 1; done <= 3; done++) {
      takes([run("1", "running", done)]);
      await pass(1_000);
    }
    expect([asked.length, asked[0]?.signal.aborted]).toEqual([1, false]);
    await answer(null);
    await pass(1_000);
    expect(asked).toHaveLength(2);
    await answer(run("1", "running", 4));
    takes([run("1", "running", 5)]);
    await pass(5_000);
    expect([asked.length, latest()?.done]).toEqual([2, 5]);
  });

  it("is shown, and what is owed goes on to be as old as it is", async () => {
    await answer(run("1", "running"));
    void client.refetchQueries({ queryKey: jobs.queryKey });
    await pass(1_000);
    asked.at(-1)?.fail(new Error("away"));
    await pass(0);
    const { status, isInvalidated, dataUpdatedAt } = state();
    takes([run("1", "running", 5)]);
    expect(state()).toMatchObject({ status, isInvalidated, dataUpdatedAt });
    expect(latest()?.done).toBe(5);
  });

  it("asks for the histories only when a run has ended", async () => {
    const histories = vi.spyOn(client, "invalidateQueries");
    const ofRuns = () => histories.mock.calls.filter(([what]) => what?.queryKey === RUNS).length;
    await answer(run("1", "running"));
    takes([run("1", "running", 5)]);
    await pass(1_000);
    expect(ofRuns()).toBe(0);
    takes([run("1", "succeeded", 9)]);
    await pass(1_000);
    expect([ofRuns(), asked.length]).toEqual([1, 2]);
  });
});
