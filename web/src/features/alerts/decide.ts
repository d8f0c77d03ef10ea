// Of what somebody is told, and once only.
import type { FeedEvent } from "../../lib/feed_state";
import type { Call } from "../../lib/types";

export type Alert = { kind: "incoming" | "missed"; call: Call };

/** What is older is history that is being caught up with. */
export const FRESH_MS = 30_000;

/** What was told already, and when. Older calls are not fresh again, so little is kept. */
export type Told = ReadonlyMap<string, number>;

export function keyOf({ kind, call }: Alert): string {
  return `${kind} ${call.twilio_sid}`;
}

/** When it began, by the clock that puts it further back: the provider's or the server's. */
function began(call: Call): number {
  return Math.min(Date.parse(call.start_time ?? call.created_at), Date.parse(call.created_at));
}

function ended(call: Call): number {
  return Date.parse(call.end_time ?? call.last_event_time ?? call.updated_at);
}

/** The alert that the state of a call gives reason for. */
function alertOf(call: Call, now: number): Alert | null {
  if (call.direction !== "inbound" || call.parent_call_sid !== null || call.visibility !== "visible") return null;
  if (call.missed === true && call.is_final)
    return now - ended(call) <= FRESH_MS ? { kind: "missed", call } : null;
  const isWaiting = !call.is_final && call.display_status !== "in-progress";
  return isWaiting && now - began(call) <= FRESH_MS ? { kind: "incoming", call } : null;
}

/**
 * The alerts of events that came together. Of each call its last state counts: one that has ended no longer rings.
 * Events that are all late are no reason to tell of it.
 */
export function alertsOf(events: readonly FeedEvent[], told: Told, now: number): Alert[] {
  const latest = new Map(events.map(({ call }) => [call.twilio_sid, call]));
  const heardInTime = new Set(events.flatMap(({ call, late }) => (late ? [] : call.twilio_sid)));
  return [...latest.values()]
    .filter((call) => heardInTime.has(call.twilio_sid))
    .flatMap((call) => alertOf(call, now) ?? [])
    .filter((alert) => !told.has(keyOf(alert)));
}

export function remember(told: Told, alerts: readonly Alert[], now: number): Told {
  const recent = [...told].filter(([, at]) => now - at <= 2 * FRESH_MS);
  return new Map([...recent, ...alerts.map((alert) => [keyOf(alert), now] as const)]);
}
