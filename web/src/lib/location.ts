// Where one is, in the address: `/app/?view=inbox&call=CA…`. Reloading or sharing it keeps the place.
import { useMemo, useSyncExternalStore } from "react";

export type Place = { view: string | null; call: string | null; conversation: string | null; event: string | null };

const MOVED = "hookswitch:moved";

function subscribe(listener: () => void): () => void {
  window.addEventListener("popstate", listener);
  window.addEventListener(MOVED, listener);
  return () => {
    window.removeEventListener("popstate", listener);
    window.removeEventListener(MOVED, listener);
  };
}

function placeOf(search: string): Place {
  const params = new URLSearchParams(search);
  return {
    view: params.get("view"),
    call: params.get("call"),
    conversation: params.get("conversation"),
    event: params.get("event"),
  };
}

export function usePlace(): Place {
  const search = useSyncExternalStore(subscribe, () => window.location.search);
  return useMemo(() => placeOf(search), [search]);
}

/** The address of the present place with some of it changed. */
export function hrefTo(change: Partial<Place>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...placeOf(window.location.search), ...change }))
    if (value !== null) params.set(name, value);
  const search = params.toString();
  return search === "" ? window.location.pathname : `${window.location.pathname}?${search}`;
}

export function goTo(change: Partial<Place>): void {
  window.history.pushState(null, "", hrefTo(change));
  window.dispatchEvent(new Event(MOVED));
}
