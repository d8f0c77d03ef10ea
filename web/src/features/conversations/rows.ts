// The rows of the long list: pages of it, of which those in sight are loaded and kept fresh.
import { useQueries } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import type { Conversation, ConversationPage } from "../../lib/types";
import { LONG_PAGE_LIMIT, conversationsFound } from "./api";
import type { Filter } from "./filter";

export type Rows = {
  total: number | undefined;
  error: Error | null;
  retry: () => void;
  rowAt: (index: number) => Conversation | undefined;
  onWindow: (first: number, last: number) => void;
};

function pageOf(index: number): number {
  return Math.floor(index / LONG_PAGE_LIMIT) + 1;
}

/** The first page, which tells the total, and those that are in sight. */
function pagesOf([first, last]: readonly [number, number]): number[] {
  const inSight = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  return first === 1 ? inSight : [1, ...inSight];
}

export function useRows(filter: Filter): Rows {
  const [inSight, setInSight] = useState<readonly [number, number]>([1, 1]);
  const pages = pagesOf(inSight);
  const answers = useQueries({ queries: pages.map((page) => conversationsFound(filter, page)) });
  const onWindow = useCallback((first: number, last: number): void => {
    const next = [pageOf(first), pageOf(last)] as const;
    setInSight((known) => (known[0] === next[0] && known[1] === next[1] ? known : next));
  }, []);
  const loaded = new Map<number, ConversationPage | undefined>(pages.map((page, i) => [page, answers[i]?.data]));
  const failed = answers.find(({ data, error }) => data === undefined && error !== null);
  return {
    total: answers[0]?.data?.total,
    error: failed?.error ?? null,
    retry: () => void failed?.refetch(),
    rowAt: (index) => loaded.get(pageOf(index))?.conversations[index % LONG_PAGE_LIMIT],
    onWindow,
  };
}
