import { queryOptions } from "@tanstack/react-query";
import { getJson, postJson } from "../../lib/api";
import { liveRule } from "../../lib/live";
import type { LiveRule } from "../../lib/live";
import type { Doors, InboxPage } from "../../lib/types";

const LATEST = ["start", "latest"] as const;
/** The feed tells of what was applied; what was refused, or cannot be applied, is asked for while somebody waits. */
const LOOK_MS = 2_000;
const FEED_MS = 200;

/** What is asked for to tell what has come. */
export const COME = [["start"]];

/** How many webhooks were received, and the latest of them. */
export const latestEvent = queryOptions({
  queryKey: LATEST,
  queryFn: ({ signal }) => getJson<InboxPage>("/api/events", { limit: 1 }, signal),
  refetchInterval: LOOK_MS,
  staleTime: 0,
});

/** What was kept and what was refused since the server's start. */
export const doors = queryOptions({
  queryKey: ["start", "doors"],
  queryFn: ({ signal }) => getJson<Doors>("/api/doors", {}, signal),
  refetchInterval: LOOK_MS,
  staleTime: 0,
});

export function makeDemoCalls(): Promise<undefined> {
  return postJson<undefined>("/api/demo/calls");
}

/** Each event asks again at once. */
export const startRules: LiveRule[] = [liveRule<InboxPage>(LATEST, (data) => data, FEED_MS)];
