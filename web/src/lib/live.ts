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
      this.client.setQueriesData<unknown>({ queryKey: rule.key }, (data: unknown) =>
        data === undefined ? undefined : events.reduce<unknown>(rule.patch, data),
      );
      this.#refetchSoon(rule);
    }
  }

  #refetchSoon(rule: LiveRule): void {
    if (rule.refetchMs === null || this.#due.has(rule)) return;
    const refetch = (): void => {
      this.#due.delete(rule);
      // What is still being loaded, or cannot be, has its own next attempt.
      void this.client.invalidateQueries({ queryKey: rule.key, predicate: ({ state }) => state.data !== undefined });
    };
    this.#due.set(rule, setTimeout(refetch, rule.refetchMs));
  }
}
