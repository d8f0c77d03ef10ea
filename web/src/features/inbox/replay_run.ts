/*
 * The replay of a selection: some at a time, each watched until it is known what became of it.
 *
 * Nothing can be lost by it: what was sent is the server's, and what was not sent stays what it is. So
 * one may stop at any time, and go on later with the rest.
 */
import type { InboxEvent, ReprocessResult } from "../../lib/types";

export type Outcome = "unsent" | "waiting" | "done" | "retry" | "dead" | "unchanged" | "missing";
export type ReplayRow = { event: InboxEvent; outcome: Outcome };
export type ReplayState = { rows: readonly ReplayRow[]; isRunning: boolean; error: Error | null };

export type ReplayApi = {
  replay: (ids: string[]) => Promise<ReprocessResult[]>;
  among: (ids: string[]) => Promise<InboxEvent[]>;
  pause: () => Promise<void>;
};

/** So many are sent at once; their states fit into one answer. */
const AT_ONCE = 50;

const SENT: Record<ReprocessResult["result"], Outcome> = { queued: "waiting", unchanged: "unchanged", not_found: "missing" };
const BECAME: Record<InboxEvent["processing_status"], Outcome> = {
  pending: "waiting",
  processing: "waiting",
  completed: "done",
  failed: "retry",
  dead_letter: "dead",
};

/** How many are so; of all outcomes but those that are still open. */
export function settledOf(rows: readonly ReplayRow[]): number {
  return rows.filter(({ outcome }) => outcome !== "unsent" && outcome !== "waiting").length;
}

/** Is some of it not sent yet? */
export function isUnfinished({ rows }: ReplayState): boolean {
  return rows.some(({ outcome }) => outcome === "unsent");
}

export class ReplayRun {
  #rows: Map<string, ReplayRow>;
  #isCancelled = false;
  #isStopped = false;

  constructor(
    events: readonly InboxEvent[],
    private readonly api: ReplayApi,
    private readonly show: (state: ReplayState) => void,
  ) {
    this.#rows = new Map(events.map((event) => [event.id, { event, outcome: "unsent" }]));
  }

  /** Sends what is not sent yet; ends when all of it is settled, or it was cancelled, or could not be sent. */
  async start(): Promise<void> {
    this.#isCancelled = false;
    let error: Error | null = null;
    this.#tell(true, null);
    try {
      for (let next = this.#next(); next.length > 0; next = this.#next()) await this.#send(next);
    } catch (cause) {
      error = cause instanceof Error ? cause : new Error(String(cause));
    }
    this.#tell(false, error);
  }

  /** Sends no more. What was sent is still watched. */
  cancel(): void {
    this.#isCancelled = true;
  }

  /** Nobody looks any more. */
  stop(): void {
    this.#isCancelled = true;
    this.#isStopped = true;
  }

  #ids(outcome: Outcome): string[] {
    return [...this.#rows.values()].filter((row) => row.outcome === outcome).map(({ event }) => event.id);
  }

  #next(): string[] {
    return this.#isCancelled ? [] : this.#ids("unsent").slice(0, AT_ONCE);
  }

  async #send(ids: string[]): Promise<void> {
    for (const { id, result } of await this.api.replay(ids)) this.#set(id, { outcome: SENT[result] });
    this.#tell(true, null);
    for (let left = this.#ids("waiting"); left.length > 0 && !this.#isStopped; left = this.#ids("waiting")) {
      await this.api.pause();
      await this.#look(left);
      this.#tell(true, null);
    }
  }

  /** An answer that does not come says nothing about the events: they are looked at again. */
  async #look(ids: string[]): Promise<void> {
    const events = await this.api.among(ids).catch((): InboxEvent[] => []);
    for (const event of events) this.#set(event.id, { event, outcome: BECAME[event.processing_status] });
  }

  #set(id: string, change: Partial<ReplayRow>): void {
    const row = this.#rows.get(id);
    if (row !== undefined) this.#rows.set(id, { ...row, ...change });
  }

  #tell(isRunning: boolean, error: Error | null): void {
    if (!this.#isStopped) this.show({ rows: [...this.#rows.values()], isRunning, error });
  }
}
