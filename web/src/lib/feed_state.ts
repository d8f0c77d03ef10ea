/*
 * What is known about the live feed, and what one more piece of it changes.
 *
 * The feed is numbered without gaps. That makes this pure and short: an event with the next number
 * is applied, one with an old number was seen before, one from further ahead tells that something
 * is missing and has to be asked for. Another epoch is another history: nothing held is of use, and
 * the lists are loaded anew.
 */
import type { Call, Envelope, FeedPage, StreamCallEvent } from "./types";

export type Connection = "starting" | "live" | "catching-up" | "polling" | "offline";

/** `late`: it had happened long before it was heard of. */
export type FeedEvent = { seq: number; epoch: string; call: Call; late: boolean };

/** One number of the feed. Some are of no call: they are counted, and change nothing that is shown of calls. */
export type FeedPiece = Omit<FeedEvent, "call"> & { call: Call | null };

export type FeedState = {
  connection: Connection;
  epoch: string | null;
  /** The last number that was applied. */
  seq: number;
  /** When the server was last heard, in milliseconds of its clock. */
  heardAt: number | null;
  /** How long after it was written the last event was here, in milliseconds. */
  lagMs: number | null;
  /** How often in a row the stream could not be opened. */
  failures: number;
  /** Why nothing could be loaded the last time; null when it could. */
  error: Error | null;
};

/** What to do after a piece was taken. */
export type Need = "nothing" | "catch-up" | "resync";
export type Step = { state: FeedState; apply: FeedEvent[]; need: Need };

/** Who has missed more events than this loads the lists anew, which is sooner done than to read all that. */
export const FAR_BEHIND = 5_000;

export const initialFeedState: FeedState = {
  connection: "starting",
  epoch: null,
  seq: 0,
  heardAt: null,
  lagMs: null,
  failures: 0,
  error: null,
};

export function pieceOfEnvelope({ seq, epoch, payload, late }: Envelope): FeedPiece {
  return { seq, epoch, call: "call" in payload ? payload.call : null, late };
}

export function eventOfFrame(frame: StreamCallEvent): FeedEvent {
  return { seq: frame.seq, epoch: frame.epoch, call: frame.call, late: frame.data.late };
}

const UNSURE: readonly Connection[] = ["catching-up", "offline"];

/** Whether it is known from where on changes are heard: before that nothing is loaded. */
export function isAnchored({ epoch }: FeedState): boolean {
  return epoch !== null;
}

/** Until when the feed vouches for what is shown, in milliseconds of the server's clock; null is now. */
export function staleSince({ connection, heardAt }: FeedState): number | null {
  return UNSURE.includes(connection) ? heardAt : null;
}

/** Starts over from a point of the history; the lists are loaded after this. */
export function anchorFeed(state: FeedState, epoch: string, seq: number, now: number): FeedState {
  return { ...state, epoch, seq, heardAt: now };
}

function isOfCall(piece: FeedPiece): piece is FeedEvent {
  return piece.call !== null;
}

export function takeEvents(state: FeedState, events: readonly FeedPiece[], now: number): Step {
  const apply: FeedEvent[] = [];
  let { seq } = state;
  let need: Need = "nothing";
  for (const event of events) {
    if (event.epoch !== state.epoch) need = "resync";
    else if (event.seq > seq + 1) need = "catch-up";
    if (need !== "nothing") break;
    if (event.seq <= seq) continue;
    seq = event.seq;
    if (isOfCall(event)) apply.push(event);
  }
  const last = apply.at(-1);
  const lagMs = last === undefined ? state.lagMs : Math.max(0, now - Date.parse(last.call.updated_at));
  return { state: { ...state, seq, heardAt: now, lagMs }, apply, need };
}

export function takePage(state: FeedState, page: FeedPage, now: number): Step {
  const forked = page.epoch !== state.epoch || page.last_seq < state.seq;
  const farBehind = page.last_seq - state.seq > FAR_BEHIND;
  if (forked || farBehind || page.resync === true) return { state: { ...state, heardAt: now }, apply: [], need: "resync" };

  const step = takeEvents(state, page.events.map(pieceOfEnvelope), now);
  // A page is dense and starts where it was asked to; one that does not cannot be caught up with.
  if (step.need === "catch-up") return { ...step, need: "resync" };
  return step.need === "nothing" && page.has_more ? { ...step, need: "catch-up" } : step;
}

/** Milliseconds before the next attempt: doubling, capped, and spread so that clients do not return as one. */
export function backoff(failures: number, random: number): number {
  const ceiling = Math.min(30_000, 500 * 2 ** Math.max(0, failures - 1));
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}
