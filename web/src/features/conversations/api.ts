import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { getJson } from "../../lib/api";
import { liveRule, loadLive } from "../../lib/live";
import type { LiveRule } from "../../lib/live";
import type { ConversationDetail, ConversationPage, MessagePage } from "../../lib/types";
import { patchConversations, patchMessages } from "./patch";

const LIST = ["conversations", "list"] as const;
const MESSAGES = ["conversations", "messages"] as const;
const PAGE_LIMIT = 20;

export function conversationPage(page: number) {
  return queryOptions({
    queryKey: [...LIST, page],
    queryFn: () =>
      loadLive(() => getJson<ConversationPage>("/api/conversations", { page, limit: PAGE_LIMIT }), patchConversations),
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
