// Which conversations have calls that this browser has not seen: their latest calls, and the marks of what was read.
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { getJson } from "../../lib/api";
import type { FeedEvent } from "../../lib/feed_state";
import { liveRule, loadLive } from "../../lib/live";
import type { LiveRule } from "../../lib/live";
import { beginReading, isUnread, markAllRead, markRead, useReadMarks } from "../../lib/read_marks";
import type { Conversation, ConversationPage } from "../../lib/types";
import { recentConversations } from "./api";

/** When the latest call of each conversation began, in milliseconds. */
export type Latest = { at: Readonly<Record<string, number>>; isCut: boolean };

export const LATEST = ["conversations", "latest"] as const;
/** So many are looked at; those that are older and unread, too, are counted as `isCut`. */
const LOOK_AT = 100;

export function latestCall({ last_message: last }: Conversation): number {
  return last === null ? 0 : Date.parse(last.created_at);
}

function latestOf({ conversations, next_cursor: next }: ConversationPage): Latest {
  return { at: Object.fromEntries(conversations.map((each) => [each.id, latestCall(each)])), isCut: next !== null };
}

/** A call that begins is the latest of its conversation, whether or not that was known. */
export function patchLatest(data: Latest, { call }: FeedEvent): Latest {
  const id = call.conversation_id;
  if (id === null || call.parent_call_sid !== null || call.visibility !== "visible") return data;
  const began = Date.parse(call.start_time ?? call.created_at);
  return began > (data.at[id] ?? 0) ? { ...data, at: { ...data.at, [id]: began } } : data;
}

function latestSince(since: number) {
  const load = async (signal: AbortSignal): Promise<Latest> =>
    latestOf(await getJson<ConversationPage>("/api/conversations", { from: new Date(since).toISOString(), limit: LOOK_AT }, signal));
  return queryOptions({
    queryKey: [...LATEST, since],
    queryFn: ({ signal }) => loadLive(() => load(signal), patchLatest),
  });
}

export const unreadRules: LiveRule[] = [liveRule(LATEST, patchLatest)];

export type Unread = {
  count: number;
  /** There may be more than were looked at. */
  isCut: boolean;
  isUnread: (id: string, latest: number) => boolean;
  /** Everything up to this began before, or is read. */
  since: number;
  readAll: () => void;
};

const NOTHING: Latest = { at: {}, isCut: false };

/** What is unread now. */
export function useUnread(): Unread {
  const marks = useReadMarks();
  const { data = NOTHING } = useQuery({ ...latestSince(marks?.since ?? 0), enabled: marks !== null });
  const newest = Math.max(0, ...Object.values(data.at));
  return {
    count: marks === null ? 0 : Object.entries(data.at).filter(([id, at]) => isUnread(marks, id, at)).length,
    isCut: data.isCut,
    isUnread: (id, latest) => marks !== null && isUnread(marks, id, Math.max(latest, data.at[id] ?? 0)),
    since: marks?.since ?? 0,
    readAll: () => {
      markAllRead(newest);
    },
  };
}

/** At the first use in this browser, what is there counts as read. */
export function useBeginReading(): void {
  const isFirst = useReadMarks() === null;
  const { data } = useQuery({ ...recentConversations, enabled: isFirst });
  useEffect(() => {
    if (isFirst && data !== undefined) beginReading(Math.max(0, ...data.conversations.map(latestCall)));
  }, [isFirst, data]);
}

function onSight(listener: () => void): () => void {
  document.addEventListener("visibilitychange", listener);
  return () => {
    document.removeEventListener("visibilitychange", listener);
  };
}

/** Reads a conversation for as long as somebody can see it. */
export function useReading(id: string, isShown: boolean): void {
  const marks = useReadMarks();
  const { data = NOTHING } = useQuery({ ...latestSince(marks?.since ?? 0), enabled: marks !== null });
  const isSeen = useSyncExternalStore(onSight, () => document.visibilityState === "visible");
  const latest = data.at[id];
  useEffect(() => {
    if (isShown && isSeen && latest !== undefined) markRead(id, latest);
  }, [id, isShown, isSeen, latest]);
}
