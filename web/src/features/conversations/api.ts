import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { getJson } from "../../lib/api";
import { liveRule, loadLive } from "../../lib/live";
import type { LiveRule } from "../../lib/live";
import type { ConversationPage, MessagePage } from "../../lib/types";
import { patchConversations, patchMessages } from "./patch";

const LIST = ["conversations", "list"] as const;
const MESSAGES = ["conversations", "messages"] as const;
const PAGE_LIMIT = 20;
const MESSAGES_LIMIT = 50;

export function conversationPage(page: number) {
  return queryOptions({
    queryKey: [...LIST, page],
    queryFn: () =>
      loadLive(() => getJson<ConversationPage>("/api/conversations", { page, limit: PAGE_LIMIT }), patchConversations),
    placeholderData: keepPreviousData,
  });
}

export function messagePage(id: string) {
  const path = `/api/conversations/${encodeURIComponent(id)}/messages`;
  return queryOptions({
    queryKey: [...MESSAGES, id],
    queryFn: () => loadLive(() => getJson<MessagePage>(path, { limit: MESSAGES_LIMIT }), patchMessages),
  });
}

/** States change at once; order, wording and new entries come with the next answer. */
export const conversationRules: LiveRule[] = [
  liveRule(LIST, patchConversations, 1_000),
  liveRule(MESSAGES, patchMessages, 1_000),
];
