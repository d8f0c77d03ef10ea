// Whether the feed vouches for what is shown. Numbers ask here, so that none pretends to be newer than it is.
import { createContext, useContext } from "react";
import { useNow } from "./clock";

/** The time until which what is shown is vouched for (by the feed, or by the answers that `Polled` watches); null is now. */
export const StaleSince = createContext<number | null>(null);

export function useStaleSince(): number | null {
  return useContext(StaleSince);
}

/** The server's time, anew every second; it stands still while nothing is vouched for. */
export function useVouchedNow(): number {
  const now = useNow();
  return useStaleSince() ?? now;
}
