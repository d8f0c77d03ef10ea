// What a dispatcher sees of the calls that are going on: one card per person's call.
import { serverNow } from "../../lib/clock";
import type { FeedEvent } from "../../lib/feed_state";
import type { Call, CallEvent, CallStatus } from "../../lib/types";

/** The list, and since when (milliseconds) the calls in it that have ended are over. */
export type ActiveCalls = { calls: Call[]; endedAt: Record<string, number> };

/** A call and the legs it was connected to. */
export type CallGroup = { call: Call; legs: Call[] };

/** An ended call stays for so long, so that its outcome is seen. */
export const LINGER_MS = 10_000;

const RANK: Record<CallStatus, number> = {
  queued: 0,
  initiated: 1,
  ringing: 2,
  "in-progress": 3,
  completed: 4,
  busy: 4,
  "no-answer": 4,
  canceled: 4,
  failed: 4,
};

/** An answer of the server may be ahead of the events; a call never goes back. */
export function isOlder(event: Call, known: Call): boolean {
  return RANK[event.status] < RANK[known.status];
}

export function startOf(call: Call): string {
  return call.start_time ?? call.created_at;
}

/** When it happened, as the provider says; else when it was written. */
export function timeOf(event: CallEvent): string {
  return event.event_time ?? event.created_at;
}

function byStartLatestFirst(a: Call, b: Call): number {
  return Date.parse(startOf(b)) - Date.parse(startOf(a)) || b.twilio_sid.localeCompare(a.twilio_sid);
}

/** The list as the server gives it; in it nothing is over. */
export function activeOf(calls: readonly Call[]): ActiveCalls {
  return { calls: calls.toSorted(byStartLatestFirst), endedAt: {} };
}

export function patchActive(data: ActiveCalls, { call }: FeedEvent, now: number = serverNow()): ActiveCalls {
  const sid = call.twilio_sid;
  const known = data.calls.find((other) => other.twilio_sid === sid);
  if (known ? isOlder(call, known) : call.is_final) return data;

  const others = data.calls.filter((other) => other.twilio_sid !== sid && !isOver(data, other, now));
  if (call.visibility !== "visible") return { ...data, calls: others };
  const endedAt = call.is_final ? { [sid]: data.endedAt[sid] ?? now } : {};
  const stillEnded = Object.fromEntries(others.flatMap((c) => entryOf(data.endedAt, c.twilio_sid)));
  return { calls: [...others, call].sort(byStartLatestFirst), endedAt: { ...stillEnded, ...endedAt } };
}

function entryOf(endedAt: Record<string, number>, sid: string): [string, number][] {
  const at = endedAt[sid];
  return at === undefined ? [] : [[sid, at]];
}

/** Has the call ended so long ago that it leaves the list? */
export function isOver(data: ActiveCalls, call: Call, now: number): boolean {
  const at = data.endedAt[call.twilio_sid];
  return at !== undefined && now - at > LINGER_MS;
}

/** One group per call: a leg whose parent is in the list is shown within it. */
export function groupCalls(data: ActiveCalls, now: number): CallGroup[] {
  const shown = data.calls.filter((call) => !isOver(data, call, now));
  const groups = new Map(shown.map((call) => [call.twilio_sid, { call, legs: [] as Call[] }]));
  const whole: CallGroup[] = [];
  for (const group of groups.values()) {
    const parent = groups.get(group.call.parent_call_sid ?? "");
    if (parent === undefined) whole.push(group);
    else parent.legs.push(group.call);
  }
  return whole;
}

/** Is somebody on the line, or is it still being tried? */
export function isTalking(call: Call): boolean {
  return call.display_status === "in-progress";
}

/** When the person was reached: the answer of a leg that was connected, else that of the call. */
export function answeredAt({ call, legs }: CallGroup): string | null {
  const answers = legs.flatMap((leg) => leg.answered_at ?? []).sort();
  return answers[0] ?? call.answered_at;
}

/** The legs that ring or talk now, those that talk alone when there are any. */
export function answering({ legs }: CallGroup): Call[] {
  const going = legs.filter((leg) => !leg.is_final);
  const talking = going.filter((leg) => leg.status === "in-progress");
  return talking.length > 0 ? talking : going;
}

/** From when the present stage is: talking from the answer, ringing from the first leg that rings, else from the start. */
export function stageStart(group: CallGroup): string {
  const start = startOf(group.call);
  if (isTalking(group.call)) return answeredAt(group) ?? start;
  return answering(group).map(startOf).sort()[0] ?? start;
}
