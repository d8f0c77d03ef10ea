// One page of a browser does what all of its pages could do.

/** So long a claim is held: by then no page wants it any more. */
const HELD_MS = 60_000;

/** True for the page that asks first. Where the browser has no locks (an address without https) each page does it. */
export function claim(name: string): Promise<boolean> {
  const { locks } = navigator as { locks?: LockManager };
  if (locks === undefined) return Promise.resolve(true);
  return new Promise((resolve, reject) => {
    locks
      .request(`hookswitch ${name}`, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock === null ? undefined : new Promise((done) => setTimeout(done, HELD_MS));
      })
      .catch(reject);
  });
}
