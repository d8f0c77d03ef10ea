import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { QueryClient } from "@tanstack/react-query";
import { getJson, postJson } from "../../lib/api";
import type {
  InboxEventDetail,
  InboxPage,
  ProcessingStatus,
  ReprocessAccepted,
  ReprocessRequest,
  Reprocessed,
  SyncHealth,
} from "../../lib/types";

const INBOX = ["inbox"] as const;
const HEALTH = ["health", "sync"] as const;
const PAGE_LIMIT = 25;
/** Received webhooks are not in the feed; while somebody looks, the list is asked for again. */
const LOOK_MS = 3_000;

export type InboxFilter = ProcessingStatus | "all";

export function inboxPage(filter: InboxFilter, page: number) {
  const processing_status = filter === "all" ? undefined : filter;
  return queryOptions({
    queryKey: [...INBOX, "list", filter, page],
    queryFn: ({ signal }) =>
      getJson<InboxPage>("/api/events", { processing_status, page, limit: PAGE_LIMIT }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: LOOK_MS,
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

export function replayDeadLetters(): Promise<ReprocessAccepted> {
  const request: ReprocessRequest = { filter: { processing_status: "dead_letter" } };
  return postJson<ReprocessAccepted>("/api/events/reprocess", request);
}

/** Something was put back into the queue: look again. */
export async function lookAgain(client: QueryClient): Promise<void> {
  await Promise.all([
    client.invalidateQueries({ queryKey: INBOX }),
    client.invalidateQueries({ queryKey: HEALTH }),
  ]);
}
