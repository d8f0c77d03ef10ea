import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LiveCache, liveRule, loadLive } from "./live";
import { anEvent } from "./test_data";

const KEY = ["seqs"];
const FLOOD = 301;

type Seqs = number[];
const rule = liveRule<Seqs>(KEY, (seqs, event) => [...seqs, event.seq]);
const events = (n: number) => Array.from({ length: n }, (_, i) => anEvent(i + 1));

describe("LiveCache", () => {
  let client: QueryClient;
  let invalidated: ReturnType<typeof vi.spyOn>;

  beforeEach(() => {
    vi.useFakeTimers();
    client = new QueryClient();
    client.setQueryData<Seqs>(KEY, []);
    invalidated = vi.spyOn(client, "invalidateQueries");
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("patches what is in the cache, in order, and asks for nothing", () => {
    new LiveCache(client, [rule]).apply(events(3));
    vi.runAllTimers();
    expect(client.getQueryData(KEY)).toEqual([1, 2, 3]);
    expect(invalidated).not.toHaveBeenCalled();
  });

  it("asks again, once, instead of patching a flood", () => {
    const cache = new LiveCache(client, [rule]);
    cache.apply(events(FLOOD));
    cache.apply(events(FLOOD));
    vi.runAllTimers();
    expect(client.getQueryData(KEY)).toEqual([]);
    expect(invalidated).toHaveBeenCalledOnce();
  });

  it("applies to an answer what happened while it was under way, a flood too", async () => {
    const answer = loadLive<Seqs>(() => Promise.resolve().then(() => []), (seqs, { seq }) => [...seqs, seq]);
    new LiveCache(client, [rule]).apply(events(FLOOD));
    expect(await answer).toHaveLength(FLOOD);
  });
});

describe("what could not be had", () => {
  const brings = (key: readonly unknown[], { seq }: { seq: number }): boolean => key[1] === seq;
  const rule = liveRule<Seqs>(KEY, (seqs) => seqs, null, brings);
  const unknown = (): Promise<never> => Promise.reject(new Error("unknown"));

  it("is asked for again by the event that brings it, and by no other", async () => {
    const client = new QueryClient();
    const asked: number[] = [];
    let isThere = false;
    const watch = (seq: number): (() => void) => {
      const queryFn = (): Promise<Seqs> => (asked.push(seq), isThere ? Promise.resolve([seq]) : unknown());
      return new QueryObserver(client, { queryKey: [...KEY, seq], retry: false, queryFn }).subscribe(() => undefined);
    };
    const ends = [watch(1), watch(2)];
    await vi.waitFor(() => {
      expect(client.getQueryCache().getAll().map(({ state }) => state.status)).toEqual(["error", "error"]);
    });
    isThere = true;
    new LiveCache(client, [rule]).apply([anEvent(2), anEvent(3)]);
    await vi.waitFor(() => {
      expect(client.getQueryData([...KEY, 2])).toEqual([2]);
    });
    expect(asked).toEqual([1, 2, 2]);
    for (const end of ends) end();
  });

  it("is asked for once more when it came while it was refused", async () => {
    let asked = 0;
    const load = (): Promise<Seqs> => {
      asked += 1;
      return asked === 1 ? Promise.resolve().then(unknown) : Promise.resolve([7]);
    };
    const answer = loadLive<Seqs>(load, (seqs) => seqs, ({ seq }) => seq === 7);
    new LiveCache(new QueryClient(), []).apply([anEvent(7)]);
    expect(await answer).toEqual([7]);
    await expect(loadLive<Seqs>(unknown, (seqs) => seqs, () => true)).rejects.toThrow("unknown");
  });
});

describe("an answer that takes longer than the next event", () => {
  const ASK_MS = 400;
  const asksAgain = liveRule<Seqs>(KEY, (seqs) => seqs, ASK_MS);
  let client: QueryClient;
  let cache: LiveCache;
  /** The questions under way. */
  let asked: { signal: AbortSignal; answer: (seqs: Seqs) => void; fail: (error: Error) => void }[];
  let unsubscribe: () => void;

  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  const answer = async (seqs: Seqs): Promise<void> => {
    asked.at(-1)?.answer(seqs);
    await pass(0);
  };

  beforeEach(async () => {
    vi.useFakeTimers();
    client = new QueryClient();
    asked = [];
    const queryFn = ({ signal }: { signal: AbortSignal }): Promise<Seqs> =>
      new Promise((resolve, reject) => {
        asked.push({ signal, answer: resolve, fail: reject });
      });
    unsubscribe = new QueryObserver(client, { queryKey: KEY, queryFn, retry: false }).subscribe(() => undefined);
    cache = new LiveCache(client, [asksAgain]);
    await pass(0);
    await answer([]);
  });
  afterEach(() => {
    unsubscribe();
    client.clear();
    vi.useRealTimers();
  });

  it("is waited for, and asked for once more when it is there", async () => {
    for (let seq = 1; seq <= 10; seq++) {
      cache.apply([anEvent(seq)]);
      await pass(ASK_MS);
    }
    expect(asked).toHaveLength(2);
    expect(asked.at(-1)?.signal.aborted).toBe(false);
    await answer([1]);
    expect(client.getQueryData(KEY)).toEqual([1]);
    await pass(ASK_MS);
    expect(asked).toHaveLength(3);
    await answer([1, 10]);
    await pass(10 * ASK_MS);
    expect(client.getQueryData(KEY)).toEqual([1, 10]);
    expect(asked).toHaveLength(3);
  });

  it("is asked for once more when an event came during the first", async () => {
    void client.resetQueries({ queryKey: KEY });
    cache.apply([anEvent(1)]);
    await pass(3 * ASK_MS);
    expect(asked).toHaveLength(2);
    await answer([]);
    await pass(ASK_MS);
    expect(asked).toHaveLength(3);
    await answer([1]);
    await pass(10 * ASK_MS);
    expect(client.getQueryData(KEY)).toEqual([1]);
    expect(asked).toHaveLength(3);
  });

  it("is asked for until it is there when it fails, as long as somebody looks", async () => {
    cache.apply([anEvent(1)]);
    await pass(ASK_MS);
    for (let n = 2; n <= 4; n++) {
      expect(asked).toHaveLength(n);
      asked.at(-1)?.fail(new Error("away"));
      await pass(5_000);
    }
    await answer([1]);
    expect(client.getQueryData(KEY)).toEqual([1]);
    cache.apply([anEvent(2)]);
    await pass(ASK_MS);
    unsubscribe();
    asked.at(-1)?.fail(new Error("away"));
    await pass(20_000);
    expect(asked).toHaveLength(6);
  });

  it("goes on to be as old as it is when an event changes it, whether somebody looks or not", async () => {
    cache.apply([anEvent(1)]);
    await pass(ASK_MS);
    asked.at(-1)?.fail(new Error("away"));
    await pass(1_000);
    const { data, ...owed } = client.getQueryState<Seqs>(KEY) ?? expect.fail();
    expect(owed).toMatchObject({ status: "error", isInvalidated: true, dataUpdatedAt: Date.now() - 1_000 - ASK_MS });
    new LiveCache(client, [rule]).apply([anEvent(2)]);
    expect(client.getQueryState(KEY)).toEqual({ ...owed, data: [...(data ?? []), 2] });
    unsubscribe();
    cache.apply([anEvent(3)]);
    expect(client.getQueryState(KEY)?.isInvalidated).toBe(true);
  });

  it("is asked for until it is there when a new history could not be loaded", async () => {
    void cache.anew({});
    for (let n = 2; n <= 4; n++) {
      await pass(0);
      expect(asked).toHaveLength(n);
      asked.at(-1)?.fail(new Error("away"));
      await pass(5_000);
    }
    await answer([7]);
    await pass(20_000);
    expect(asked).toHaveLength(5);
    expect(client.getQueryData(KEY)).toEqual([7]);
  });

  it("is asked for again after an attempt that nobody foresaw", async () => {
    vi.spyOn(client, "invalidateQueries").mockRejectedValueOnce(new Error("nobody foresaw this"));
    const surprised = vi.fn();
    process.once("unhandledRejection", surprised);
    cache.apply([anEvent(1)]);
    await pass(ASK_MS);
    vi.useRealTimers();
    await vi.waitFor(() => {
      expect(surprised).toHaveBeenCalledOnce();
    });
    vi.useFakeTimers();
    cache.apply([anEvent(2)]);
    await pass(ASK_MS);
    expect(asked).toHaveLength(2);
  });

  it("is asked for once more when somebody else had asked before the event", async () => {
    void client.refetchQueries({ queryKey: KEY });
    cache.apply([anEvent(1)]);
    await pass(ASK_MS);
    expect(asked).toHaveLength(2);
    await answer([]);
    await pass(ASK_MS);
    expect(asked).toHaveLength(3);
    await answer([1]);
    await pass(10 * ASK_MS);
    expect(asked).toHaveLength(3);
  });
});
