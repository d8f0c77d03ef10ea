// What a test has started, ended in the opposite order, whatever became of the test or of another start.

type Ending = () => Promise<unknown>;
type Owned = { drop: Ending } | { remove: Ending } | { close: Ending } | { stop: Ending };

const over = (it: Owned): Promise<unknown> => ("drop" in it ? it.drop() : "remove" in it ? it.remove() : "close" in it ? it.close() : it.stop());

export class Belongings {
  readonly #ends: Ending[] = [];

  /** Takes what has started, or is about to, and gives it back. It is ended as said; else dropped, removed, closed or stopped, by
   * the first of these that it knows. */
  keep<T extends Owned>(start: T | Promise<T>): Promise<T>;
  keep<T>(start: T | Promise<T>, end: (started: T) => unknown): Promise<T>;
  keep<T>(start: T | Promise<T>, end = (started: T): unknown => over(started as Owned)): Promise<T> {
    const started = Promise.resolve(start);
    const hasFailed = started.then(() => false, () => true); // who started it is told
    this.#ends.push(async () => (await hasFailed) || end(await started));
    return started;
  }

  /** Ends them all, and throws what went wrong with any. May be repeated. */
  async end(): Promise<void> {
    const failures: unknown[] = [];
    for (const end of this.#ends.splice(0).reverse()) await end().catch((failure: unknown) => failures.push(failure));
    if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join("; "));
  }
}
