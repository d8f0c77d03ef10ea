// What a component shows of the feed.
import { useSyncExternalStore } from "react";
import type { Feed } from "./feed";
import type { FeedState } from "./feed_state";

/** A part of what is known of the feed. Who asks is drawn anew when that part changes, not with every event. */
export function useFeed<T>(feed: Feed, part: (state: FeedState) => T): T {
  return useSyncExternalStore(feed.subscribe, () => part(feed.getState()));
}
