import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, it } from "vitest";
import type { Quotas } from "../../lib/types";
import { quotas, showQuotas } from "./api";

it("shows what was chosen, also when an older answer is under way", async () => {
  const client = new QueryClient();
  const chosen = { quotas: ["as chosen"] } as unknown as Quotas;
  let answer: (old: Quotas) => void = () => undefined;
  const queryFn = ({ signal }: { signal: AbortSignal }): Promise<Quotas> =>
    new Promise((resolve) => {
      if (!signal.aborted) answer = resolve;
    });
  const unsubscribe = new QueryObserver(client, { queryKey: quotas.queryKey, queryFn }).subscribe(() => undefined);
  await showQuotas(client, chosen);
  answer({ quotas: [] });
  await new Promise((resolve) => setTimeout(resolve)); // all that is to come of it has come
  expect(client.getQueryData(quotas.queryKey)).toBe(chosen);
  unsubscribe();
  client.clear();
});
