import { queryOptions } from "@tanstack/react-query";
import type { QueryClient } from "@tanstack/react-query";
import { getJson, sendJson } from "../../lib/api";
import type { QuotaChoice, Quotas } from "../../lib/types";

const ASK_EVERY_MS = 10_000;

/** Who looks sees how much is used now, which nobody tells. */
export const quotas = queryOptions({
  queryKey: ["quotas"],
  queryFn: ({ signal }) => getJson<Quotas>("/api/quotas", {}, signal),
  refetchInterval: ASK_EVERY_MS,
  staleTime: 0,
});

export function chooseQuota(choice: QuotaChoice): Promise<Quotas> {
  return sendJson<Quotas>("PATCH", "/api/quotas", choice);
}

/** What was chosen is newer than every answer that is under way. */
export async function showQuotas(client: QueryClient, now: Quotas): Promise<void> {
  await client.cancelQueries({ queryKey: quotas.queryKey });
  client.setQueryData(quotas.queryKey, now);
}
