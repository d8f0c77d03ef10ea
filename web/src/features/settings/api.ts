import { queryOptions } from "@tanstack/react-query";
import { getJsonOf } from "../../lib/api";
import type { SyncHealth } from "../../lib/types";

const DOWN = 503; // answered in the same shape

/** Of the server; the page comes from it. */
export const serverVersion = queryOptions({
  queryKey: ["health", "version"],
  queryFn: async ({ signal }) => (await getJsonOf<SyncHealth>("/api/health/sync", [200, DOWN], signal)).version,
  staleTime: Infinity,
});
