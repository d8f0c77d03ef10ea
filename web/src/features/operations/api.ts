import { queryOptions } from "@tanstack/react-query";
import { getJsonOf } from "../../lib/api";
import type { SyncHealth } from "../../lib/types";

const ASK_EVERY_MS = 2_000;
const DOWN = 503; // answered in the same shape

/** How things flow. The feed tells nothing of it, so it is asked for, as long as somebody looks. */
export const syncHealth = queryOptions({
  queryKey: ["health", "sync"],
  queryFn: ({ signal }) => getJsonOf<SyncHealth>("/api/health/sync", [200, DOWN], signal),
  refetchInterval: ASK_EVERY_MS,
  staleTime: 0,
  retry: false,
});
