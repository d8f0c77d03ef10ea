/*
 * The replay of a selection: some at a time, each watched until it is known what became of it. Of what the server
 * puts back by itself those that it names are watched in the same way.
 *
 * Nothing can be lost by it: what was sent is the server's, and what was not sent stays what it is. So
 * one may stop at any time, and go on later with the rest.
 */
import { ApiError } from "../../lib/api";
import { errorOf } from "../../lib/thrown";
import type { InboxEvent, ReprocessResult } from "../../lib/types";

export type Outcome = "unsent" | "waiting" | "done" | "retry" | "dead" | "unchanged" | "missing";
/** `event`: null before it was looked at. */
export type ReplayRow = { id: string; event: InboxEvent | null; outcome: Outcome };
export type ReplayState = {
  rows: readonly ReplayRow[];
  isRunning: boolean;
  /** Some of it will still be sent, unless somebody stops it. */
  isSending: boolean;
  error: Error | null;
};

export type ReplayApi = {
  replay: (ids: string[]) => Promise<ReprocessResult[]>;
  among: (ids: string[]) => Promise<InboxEvent[]>;
  pause: (ms: number) => Promise<void>;
};

/** So long it waits before it looks what has become of them; ever longer while nothing has. */
const LOOK_MS = 300;
const LOOK_MOST_MS = 5_000;
const LONGER = 1.5;

/** So many are sent at once; their states fit into one answer. */
const AT_ONCE = 50;
/** As many as an answer holds. Of more some are looked at, and the next time others. */
const LOOK_AT_ONCE = 100;

const SENT: Record<ReprocessResult["result"], Outcome> = { queued: "waiting", unchanged: "unchanged", not_found: "missing" };
const BECAME: Record<InboxEvent["processing_status"], Outcome> = {
  pending: "waiting",
  processing: "waiting",
  completed: "done",
  failed: "retry",
  dead_letter: "dead",
};

/** A selection, of which nothing is sent yet. */
export function unsent(events: readonly InboxEvent[]): ReplayRow[] {
  return events.map((event) => ({ id: event.id, event, outcome: "unsent" }));
}

/** What the server has answered for. */
export function sent(results: readonly ReprocessResult[]): ReplayRow[] {
  return results.map(({ id, result }) => ({ id, event: null, outcome: SENT[result] }));
}

/** How many are so; of all outcomes but those that are still open. */
export function settledOf(rows: readonly ReplayRow[]): number {
  return rows.filter(({ outcome }) => outcome !== "unsent" && outcome !== "waiting").length;
}

/** What no later try would answer otherwise: who asks is signed out, or may not. */
function isFinal(error: Error): boolean {
  return error instanceof ApiError && (error.status === 401 || error.status === 403);
}

/** Is some of it still to be sent, or to be looked at? */
export function isOpen({ rows }: ReplayState): boolean {
  return rows.some(({ outcome }) => outcome === "unsent" || outcome === "waiting");
}

export class ReplayRun {
  #rows: Map<string, ReplayRow>;
  #isCancelled = false;
  #isStopped = false;
  #isRunning = false;
  #error: Error | null = null;
  #turn = 0;

  constructor(
    rows: readonly ReplayRow[],
    private readonly api: ReplayApi,
    private readonly show: (state: ReplayState) => void,
  ) {
    this.#rows = new Map(rows.map((row) => [row.id, row]));
  }

  /** Sends what is not sent yet; ends when all of it is settled, or it was cancelled, or could not be sent or looked at. */
  async start(): Promise<void> {
    this.#isCancelled = false;
    let error: Error | null = null;
    this.#tell(true, null);
    try {
      await this.#watch();
      for (let next = this.#next(); next.length > 0; next = this.#next()) await this.#send(next);
    } catch (cause) {
      error = errorOf(cause);
    }
    this.#tell(false, error);
  }

  /** Sends no more. What was sent is still watched. */
  cancel(): void {
    if (this.#isCancelled) return;
    this.#isCancelled = true;
    this.#tell(this.#isRunning, this.#error);
  }

  /** Nobody looks any more. */
  stop(): void {
    this.#isCancelled = true;
    this.#isStopped = true;
  }

  #ids(outcome: Outcome): string[] {
    return [...this.#rows.values()].filter((row) => row.outcome === outcome).map(({ id }) => id);
  }

  #next(): string[] {
    return this.#isCancelled ? [] : this.#ids("unsent").slice(0, AT_ONCE);
  }

  async #send(ids: string[]): Promise<void> {
    for (const { id, result } of await this.api.replay(ids)) this.#set(id, { outcome: SENT[result] });
    this.#tell(true, null);
    await this.#watch();
  }

  /** Looks at what was sent until it is settled: less and less often while nothing changes. */
  async #watch(): Promise<void> {
    let ms = LOOK_MS;
    for (let left = this.#ids("waiting"); left.length > 0 && !this.#isStopped; left = this.#ids("waiting")) {
      await this.api.pause(ms);
      const error = await this.#look(this.#dueOf(left));
      ms = this.#ids("waiting").length < left.length ? LOOK_MS : Math.min(ms * LONGER, LOOK_MOST_MS);
      this.#tell(true, error);
    }
  }

  /** All of them, or those whose turn it is: what waits for long keeps none of the others from being looked at. */
  #dueOf(ids: string[]): string[] {
    if (ids.length <= LOOK_AT_ONCE) return ids;
    const from = (this.#turn++ * LOOK_AT_ONCE) % ids.length;
    return [...ids.slice(from), ...ids.slice(0, from)].slice(0, LOOK_AT_ONCE);
  }

  /**
   * An answer that does not come says nothing about the events: it is told, and they are looked at again. Who is
   * not in one that came was deleted meanwhile.
   */
  async #look(ids: string[]): Promise<Error | null> {
    try {
      const events = new Map((await this.api.among(ids)).map((event) => [event.id, event]));
      for (const id of ids) this.#became(id, events.get(id));
      return null;
    } catch (cause) {
      const error = errorOf(cause);
      if (isFinal(error)) throw error;
      return error;
    }
  }

  #became(id: string, event: InboxEvent | undefined): void {
    this.#set(id, event === undefined ? { outcome: "missing" } : { event, outcome: BECAME[event.processing_status] });
  }

  #set(id: string, change: Partial<ReplayRow>): void {
    const row = this.#rows.get(id);
    if (row !== undefined) this.#rows.set(id, { ...row, ...change });
  }

  #tell(isRunning: boolean, error: Error | null): void {
    this.#isRunning = isRunning;
    this.#error = error;
    if (this.#isStopped) return;
    const isSending = isRunning && this.#next().length > 0;
    this.show({ rows: [...this.#rows.values()], isRunning, isSending, error });
  }
}
