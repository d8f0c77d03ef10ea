import { queryOptions } from "@tanstack/react-query";
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
