import type { QueryClient } from "@tanstack/react-query";
import { createAlerts } from "../features/alerts/alerts";
import { callRules } from "../features/calls/api";
import { conversationRules } from "../features/conversations/api";
import { unreadRules } from "../features/conversations/unread";
import { startRules } from "../features/start/api";
import { getJson } from "../lib/api";
import { serverNow, setServerTime } from "../lib/clock";
import { openEventStream } from "../lib/event_stream";
import { Feed } from "../lib/feed";
import { LiveCache } from "../lib/live";
import type { FeedPage } from "../lib/types";
import { endSession, pushAllowed } from "./session";

const RULES = [...callRules, ...conversationRules, ...unreadRules, ...startRules];

/** The feed of this page. It lives as long as the page does, or as the session. */
export function createFeed(client: QueryClient): Feed {
  const cache = new LiveCache(client, RULES);
  const alert = createAlerts();
  return new Feed({
    fetchPage: (after_seq, limit, signal) => getJson<FeedPage>("/api/events", { after_seq, limit }, signal),
    openStream: openEventStream,
    pushAllowed: () => pushAllowed(client),
    onAnchor: () => void cache.anew({ predicate: ({ queryKey }) => queryKey[0] !== "me" }),
    onEvents: (events) => {
      alert(events); // first: it rings also when a list cannot be patched
      cache.apply(events);
    },
    onServerTime: setServerTime,
    onSurprise: (error) => {
      reportError(error);
    },
    now: serverNow,
    random: () => Math.random(),
  });
}

/** Starts to follow the feed, marks it when the network goes, and tries at once when it is back or somebody looks again. */
export function followFeed(feed: Feed): void {
  void feed.run().then(endSession);
  window.addEventListener("offline", feed.lose);
  window.addEventListener("online", feed.wake);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") feed.wake();
  });
}
