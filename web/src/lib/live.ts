/*
 * How events reach the query cache.
 *
 * A feature tells, per query, how one event changes its data: a LiveRule. Events are applied to all
 * data in the cache. An answer that is still under way when an event arrives would overwrite it
 * with something older; `loadLive` therefore records what happens meanwhile and applies it to the
 * answer. Applying an event twice changes nothing.
 */
import type { QueryClient } from "@tanstack/react-query";
import type { FeedEvent } from "./feed_state";

type Patch<T> = (data: T, event: FeedEvent) => T;

export type LiveRule = {
  key: readonly string[];
  patch: (data: unknown, event: FeedEvent) => unknown;
  /** What cannot be patched is asked for again, at most once per this time. */
  refetchMs: number | null;
};

const recordings = new Set<FeedEvent[]>();

export function liveRule<T>(key: readonly string[], patch: Patch<T>, refetchMs: number | null = null): LiveRule {
  return { key, patch: (data, event) => patch(data as T, event), refetchMs };
}

export async function loadLive<T>(load: () => Promise<T>, patch: Patch<T>): Promise<T> {
  const recording: FeedEvent[] = [];
  recordings.add(recording);
  try {
    const data = await load();
    return recording.reduce(patch, data);
  } finally {
    recordings.delete(recording);
  }
}

/** So many events at once are a flood, after a sleep of the tab, say: to ask again is sooner done than to patch. */
const FLOOD = 300;
const FLOOD_REFETCH_MS = 200;

/** Applies events to the cache, and asks again for what the rules cannot patch. */
export class LiveCache {
  #due = new Map<LiveRule, ReturnType<typeof setTimeout>>();

  constructor(
    private readonly client: QueryClient,
    private readonly rules: readonly LiveRule[],
  ) {}

  apply(events: readonly FeedEvent[]): void {
    for (const recording of recordings) recording.push(...events);
    for (const rule of this.rules) {
      if (events.length > FLOOD) {
        this.#refetchSoon(rule, FLOOD_REFETCH_MS);
        continue;
      }
      this.client.setQueriesData<unknown>({ queryKey: rule.key }, (data: unknown) =>
        data === undefined ? undefined : events.reduce<unknown>(rule.patch, data),
      );
      if (rule.refetchMs !== null) this.#refetchSoon(rule, rule.refetchMs);
    }
  }

  #refetchSoon(rule: LiveRule, ms: number): void {
    if (this.#due.has(rule)) return;
    const refetch = (): void => {
      this.#due.delete(rule);
      // What is still being loaded, or cannot be, has its own next attempt.
      void this.client.invalidateQueries({ queryKey: rule.key, predicate: ({ state }) => state.data !== undefined });
    };
    this.#due.set(rule, setTimeout(refetch, ms));
  }
}
