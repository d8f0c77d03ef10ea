/*
 * The live feed client.
 *
 *   anchor ──► lists are loaded ──► catch up (pages) ──► stream ──► lost? ──► catch up …
 *     ▲                                   │                │
 *     └──────────── resync ◄──────────────┴────────────────┘
 *
 * The anchor, the last number of the project, is taken before the lists are loaded, so what happens
 * in between is delivered too and nothing falls between the two. When the stream cannot be kept
 * open, or the server has switched it off, the same pages are polled: slower, and just as complete.
 */
import { ApiError, isSignedOut } from "./api";
import { anchorFeed, backoff, initialFeedState, takeEvents, takePage } from "./feed_state";
import type { FeedEvent, FeedState, Step } from "./feed_state";
import { errorOf } from "./thrown";
import type { FeedPage } from "./types";

const PAGE_LIMIT = 500;
const POLL_MS = 2_000;
/** The server sends a keepalive every 30 s; a stream that is silent for longer is dead. */
export const SILENCE_MS = 45_000;
/** Of who has just woken one keepalive that did not come says so: a machine that slept may take its stream for open. */
const ASLEEP_MS = 32_000;
/** So many failures in a row, and the stream is tried only now and then. */
const FAILURES_BEFORE_POLLING = 3;
const STREAM_RETRY_MS = 30_000;

export type StreamHandlers = {
  onOpen: (serverTime: string, epoch: string) => void;
  onEvents: (events: FeedEvent[]) => void;
  onKeepalive: (serverTime: string) => void;
  onResync: () => void;
  onLost: () => void;
};

export type FeedDeps = {
  fetchPage: (afterSeq: number, limit: number, signal: AbortSignal) => Promise<FeedPage>;
  /** Opens the stream after `seq`; returns what closes it. */
  openStream: (seq: number, epoch: string, handlers: StreamHandlers) => () => void;
  pushAllowed: (signal: AbortSignal) => Promise<boolean>;
  /** The lists have to be loaded (again). */
  onAnchor: () => void;
  onEvents: (events: FeedEvent[]) => void;
  onServerTime: (serverTime: string) => void;
  /** Something that nobody foresaw. The feed goes on after it. */
  onSurprise: (error: unknown) => void;
  now: () => number;
  random: () => number;
};

type StreamEnd = "lost" | "gone" | "catch-up" | "resync";

export class Feed {
  #state: FeedState = initialFeedState;
  #listeners = new Set<() => void>();
  #stop = new AbortController();
  /** Ends what is waited for; null while nothing is. */
  #wake: (() => void) | null = null;
  /** Somebody woke the feed during a request, which may not know it yet: after it there is no pause. */
  #isWoken = false;
  #leave: () => void = () => undefined;
  #streamTriedAt = -Infinity;
  #offlineTries = 0;
  /** Since an event was applied: a page that comes says nothing of whether the next event can be. */
  #surprises = 0;
  /** How often in a row the lists had to be loaded anew. */
  #resyncs = 0;
  #running: Promise<void> | undefined;

  constructor(private readonly deps: FeedDeps) {}

  readonly getState = (): FeedState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The network is back, or somebody looks again: ends the present pause, and a stream that was not heard for long. */
  readonly wake = (): void => {
    if (this.#wake === null) this.#isWoken = true;
    else this.#wake();
  };

  /** The network is gone, as far as the browser knows: nothing is vouched for until the server was heard again. */
  readonly lose = (): void => {
    if (this.#state.epoch !== null) this.#set({ connection: "offline" });
    this.#leave();
  };

  stop(): void {
    this.#stop.abort();
    this.wake();
  }

  /** Follows the feed until it is stopped, or until the session has ended. There is one run. */
  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  #isOver(error: unknown): boolean {
    return isSignedOut(error) || this.#stop.signal.aborted;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        if (await this.#anchor()) await this.#followFromAnchor();
        else await this.#pauseOffline();
      } catch (error) {
        if (this.#isOver(error)) return;
        await this.#recover(error);
      }
    }
  }

  /** Until the lists have to be loaded anew: at once the first time, and ever later when nothing came of it. */
  async #followFromAnchor(): Promise<void> {
    await this.#follow();
    this.#resyncs += 1;
    if (this.#resyncs === 1 || this.#stop.signal.aborted) return;
    this.#set({ connection: "catching-up" });
    await this.#pause(backoff(this.#resyncs - 1, this.deps.random()));
  }

  /** After a surprise nobody knows what was applied: there is a pause, a longer one each time, and then all is loaded anew. */
  async #recover(error: unknown): Promise<void> {
    this.deps.onSurprise(error);
    try {
      this.#set({ error: errorOf(error), connection: "offline" });
    } catch (another) {
      this.deps.onSurprise(another); // of who listens
    }
    this.#surprises += 1;
    await this.#pause(backoff(this.#surprises, this.deps.random()));
  }

  #set(change: Partial<FeedState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }

  /** The feed does what it is for. */
  #isWell(): void {
    this.#surprises = 0;
    this.#resyncs = 0;
  }

  #take(step: Step): Step["need"] {
    this.#set(step.state);
    if (step.apply.length > 0) {
      this.deps.onEvents(step.apply);
      this.#isWell();
    }
    return step.need;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#wake = null;
        this.#isWoken = false;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#wake = done;
      if (this.#isWoken || this.#stop.signal.aborted) done();
    });
  }

  async #pauseOffline(): Promise<void> {
    this.#offlineTries += 1;
    this.#set({ connection: "offline" });
    await this.#pause(backoff(this.#offlineTries, this.deps.random()));
  }

  async #pauseAfterLoss(): Promise<void> {
    const failures = this.#state.failures + 1;
    this.#set({ failures });
    if (failures >= FAILURES_BEFORE_POLLING) return;
    this.#set({ connection: "catching-up" });
    await this.#pause(backoff(failures, this.deps.random()));
  }

  /** One page, or null when the server cannot be reached or cannot answer now. */
  async #page(afterSeq: number, limit: number): Promise<FeedPage | null> {
    try {
      const page = await this.deps.fetchPage(afterSeq, limit, this.#stop.signal);
      this.#offlineTries = 0;
      if (this.#state.error !== null) this.#set({ error: null });
      return page;
    } catch (error) {
      if (!(error instanceof ApiError) || isSignedOut(error)) throw error;
      this.#set({ error });
      return null;
    }
  }

  async #anchor(): Promise<boolean> {
    const page = await this.#page(0, 1);
    if (page === null) return false;
    this.#set(anchorFeed(this.#state, page.epoch, page.last_seq, this.deps.now()));
    this.deps.onAnchor();
    return true;
  }

  /** Returns when the lists have to be loaded anew. */
  async #follow(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const caughtUp = await this.#catchUp();
      if (caughtUp === "resync") return;
      if (caughtUp === "failed") await this.#pauseOffline();
      else if (!(await this.#mayStream())) await this.#poll();
      else {
        const end = await this.#stream();
        if (end === "resync") return;
        if (end === "gone") await this.#pauseOffline();
        if (end === "lost") await this.#pauseAfterLoss();
      }
    }
  }

  async #catchUp(): Promise<"done" | "failed" | "resync"> {
    for (;;) {
      const page = await this.#page(this.#state.seq, PAGE_LIMIT);
      if (page === null) return "failed";
      const need = this.#take(takePage(this.#state, page, this.deps.now()));
      if (need !== "catch-up") return need === "resync" ? "resync" : "done";
      if (this.#stop.signal.aborted) return "done";
      this.#set({ connection: "catching-up" });
    }
  }

  async #mayStream(): Promise<boolean> {
    const { failures } = this.#state;
    const tooSoon = this.deps.now() - this.#streamTriedAt < STREAM_RETRY_MS;
    if (failures >= FAILURES_BEFORE_POLLING && tooSoon) return false;
    return this.deps.pushAllowed(this.#stop.signal);
  }

  async #poll(): Promise<void> {
    this.#set({ connection: "polling" });
    await this.#pause(POLL_MS);
  }

  #stream(): Promise<StreamEnd> {
    this.#streamTriedAt = this.deps.now();
    return new Promise((resolve, reject) => {
      const { signal } = this.#stop;
      if (signal.aborted) {
        resolve("lost");
        return;
      }
      let silence: ReturnType<typeof setTimeout> | undefined;
      let heardAt = this.deps.now();
      const leave = (): void => {
        clearTimeout(silence);
        this.#wake = null;
        this.#leave = () => undefined;
        signal.removeEventListener("abort", onAbort);
        close();
      };
      const end = (reason: StreamEnd): void => {
        leave();
        resolve(reason);
      };
      const onAbort = (): void => {
        end("lost");
      };
      this.#isWoken = false;
      this.#wake = (): void => {
        if (this.deps.now() - heardAt > ASLEEP_MS) onAbort();
      };
      this.#leave = (): void => {
        end("gone");
      };
      const heard = (): void => {
        clearTimeout(silence);
        heardAt = this.deps.now();
        silence = setTimeout(onAbort, SILENCE_MS);
      };
      const close = this.deps.openStream(this.#state.seq, this.#state.epoch ?? "", {
        onOpen: (serverTime, epoch) => {
          this.deps.onServerTime(serverTime); // first: it moves the clock that `heard` reads
          heard();
          if (epoch !== this.#state.epoch) end("resync");
          else this.#set({ connection: "live", failures: 0, heardAt: this.deps.now() });
        },
        onEvents: (events) => {
          heard();
          try {
            const need = this.#take(takeEvents(this.#state, events, this.deps.now()));
            if (need !== "nothing") end(need);
          } catch (error) {
            leave();
            reject(errorOf(error));
          }
        },
        onKeepalive: (serverTime) => {
          this.deps.onServerTime(serverTime);
          heard();
          this.#isWell();
          this.#set({ heardAt: this.deps.now() });
        },
        onResync: () => {
          end("resync");
        },
        onLost: onAbort,
      });
      heard();
      signal.addEventListener("abort", onAbort);
    });
  }
}
