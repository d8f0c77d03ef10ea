/*
 * All rows of a list that moves while it is read page by page.
 *
 * A row that is met again counts once. A row that was yet to come may move up to what was read already: so
 * the list is read once more from the top at the end, as far as that brings something new.
 */

/** A page, and where the next one begins; null: this is the last. The first page tells the total. */
export type Page<Row> = { rows: readonly Row[]; total?: number; next: string | null };

export type Source<Row> = {
  /** The page that begins there; the first one when that is null. */
  page: (from: string | null, signal: AbortSignal) => Promise<Page<Row>>;
  idOf: (row: Row) => string;
};

/** And by what its list was narrowed: parameters of the API, which the audit log keeps of what is taken. */
export type Narrowed<Row> = Source<Row> & { filter: Record<string, string | undefined> };

export type Progress = { done: number; total: number };

/** Gives the rows as they come in. Throws what the source throws, and the signal's reason when that is raised. */
export async function* allRows<Row>(
  { page, idOf }: Source<Row>,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): AsyncGenerator<Row[]> {
  const known = new Set<string>();
  let total = 0;
  /** Reads from the top to the end, or as far as `goesOn` likes what a page brings. */
  async function* read(goesOn: (nNew: number) => boolean): AsyncGenerator<Row[]> {
    let from: string | null = null;
    do {
      signal.throwIfAborted();
      const answer: Page<Row> = await page(from, signal);
      const news = answer.rows.filter((row) => !known.has(idOf(row)));
      for (const row of news) known.add(idOf(row));
      total = Math.max(answer.total ?? total, known.size);
      onProgress({ done: known.size, total });
      yield news;
      from = goesOn(news.length) ? answer.next : null;
    } while (from !== null);
  }
  yield* read(() => true);
  yield* read((nNew) => nNew > 0);
}
