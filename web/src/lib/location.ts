/*
 * Where one is, in the address: `/app/calls/42?missed=true&call=CA…`. The path names the view and what is
 * open in it, the query how it is filtered and what is looked at beside it. Reloading or sharing the
 * address keeps the place. Who has several projects finds the page's project there as well: it stays
 * wherever one goes.
 */
import { useMemo, useSyncExternalStore } from "react";

export const ROOT = "/app/";
const QUERY = ["q", "direction", "status", "missed", "recording", "unread", "from", "to", "state", "reason", "kind", "action", "actor", "entity", "of_project", "page", "call", "as_of", "event", "runs", "scope", "person", "picked", "sheet", "project"] as const;

type Name = "view" | "open" | (typeof QUERY)[number];
export type Place = Record<Name, string | null>;

const MOVED = "hookswitch:moved";

function subscribe(listener: () => void): () => void {
  window.addEventListener("popstate", listener);
  window.addEventListener(MOVED, listener);
  return () => {
    window.removeEventListener("popstate", listener);
    window.removeEventListener(MOVED, listener);
  };
}

/** A part of a path as it was meant; as it stands, when it was not escaped well. */
function decoded(part: string | undefined): string | null {
  if (part === undefined || part === "") return null;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function placeOf(href: string): Place {
  const [path = "", search = ""] = href.split("?", 2);
  const [view, open] = path.slice(ROOT.length).split("/");
  const params = new URLSearchParams(search);
  const query = Object.fromEntries(QUERY.map((name) => [name, params.get(name)])) as Place;
  return { ...query, view: decoded(view), open: decoded(open) };
}

export function hrefOf(place: Place): string {
  const parts = [place.view, place.view === null ? null : place.open].filter((part) => part !== null);
  const params = new URLSearchParams();
  for (const name of QUERY) if (place[name] !== null) params.set(name, place[name]);
  const search = params.size === 0 ? "" : `?${params.toString()}`;
  return ROOT + parts.map(encodeURIComponent).join("/") + search;
}

/** An address as it was at first, `/app/?view=inbox&event=7`, as it is today; null for every other. */
export function todaysHref(href: string): string | null {
  const [path, search = ""] = href.split("?", 2);
  const params = new URLSearchParams(search);
  const conversation = params.get("conversation");
  if (path !== ROOT || (!params.has("view") && conversation === null)) return null;
  const place = placeOf(href);
  const room = conversation === null ? { view: params.get("view") || null } : { view: "calls", open: conversation };
  return hrefOf({ ...place, ...room });
}

/**
 * A place with some of it changed. Going to another view leaves everything of this one behind but the project; to open
 * something else, the page of what was open and the sheet over it.
 */
export function moved(from: Place, change: Partial<Place>): Place {
  const stays = change.view === undefined || change.view === from.view;
  const opensOther = change.open !== undefined && change.open !== from.open;
  return { ...(stays ? from : { ...placeOf(ROOT), project: from.project }), ...(opensOther && { page: null, sheet: null }), ...change };
}

function hrefNow(): string {
  return window.location.pathname + window.location.search;
}

/** Where one is, for what is no component. */
export function placeNow(): Place {
  return placeOf(hrefNow());
}

const WELCOME = "/app/welcome";

/**
 * The secret of the link by which somebody came in, if they came by one. It is taken out of the address and of
 * the history at once; null: there was none in it.
 */
export function takeLinkToken(): { token: string | null } | null {
  if (window.location.pathname !== WELCOME) return null;
  const token = window.location.hash.slice(1);
  window.history.replaceState(null, "", WELCOME);
  return { token: token === "" ? null : token };
}

/** Who comes by an address of old is led on, without a step to go back to. */
export function leadOn(): void {
  const today = todaysHref(hrefNow());
  if (today !== null) window.history.replaceState(null, "", today);
}

export function usePlace(): Place {
  const href = useSyncExternalStore(subscribe, hrefNow);
  return useMemo(() => placeOf(href), [href]);
}

/** The address of the present place with some of it changed. */
export function hrefTo(change: Partial<Place>): string {
  return hrefOf(moved(placeOf(hrefNow()), change));
}

export function goTo(change: Partial<Place>): void {
  window.history.pushState(null, "", hrefTo(change));
  window.dispatchEvent(new Event(MOVED));
}

/** The same without a step to go back to: for what changes with every key. */
export function adjustTo(change: Partial<Place>): void {
  window.history.replaceState(null, "", hrefTo(change));
  window.dispatchEvent(new Event(MOVED));
}
