// The access token lasts minutes; the refresh token, which no script can read, gives the next one.

/** Resolves with whether somebody is still signed in. Of all tabs, one asks at a time. */
export async function renewSession(): Promise<boolean> {
  const ask = async (): Promise<boolean> => {
    try {
      return (await fetch("/auth/refresh", { method: "POST", credentials: "same-origin", cache: "no-store" })).ok;
    } catch {
      return false;
    }
  };
  // Not everywhere: pages that are not served over TLS have no locks. The server bears two that ask at once.
  const { locks } = navigator as { locks?: LockManager };
  return locks === undefined ? ask() : locks.request("hookswitch-session", ask);
}
