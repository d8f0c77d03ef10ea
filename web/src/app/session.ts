// Whether the session still holds. Any answer may tell that it does not.
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { ApiError, isSignedOut } from "../lib/api";
import { me } from "../lib/me";

const RETRY_MS = 500;

let signedOut = false;
const listeners = new Set<() => void>();

export function endSession(): void {
  signedOut = true;
  for (const listener of listeners) listener();
}

export function useSignedOut(): boolean {
  const subscribe = (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return useSyncExternalStore(subscribe, () => signedOut);
}

function onError(error: unknown): void {
  if (isSignedOut(error)) endSession();
}

/** Once more, what may go well the next time and has kept nobody waiting: who looks is to see soon that it failed. */
function retry(failures: number, error: Error): boolean {
  if (failures > 0 || !(error instanceof ApiError)) return false;
  const isRefused = error.status >= 400 && error.status < 500;
  return !isRefused && error.isSoon;
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: { networkMode: "always", staleTime: 30_000, refetchOnWindowFocus: false, retry, retryDelay: RETRY_MS },
      mutations: { networkMode: "always" },
    },
  });
}

/** May this server push? When it cannot say, trying is the way to find out. */
export async function pushAllowed(client: QueryClient): Promise<boolean> {
  try {
    return (await client.query(me)).features.realtime_push;
  } catch (error) {
    if (isSignedOut(error)) throw error;
    return true;
  }
}
