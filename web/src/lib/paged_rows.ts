// The rows of a long list: pages of it, of which those in sight are loaded and kept fresh.
import { useQueries } from "@tanstack/react-query";
import type { QueryClient, QueryKey, UseQueryOptions } from "@tanstack/react-query";
import { useCallback, useState } from "react";

/** A list that the API gives page by page. Its first page tells the total. */
export type PagedList<Page extends { total?: number }, Row, Key extends QueryKey> = {
  query: (page: number) => UseQueryOptions<Page, Error, Page, Key>;
  rowsOf: (page: Page) => readonly Row[];
  /** So many rows are on a page. */
  limit: number;
};

export type PagedRows<Row> = {
  total: number | undefined;
  error: Error | null;
  retry: () => void;
  rowAt: (index: number) => Row | undefined;
  onWindow: (first: number, last: number) => void;
};

function pageOf(index: number, limit: number): number {
  return Math.floor(index / limit) + 1;
}

function pagesBetween(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** The first page, which tells the total, and those that are in sight. */
function pagesOf([first, last]: readonly [number, number]): number[] {
  const inSight = pagesBetween(first, last);
  return first === 1 ? inSight : [1, ...inSight];
}

/** The rows in sight of a list; of none, nothing is asked for. */
export function usePagedRows<Page extends { total?: number }, Row, Key extends QueryKey>(
  list: PagedList<Page, Row, Key> | null,
): PagedRows<Row> {
  const [inSight, setInSight] = useState<readonly [number, number]>([1, 1]);
  const limit = list?.limit ?? 1;
  const pages = list === null ? [] : pagesOf(inSight);
  const answers = useQueries({ queries: list === null ? [] : pages.map((page) => list.query(page)) });
  const onWindow = useCallback(
    (first: number, last: number): void => {
      const next = [pageOf(first, limit), pageOf(last, limit)] as const;
      setInSight((known) => (known[0] === next[0] && known[1] === next[1] ? known : next));
    },
    [limit],
  );
  const loaded = new Map<number, readonly Row[] | undefined>(
    pages.map((page, i) => {
      const data = answers[i]?.data;
      return [page, data === undefined ? undefined : list?.rowsOf(data)];
    }),
  );
  const failed = answers.find(({ data, error }) => data === undefined && error !== null);
  return {
    total: answers[0]?.data?.total,
    error: failed?.error ?? null,
    retry: () => void failed?.refetch(),
    rowAt: (index) => loaded.get(pageOf(index, limit))?.[index % limit],
    onWindow,
  };
}

/** A page that is in sight, as it is after what has happened: asked for again, if need be. */
export async function pageInSight<Page>(client: QueryClient, queryKey: QueryKey): Promise<Page | undefined> {
  const shown = client.getQueryCache().find({ queryKey, type: "active" });
  return shown && client.query<Page>({ queryKey, staleTime: Infinity }); // whoever shows it knows how
}

/** Rows of a list, in sight or not, no older than they would be in sight. */
export async function fetchRows<Page extends { total?: number }, Row, Key extends QueryKey>(
  client: QueryClient,
  { query, rowsOf, limit }: PagedList<Page, Row, Key>,
  first: number,
  last: number,
): Promise<Row[]> {
  const from = pageOf(first, limit);
  const pages = await Promise.all(pagesBetween(from, pageOf(last, limit)).map((page) => client.query(query(page))));
  const start = (from - 1) * limit;
  return pages.flatMap(rowsOf).slice(first - start, last - start + 1);
}
