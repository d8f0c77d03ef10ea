// What has come in so far, of what the inbox and the doors tell.
import type { Doors, InboxEvent, InboxPage } from "../../lib/types";

export type Refusal = Doors["refused"][number];

export type Arrival = {
  /** How many events were received, and the latest of them. */
  received: number;
  latest: InboxEvent | null;
  /** What was refused after it: the latest of that. */
  refusal: Refusal | null;
};

function latestOf(refused: readonly Refusal[]): Refusal | null {
  return refused.toSorted((a, b) => Date.parse(b.last_at) - Date.parse(a.last_at))[0] ?? null;
}

/** Without doors to ask nothing is known of refusals. */
export function arrivalOf({ events, total }: InboxPage, doors: Doors | undefined): Arrival {
  const latest = events[0] ?? null;
  const refusal = latestOf(doors?.refused ?? []);
  const isNews = refusal !== null && (latest === null || Date.parse(refusal.last_at) > Date.parse(latest.received_at));
  return { received: total, latest, refusal: isNews ? refusal : null };
}

const PRIVATE = /^(localhost|.*\.local|127\..*|10\..*|192\.168\..*|172\.(1[6-9]|2\d|3[01])\..*|\[::1\])$/;

/** May a provider on the internet reach this address, and is it asked over https? */
export function isPublic(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return protocol === "https:" && !PRIVATE.test(hostname);
}
