// The list of accounts follows the feed: one goes down, or comes up again.
import { useQueryClient } from "@tanstack/react-query";
import type { QueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { Refetch } from "../../lib/live";
import { listenTo } from "../../lib/topic_stream";
import { connections } from "./api";

const REFETCH_MS = 200;

/** The list is asked for when one is told of, and whenever one may have been missed. Returns what ends it. */
export function followOutages(client: QueryClient): () => void {
  const list = new Refetch(client, connections.queryKey);
  const ask = (): void => {
    list.soon(REFETCH_MS);
  };
  return listenTo("integration.*", {
    onMessage: ask,
    onLive: (live) => {
      if (live) ask();
    },
  });
}

/** As long as this is shown. */
export function useOutages(): void {
  const client = useQueryClient();
  useEffect(() => followOutages(client), [client]);
}
