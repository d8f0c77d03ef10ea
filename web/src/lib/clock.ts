// One tick per second for everything on the page that counts, by the server's clock.
import { useSyncExternalStore } from "react";

let offset = 0;
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function tick(): void {
  now = serverNow();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The server's time in milliseconds, as far as it has told. */
export function serverNow(): number {
  return serverTimeOf(Date.now());
}

/** The same of a time by the clock of this machine. */
export function serverTimeOf(local: number): number {
  return local + offset;
}

/** The server said what time it is. */
export function setServerTime(serverTime: string): void {
  const server = Date.parse(serverTime);
  if (!Number.isNaN(server)) offset = server - Date.now();
}

/** The same, anew every second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}
