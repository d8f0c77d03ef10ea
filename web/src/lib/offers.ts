// What can be done where one is, told to the palette by whoever shows it.
import { useEffect, useRef } from "react";
import type { RefObject } from "react";

export type Offer = { label: string; act: () => void };

const offers = new Set<RefObject<Offer | null>>();

/** Offers it as long as it is shown; null: not now. */
export function useOffer(offer: Offer | null): void {
  const current = useRef(offer);
  useEffect(() => {
    current.current = offer;
  });
  useEffect(() => {
    offers.add(current);
    return () => {
      offers.delete(current);
    };
  }, []);
}

export function offersNow(): Offer[] {
  return [...offers].flatMap(({ current }) => current ?? []);
}
