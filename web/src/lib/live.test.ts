import { QueryClient } from "@tanstack/react-query";
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
