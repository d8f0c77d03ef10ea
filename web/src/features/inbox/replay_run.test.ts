import { describe, expect, it } from "vitest";
import { ApiError } from "../../lib/api";
import type { InboxEvent, ProcessingStatus } from "../../lib/types";
import { ReplayRun, isOpen, sent, settledOf, unsent } from "./replay_run";
import { summaryOf } from "./replay_summary";
import type { Outcome, ReplayApi, ReplayRow, ReplayState } from "./replay_run";

function anEvent(id: number, processing_status: ProcessingStatus = "dead_letter"): InboxEvent {
  return {
    id: String(id),
    source: "twilio_voice",
    event_type: "call-status",
    call_sid: null,
    recording_sid: null,
    dedupe_key: String(id),
    received_at: "2026-02-08T06:11:00Z",
    processed_at: null,
    processing_status,
    error: processing_status === "dead_letter" ? "CallSid: missing" : null,
    retry_count: 0,
    next_attempt_at: null,
  };
}

/** A server at which every event ends in a state of its own after so many looks. */
class FakeServer implements ReplayApi {
  sent: string[][] = [];
  looks = 0;
  constructor(
    readonly ends: (id: string) => ProcessingStatus = () => "completed",
    readonly after = 2,
  ) {}
  replay(ids: string[]): ReturnType<ReplayApi["replay"]> {
    this.sent.push(ids);
    this.looks = 0;
    return Promise.resolve(ids.map((id) => ({ id, result: id === "404" ? "not_found" : id === "200" ? "unchanged" : "queued" })));
  }
  among(ids: string[]): Promise<InboxEvent[]> {
    this.looks += 1;
    return Promise.resolve(ids.map((id) => anEvent(Number(id), this.looks < this.after ? "pending" : this.ends(id))));
  }
  pause(): Promise<void> {
    return Promise.resolve();
  }
}

function events(n: number): ReplayRow[] {
  return unsent(Array.from({ length: n }, (_, i) => anEvent(i + 1)));
}

function counted(state: ReplayState | undefined): Partial<Record<Outcome, number>> {
  const counts: Partial<Record<Outcome, number>> = {};
  for (const { outcome } of state?.rows ?? []) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

describe("the replay of a selection", () => {
  it("tells of each what became of it, and its reason anew", async () => {
    const server = new FakeServer((id) => (id === "2" ? "dead_letter" : id === "3" ? "failed" : "completed"));
    const states: ReplayState[] = [];
    await new ReplayRun([...events(3), ...unsent([anEvent(200), anEvent(404)])], server, (state) => states.push(state)).start();
    expect(states.at(-1)?.rows.map(({ outcome }) => outcome)).toEqual(["done", "dead", "retry", "unchanged", "missing"]);
    expect(states.at(-1)?.rows[1]?.event?.error).toBe("CallSid: missing");
    expect(states.at(-1)?.isRunning).toBe(false);
    expect(states.map(({ rows }) => settledOf(rows))).toEqual([0, 2, 2, 5, 5]);
  });

  it("sends some at a time, and the next when these are settled", async () => {
    const server = new FakeServer();
    let last: ReplayState | undefined;
    await new ReplayRun(events(120), server, (state) => (last = state)).start();
    expect(server.sent.map(({ length }) => length)).toEqual([50, 50, 20]);
    expect(counted(last)).toEqual({ done: 120 });
  });

  it("sends no more when it is cancelled, watches what was sent, and can go on with the rest", async () => {
    const server = new FakeServer();
    let last: ReplayState | undefined;
    const run = new ReplayRun(events(60), server, (state) => {
      last = state;
      if (counted(state).waiting === 50) run.cancel();
    });
    await run.start();
    expect(counted(last)).toEqual({ done: 50, unsent: 10 });
    await run.start();
    expect(counted(last)).toEqual({ done: 60 });
    expect(server.sent.map(({ length }) => length)).toEqual([50, 10]);
  });

  it("says as long as it will send more, so that what is not sent is not put away", async () => {
    const states: ReplayState[] = [];
    const run = new ReplayRun(events(60), new FakeServer(), (state) => {
      states.push(state);
      if (counted(state).waiting === 10) run.cancel();
    });
    await run.start();
    const first = states.findIndex(({ rows }) => rows.every(({ outcome }) => outcome !== "unsent"));
    expect(states.map(({ isSending }) => isSending)).toEqual(states.map((_, i) => i < first));
  });

  it("may be put away once it is stopped, while what was sent is still watched", async () => {
    const states: ReplayState[] = [];
    const run = new ReplayRun(events(60), new FakeServer(), (state) => {
      states.push(state);
      if (counted(state).waiting === 50) run.cancel();
    });
    await run.start();
    expect(states.map(({ isSending }) => isSending)).toEqual([true, true, false, false, false, false]);
    expect(states[2]).toMatchObject({ isRunning: true });
  });

  it("says that one was deleted while it was waited for", async () => {
    const server = new FakeServer();
    const among = async (ids: string[]): Promise<InboxEvent[]> => (await server.among(ids)).filter(({ id }) => id !== "2");
    let last: ReplayState | undefined;
    await new ReplayRun(events(3), { replay: (ids) => server.replay(ids), among, pause: () => server.pause() }, (state) => (last = state)).start();
    expect(last?.rows.map(({ outcome }) => outcome)).toEqual(["done", "missing", "done"]);
  });

  it("says why it could not send, and keeps what it had", async () => {
    const server = new FakeServer();
    let isAway = true;
    const replay = (ids: string[]): ReturnType<ReplayApi["replay"]> =>
      isAway ? Promise.reject(new Error("away")) : server.replay(ids);
    let last: ReplayState | undefined;
    const run = new ReplayRun(events(2), { replay, among: (ids) => server.among(ids), pause: () => server.pause() }, (state) => (last = state));
    await run.start();
    expect(last?.error?.message).toBe("away");
    expect(counted(last)).toEqual({ unsent: 2 });
    isAway = false;
    await run.start();
    expect(last?.error).toBeNull();
    expect(counted(last)).toEqual({ done: 2 });
  });

  it("looks again when an answer does not come", async () => {
    const server = new FakeServer(undefined, 1);
    let asked = 0;
    const among = (ids: string[]): Promise<InboxEvent[]> => {
      asked += 1;
      return asked < 3 ? Promise.reject(new Error("away")) : server.among(ids);
    };
    let last: ReplayState | undefined;
    await new ReplayRun(events(1), { replay: (ids) => server.replay(ids), among, pause: () => server.pause() }, (state) => (last = state)).start();
    expect(counted(last)).toEqual({ done: 1 });
  });

  it("looks less and less often while nothing changes, and says what is wrong meanwhile", async () => {
    const server = new FakeServer(undefined, 12);
    const waits: number[] = [];
    const errors: (string | undefined)[] = [];
    const api: ReplayApi = {
      replay: (ids) => server.replay(ids),
      among: (ids) => (waits.length === 2 ? Promise.reject(new ApiError(503, "away", [], null)) : server.among(ids)),
      pause: (ms) => Promise.resolve(void waits.push(ms)),
    };
    await new ReplayRun(events(1), api, ({ error }) => errors.push(error?.message)).start();
    expect(waits.slice(0, 3)).toEqual([300, 450, 675]);
    expect(waits.at(-1)).toBe(5_000);
    expect(errors.slice(0, 5)).toEqual([undefined, undefined, undefined, "away", undefined]);
  });

  it("ends when who asks is signed out, and looks on later", async () => {
    const server = new FakeServer(undefined, 1);
    let isSignedOut = true;
    const among = (ids: string[]): Promise<InboxEvent[]> => (isSignedOut ? Promise.reject(new ApiError(401, "sign in", [], null)) : server.among(ids));
    let last: ReplayState | undefined;
    const run = new ReplayRun(events(1), { replay: (ids) => server.replay(ids), among, pause: () => server.pause() }, (state) => (last = state));
    await run.start();
    expect([last?.isRunning, last?.error?.message, last !== undefined && isOpen(last)]).toEqual([false, "sign in", true]);
    expect(last === undefined ? "" : summaryOf(last)).toBe("Replayed 0 of 1");
    isSignedOut = false;
    await run.start();
    expect(counted(last)).toEqual({ done: 1 });
    expect(server.sent).toHaveLength(1);
  });

  it("tells nobody after it was stopped", async () => {
    const server = new FakeServer();
    const states: ReplayState[] = [];
    const run = new ReplayRun(events(60), server, (state) => {
      states.push(state);
      if (counted(state).waiting === 50) run.stop();
    });
    await run.start();
    expect(server.sent).toHaveLength(1);
    expect(counted(states.at(-1))).toEqual({ waiting: 50, unsent: 10 });
  });

  it("watches what the server put back by itself, a part at a time, and sends nothing", async () => {
    const asked: string[][] = [];
    const server = new FakeServer((id) => (id === "250" ? "dead_letter" : "completed"));
    const api: ReplayApi = {
      replay: (ids) => server.replay(ids),
      // the first of them wait for long
      among: (ids) => {
        asked.push(ids);
        return Promise.resolve(ids.map((id) => anEvent(Number(id), Number(id) <= 100 && asked.length < 9 ? "pending" : server.ends(id))));
      },
      pause: () => server.pause(),
    };
    const states: ReplayState[] = [];
    const named = Array.from({ length: 250 }, (_, i) => ({ id: String(i + 1), result: "queued" as const }));
    await new ReplayRun(sent(named), api, (state) => states.push(state)).start();
    expect(server.sent).toEqual([]);
    expect(asked.every(({ length }) => length <= 100)).toBe(true);
    expect(states[0]?.rows.every(({ event, outcome }) => event === null && outcome === "waiting")).toBe(true);
    expect(states.find((state) => counted(state).done === 149)?.rows[249]).toMatchObject({ outcome: "dead", event: { error: "CallSid: missing" } });
    expect(counted(states.at(-1))).toEqual({ done: 249, dead: 1 });
  });
});
