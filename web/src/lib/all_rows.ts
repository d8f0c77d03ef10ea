/*
 * All rows of a list that moves while it is read page by page.
 *
 * A row that comes in above pushes others to the next page, where they are met again: they count once. A
 * row that was yet to come may move up to pages that were read: so these are read once more at the end, as
 * far as they bring something new.
 */

export type Page<Row> = { rows: readonly Row[]; total: number };

export type Source<Row> = {
  page: (page: number, signal: AbortSignal) => Promise<Page<Row>>;
  idOf: (row: Row) => string;
  /** So many rows are on a page. */
  limit: number;
};

export type Progress = { done: number; total: number };

/** Throws what the source throws, and the signal's reason when that is raised. */
export async function allRows<Row>(
  { page, idOf, limit }: Source<Row>,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Row[]> {
  const found = new Map<string, Row>();
  /** Reads from the top to the end, or as far as `goesOn` likes what a page brings. */
  const read = async (goesOn: (nNew: number) => boolean): Promise<void> => {
    for (let at = 1, isMore = true; isMore; at++) {
      signal.throwIfAborted();
      const { rows, total } = await page(at, signal);
      const before = found.size;
      for (const row of rows) found.set(idOf(row), row);
      onProgress({ done: found.size, total: Math.max(total, found.size) });
      isMore = at * limit < total && goesOn(found.size - before);
    }
  };
  await read(() => true);
  await read((nNew) => nNew > 0);
  return [...found.values()];
}
