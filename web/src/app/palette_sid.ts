// What there is of a SID that was typed whole: a call, or received webhooks that name it.
import { useQuery } from "@tanstack/react-query";
import { callDetail } from "../features/calls/api";
import { eventsOfCall } from "../features/inbox/api";
import { ApiError } from "../lib/api";
import { useMay } from "../lib/me";
import type { Sought } from "./palette_items";

/** Two letters say of what kind Twilio's is, 32 digits which. */
const WHOLE = /^[A-Z]{2}[0-9a-f]{32}$/i;
const NOT_FOUND = 404;

type SidSearch = Sought & { isSearching: boolean; error: Error | null };

/** As Twilio writes it, so that one that was copied from elsewhere is found as well. */
function written(q: string): string {
  return q.slice(0, 2).toUpperCase() + q.slice(2).toLowerCase();
}

/** What the API can tell of it; as long as that is not known, it may be a call. */
export function useSid(q: string): SidSearch {
  const sid = WHOLE.test(q) ? written(q) : null;
  const maySeeCalls = useMay("calls.read");
  const maySeeEvents = useMay("events.read");
  const call = useQuery({ ...callDetail(sid ?? "", null), enabled: sid !== null && maySeeCalls });
  const events = useQuery({ ...eventsOfCall(sid ?? ""), enabled: sid !== null && maySeeEvents });
  if (sid === null) return { sid, mayBeCall: maySeeCalls, event: null, isSearching: false, error: null };
  const isNotFound = call.error instanceof ApiError && call.error.status === NOT_FOUND;
  const event = events.data?.events[0]?.id ?? null;
  const isSearching = call.isLoading || events.isLoading;
  return { sid, mayBeCall: maySeeCalls && !isNotFound, event, isSearching, error: events.error ?? (isNotFound ? null : call.error) };
}
