import { queryOptions } from "@tanstack/react-query";
import { getJson, sendJson } from "../../lib/api";
import type { FullHealth, QuotaChoice, Quotas } from "../../lib/types";

const ASK_EVERY_MS = 10_000;

export const quotas = queryOptions({
  queryKey: ["quotas"],
  queryFn: ({ signal }) => getJson<Quotas>("/api/quotas", {}, signal),
});

/** How much of each is used, where that is counted. */
export const usage = queryOptions({
  queryKey: ["health", "limits"],
  queryFn: async ({ signal }) => (await getJson<FullHealth>("/api/health/full", {}, signal)).limits,
  refetchInterval: ASK_EVERY_MS,
  staleTime: 0,
  retry: false,
});

export function chooseQuota(choice: QuotaChoice): Promise<Quotas> {
  return sendJson<Quotas>("PATCH", "/api/quotas", choice);
}
