// The access token lasts minutes; the refresh token, which no script can read, gives the next one.

/** Asks for the next token by `ask`. Of all tabs, one asks at a time. */
export async function oneAtATime(ask: () => Promise<Response>): Promise<Response> {
  // Not everywhere: pages that are not served over TLS have no locks. The server bears two that ask at once.
  const { locks } = navigator as { locks?: LockManager };
  return locks === undefined ? ask() : await locks.request("hookswitch-session", ask);
}
