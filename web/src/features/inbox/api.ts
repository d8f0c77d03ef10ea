import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { QueryClient } from "@tanstack/react-query";
import { getJson, postJson } from "../../lib/api";
import type {
  InboxEvent,
  InboxEventDetail,
  InboxPage,
  ReasonPage,
  ReprocessAccepted,
  ReprocessRequest,
  ReprocessResult,
  Reprocessed,
  SyncHealth,
} from "../../lib/types";
import type { Filter } from "./filter";

const INBOX = ["inbox"] as const;
const HEALTH = ["health", "sync"] as const;
/** What this room shows of answers that are asked for again and again. */
export const POLLED = [INBOX, HEALTH];
/** As many as the API gives at once. */
const PAGE_LIMIT = 100;
/** Received webhooks are not in the feed; while somebody looks, the list is asked for again. */
const LOOK_MS = 3_000;

/** The events that a filter lets through, the latest first. */
export function eventList({ state, reason, kind }: Filter) {
  const filter = { processing_status: state ?? undefined, error: reason ?? undefined, event_type: kind ?? undefined };
  const query = (page: number) =>
    queryOptions({
      queryKey: [...INBOX, "list", filter, page],
      queryFn: ({ signal }) => getJson<InboxPage>("/api/events", { ...filter, page, limit: PAGE_LIMIT }, signal),
      refetchInterval: LOOK_MS,
    });
  return { query, rowsOf: (page: InboxPage): readonly InboxEvent[] => page.events, limit: PAGE_LIMIT };
}

/** Why there are dead letters; of very many reasons those of the latest letters. */
export const deadLetterReasons = queryOptions({
  queryKey: [...INBOX, "reasons"],
  queryFn: ({ signal }) => getJson<ReasonPage>("/api/events/reasons", { limit: PAGE_LIMIT }, signal),
  refetchInterval: LOOK_MS,
});

/** The latest event that names a call; the call itself may never have come to be. */
export function eventsOfCall(sid: string) {
  return queryOptions({
    queryKey: [...INBOX, "of", sid],
    queryFn: ({ signal }) => getJson<InboxPage>("/api/events", { call_sid: sid, limit: 1 }, signal),
  });
}

export function inboxEvent(id: string) {
  return queryOptions({
    queryKey: [...INBOX, "detail", id],
    queryFn: ({ signal }) => getJson<InboxEventDetail>(`/api/events/${encodeURIComponent(id)}`, {}, signal),
    refetchInterval: LOOK_MS,
  });
}

/** How much waits, and how much has given up. */
export function syncHealth(everyMs: number) {
  return queryOptions({
    queryKey: HEALTH,
    queryFn: ({ signal }) => getJson<SyncHealth>("/api/health/sync", {}, signal),
    refetchInterval: everyMs,
  });
}

export function replayOne(id: string): Promise<Reprocessed> {
  return postJson<Reprocessed>(`/api/events/${encodeURIComponent(id)}/reprocess`);
}

function reprocess(request: ReprocessRequest): Promise<ReprocessAccepted> {
  return postJson<ReprocessAccepted>("/api/events/reprocess", request);
}

/** Dead letters that have something in common: a reason and a kind, or nothing. */
export type DeadLetters = { error?: string; event_type?: string };

export function replayDeadLetters(which: DeadLetters): Promise<ReprocessAccepted> {
  return reprocess({ filter: { processing_status: "dead_letter", ...which } });
}

/** Puts a selection back into the queue; what became of each. */
export async function replayEach(ids: string[]): Promise<ReprocessResult[]> {
  return (await reprocess({ ids })).results ?? [];
}

/** Those of a selection that there are, as they are now; a hundred at most. */
export async function eventsAmong(ids: string[], signal?: AbortSignal): Promise<InboxEvent[]> {
  return (await getJson<InboxPage>("/api/events", { ids: ids.join(",") }, signal)).events;
}

/** Those of a selection that no row has shown yet. */
export function pickedEvents(ids: string[]) {
  const parts = Array.from({ length: Math.ceil(ids.length / PAGE_LIMIT) }, (_, i) => ids.slice(i * PAGE_LIMIT, (i + 1) * PAGE_LIMIT));
  return queryOptions({
    queryKey: [...INBOX, "picked", ids],
    queryFn: async ({ signal }) => (await Promise.all(parts.map((part) => eventsAmong(part, signal)))).flat(),
    enabled: ids.length > 0,
    placeholderData: keepPreviousData, // of fewer the same is known
  });
}

/** Something was put back into the queue: look again. */
export async function lookAgain(client: QueryClient): Promise<void> {
  await Promise.all([
    client.invalidateQueries({ queryKey: INBOX }),
    client.invalidateQueries({ queryKey: HEALTH }),
  ]);
}
