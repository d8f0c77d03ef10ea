/*
 * How events reach the query cache.
 *
 * A feature tells, per query, how one event changes its data: a LiveRule. Events are applied to all
 * data in the cache. An answer that is still under way when an event arrives would overwrite it
 * with something older; `loadLive` therefore records what happens meanwhile and applies it to the
 * answer. Applying an event twice changes nothing.
 */
import type { Query, QueryClient, QueryFilters, QueryKey } from "@tanstack/react-query";
import type { FeedEvent } from "./feed_state";

type Patch<T> = (data: T, event: FeedEvent) => T;
/** Whether an event is about what is asked for under a key. */
type Brings = (key: QueryKey, event: FeedEvent) => boolean;

export type LiveRule = {
  key: readonly string[];
  patch: (data: unknown, event: FeedEvent) => unknown;
  /** What cannot be patched is asked for again, at most once per this time. */
  refetchMs: number | null;
  /** What could not be had is asked for again when an event brings it. */
  brings: Brings | null;
};

const recordings = new Set<FeedEvent[]>();

export function liveRule<T>(key: readonly string[], patch: Patch<T>, refetchMs: number | null = null, brings: Brings | null = null): LiveRule {
  return { key, patch: (data, event) => patch(data as T, event), refetchMs, brings };
}

/** `brings`: what is refused is asked for once more if it has come meanwhile. */
export async function loadLive<T>(load: () => Promise<T>, patch: Patch<T>, brings: (event: FeedEvent) => boolean = () => false): Promise<T> {
  const recording: FeedEvent[] = [];
  recordings.add(recording);
  try {
    const data = await load().catch((error: unknown) => {
      if (recording.some(brings)) return load();
      throw error;
    });
    return recording.reduce(patch, data);
  } finally {
    recordings.delete(recording);
  }
}

/** So many events at once are a flood, after a sleep of the tab, say: to ask again is sooner done than to patch. */
const FLOOD = 300;
const FLOOD_REFETCH_MS = 200;
/** What could not be asked for is asked for again after this time. */
const FAILED_REFETCH_MS = 5_000;

/** What is under a key is asked for again: one question at a time, and once more when something came meanwhile, or none was answered. */
export class Refetch {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isAsking = false;
  #againMs: number | null = null;

  constructor(
    private readonly client: QueryClient,
    private readonly key: readonly string[],
  ) {}

  /** At most once per `ms`. An answer that is under way is waited for: one that takes longer would never be there. */
  soon(ms: number): void {
    if (this.#isAsking) this.#againMs = ms;
    else this.#timer ??= setTimeout(() => void this.#ask(ms), ms);
  }

  /** What was asked for, by whomever, and could not be had, is asked for again. */
  settle(): void {
    if (!this.#isAsking && this.#isOwed()) this.soon(FAILED_REFETCH_MS);
  }

  /** Somebody looks at what is still not as it was asked for. */
  #isOwed(): boolean {
    const shown = this.client.getQueryCache().findAll({ queryKey: this.key, type: "active" });
    return shown.some(({ state }) => state.isInvalidated && state.data !== undefined);
  }

  async #ask(ms: number): Promise<void> {
    // What is still being loaded, or cannot be, has its own next attempt.
    const filters = { queryKey: this.key, predicate: ({ state }: Query): boolean => state.data !== undefined };
    this.#timer = undefined;
    this.#isAsking = true;
    // Somebody else's question, the first too, may be older than what has come.
    this.#againMs = this.client.isFetching({ queryKey: this.key }) > 0 ? ms : null;
    try {
      await this.client.invalidateQueries(filters, { cancelRefetch: false });
    } finally {
      this.#isAsking = false;
    }
    if (this.#againMs === null) this.settle();
    else this.soon(this.#againMs);
  }
}

/** What is owed an answer goes on to be: what is told is none, so that it is as old as it was. */
export function tell(query: Query, data: unknown): void {
  if (query.state.isInvalidated) query.setState({ data });
  else query.setData(data, { manual: true });
}

function patch(query: Query, events: readonly FeedEvent[], by: LiveRule["patch"]): void {
  if (query.state.data !== undefined) tell(query, events.reduce<unknown>(by, query.state.data));
}

/** Nothing is there, and nobody asks for it. */
function hasFailed({ state: { data, status, fetchStatus } }: Query): boolean {
  return data === undefined && status === "error" && fetchStatus === "idle";
}

/** Applies events to the cache, and asks again for what the rules cannot patch. */
export class LiveCache {
  readonly #rules: readonly (readonly [LiveRule, Refetch])[];

  constructor(
    private readonly client: QueryClient,
    rules: readonly LiveRule[],
  ) {
    this.#rules = rules.map((rule) => [rule, new Refetch(client, rule.key)]);
  }

  /** All of this is loaded anew, whatever is under way. */
  async anew(what: QueryFilters): Promise<void> {
    await this.client.invalidateQueries(what);
    for (const [, refetch] of this.#rules) refetch.settle();
  }

  apply(events: readonly FeedEvent[]): void {
    for (const recording of recordings) recording.push(...events);
    for (const [rule, refetch] of this.#rules) {
      this.#heal(rule, events);
      if (events.length > FLOOD) {
        refetch.soon(FLOOD_REFETCH_MS);
        continue;
      }
      for (const query of this.client.getQueryCache().findAll({ queryKey: rule.key })) patch(query, events, rule.patch);
      if (rule.refetchMs !== null) refetch.soon(rule.refetchMs);
    }
  }

  #heal({ key, brings }: LiveRule, events: readonly FeedEvent[]): void {
    if (brings === null) return;
    const predicate = (query: Query): boolean => hasFailed(query) && events.some((event) => brings(query.queryKey, event));
    void this.client.refetchQueries({ queryKey: key, type: "active", predicate });
  }
}
