import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { QueryKey } from "@tanstack/react-query";
import type { Narrowed } from "../../lib/all_rows";
import { getJson } from "../../lib/api";
import { liveRule, loadLive } from "../../lib/live";
import { pageInSight } from "../../lib/paged_rows";
import type { LiveRule } from "../../lib/live";
import type { Conversation, ConversationDetail, ConversationPage, Message, MessagePage } from "../../lib/types";
import { filterQuery } from "./filter";
import type { Filter } from "./filter";
import { patchConversations, patchMessages } from "./patch";

export const LIST = ["conversations", "list"] as const;
const MESSAGES = ["conversations", "messages"] as const;
const PAGE_LIMIT = 20;
/** As many as the API gives at once: the long list is read in few pieces. */
const LONG_PAGE_LIMIT = 100;

type ListQuery = Record<string, string | number | undefined>;

function loadList(query: ListQuery, signal: AbortSignal): Promise<ConversationPage> {
  return loadLive(() => getJson<ConversationPage>("/api/conversations", query, signal), patchConversations);
}

/** The latest ones. */
export const recentConversations = queryOptions({
  queryKey: [...LIST, "recent"],
  queryFn: ({ signal }) => loadList({ limit: PAGE_LIMIT }, signal),
});

/**
 * One page of those that a filter lets through. Where the page above is in sight as well, this one goes on
 * where that one ends, as it is after the same change: nothing is lost between them or stands twice. Any
 * other is found by its number.
 */
function conversationsFound(filter: Filter, page: number) {
  const query = filterQuery(filter);
  const keyOf = (at: number) => [...LIST, "found", query, at] as const;
  return queryOptions({
    queryKey: keyOf(page),
    queryFn: async ({ client, signal }): Promise<ConversationPage> => {
      const above = await pageInSight<ConversationPage>(client, keyOf(page - 1));
      if (above === undefined) return loadList({ ...query, page, limit: LONG_PAGE_LIMIT }, signal);
      const { next_cursor: cursor } = above;
      if (cursor === null) return { conversations: [], limit: LONG_PAGE_LIMIT, next_cursor: null };
      return loadList({ ...query, cursor, limit: LONG_PAGE_LIMIT }, signal);
    },
  });
}

/** The latest of those that a filter lets through and that began after a time: no more than fit on a page. */
export function conversationsSince(filter: Filter, since: number) {
  const query = filterQuery(filter);
  const from = new Date(Math.max(since, Date.parse(query["from"] ?? "") || 0)).toISOString();
  return queryOptions({
    queryKey: [...LIST, "since", { ...query, from }],
    queryFn: ({ signal }) => loadList({ ...query, from, limit: LONG_PAGE_LIMIT }, signal),
  });
}

/** How many of those that a filter lets through are above a conversation: there it stands in the list, or would. */
export function placeInList(id: string | null, filter: Filter) {
  const query = filterQuery(filter);
  return queryOptions({
    queryKey: ["conversations", "place", query, id],
    queryFn: async ({ signal }): Promise<number | null> => {
      const { last_message: last } = await getJson<ConversationDetail>(pathOf(id ?? ""), {}, signal);
      if (last === null) return null;
      const { total } = await getJson<ConversationPage>("/api/conversations", { ...query, from: last.created_at, limit: 1 }, signal);
      return total === undefined || total === 0 ? null : total - 1;
    },
    enabled: id !== null,
    staleTime: Infinity,
    retry: false,
  });
}

/** All that a filter lets through. */
export function conversationList(filter: Filter) {
  const query = (page: number) => conversationsFound(filter, page);
  return { query, rowsOf: (page: ConversationPage) => page.conversations, limit: LONG_PAGE_LIMIT };
}

/** The few that a search finds first. */
export function conversationsNamed(q: string, limit: number) {
  return queryOptions({
    queryKey: [...LIST, "named", q, limit],
    queryFn: ({ signal }) => loadList({ q, limit }, signal),
    placeholderData: keepPreviousData,
  });
}

function pathOf(id: string): string {
  return `/api/conversations/${encodeURIComponent(id)}`;
}

export function conversationDetail(id: string) {
  return queryOptions({
    queryKey: ["conversations", "detail", id],
    queryFn: ({ signal }) => getJson<ConversationDetail>(pathOf(id), {}, signal),
  });
}

/** All that a filter lets through, for a table. */
export function conversationsToExport(filter: Filter): Narrowed<Conversation> {
  return {
    filter: filterQuery(filter),
    page: async (from, signal) => {
      const query = { ...filterQuery(filter), cursor: from ?? undefined, limit: LONG_PAGE_LIMIT };
      const { conversations: rows, total, next_cursor: next } = await getJson<ConversationPage>("/api/conversations", query, signal);
      return total === undefined ? { rows, next } : { rows, total, next };
    },
    idOf: ({ id }) => id,
  };
}

/** All calls of a conversation, for a table. */
export function callsToExport(id: string): Narrowed<Message> {
  return {
    filter: { conversation_id: id },
    page: async (from, signal) => {
      const page = Number(from ?? 1);
      const { messages, total } = await getJson<MessagePage>(`${pathOf(id)}/messages`, { page, limit: LONG_PAGE_LIMIT }, signal);
      return { rows: messages, total, next: page * LONG_PAGE_LIMIT < total ? String(page + 1) : null };
    },
    idOf: (message) => message.id,
  };
}

/** What is asked for of one: whom with, and its calls. */
export function partsOf(id: string): QueryKey[] {
  return [conversationDetail(id).queryKey, [...MESSAGES, id]];
}

export function messagePage(id: string, page: number) {
  const load = (): Promise<MessagePage> => getJson(`${pathOf(id)}/messages`, { page, limit: PAGE_LIMIT });
  return queryOptions({
    queryKey: [...MESSAGES, id, page],
    queryFn: () => loadLive(load, patchMessages),
    placeholderData: keepPreviousData,
  });
}

/** States change at once; order, wording and new entries come with the next answer. */
export const conversationRules: LiveRule[] = [
  liveRule(LIST, patchConversations, 1_000),
  liveRule(MESSAGES, patchMessages, 1_000),
];
