// Waiting for something to become true, with a deadline, instead of sleeping.
const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 15;

/** Asks again until it gives something else than undefined; `what` is said when it never does. */
export async function until<T>(what: string, ask: () => Promise<T | undefined> | T | undefined, patience = PATIENCE_MS): Promise<T> {
  const deadline = Date.now() + patience;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((next) => setTimeout(next, LOOK_EVERY_MS));
  }
}

/** For what is measured and not asserted: since a moment of performance.now(), as text. */
export function secondsSince(began: number): string {
  return ((performance.now() - began) / 1000).toFixed(2);
}
