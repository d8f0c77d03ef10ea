// What the palette offers for what was typed.
import type { Place } from "../lib/location";
import type { Offer } from "../lib/offers";
import { palette } from "../lib/palette_words";
import type { Conversation } from "../lib/types";

export type Item = { key: string; label: string; hint: string; act: () => void };

/** A place of the page that has a name. */
export type Room = { label: string; place: Partial<Place> };

/** What items do is handed in. */
export type Acts = { go: (place: Partial<Place>) => void; others: readonly Offer[] };

/** What is known of a SID: `sid` when a whole one was typed, whether it may be a call (without one: whether calls may be seen), an event that names it. */
export type Sought = { sid: string | null; mayBeCall: boolean; event: string | null };

/** What there is for the words that were typed. */
export type Found = { contacts: readonly Conversation[]; sought: Sought };

/** Two letters and what has a digit in it; a word is none. */
const SID = /^[A-Z]{2}(?=[a-z]*\d)[0-9a-z]+$/i;

/** Kinds of Twilio's things that have a room of their own. */
const ROOM_OF: Readonly<Record<string, Partial<Place>>> = {
  AC: { view: "settings", open: "connections" },
  PN: { view: "settings", open: "connections" },
};

/** Every word of it stands there. */
function has(label: string, q: string): boolean {
  const name = label.toLowerCase();
  return q.toLowerCase().split(/\s+/).every((word) => name.includes(word));
}

function roomOf(sid: string): Partial<Place> | undefined {
  return ROOM_OF[sid.slice(0, 2).toUpperCase()];
}

/** Has the kind of it a room, also if it is not for everybody? */
export function hasRoom(sid: string): boolean {
  return roomOf(sid) !== undefined;
}

function placeOfKind(q: string, rooms: readonly Room[]): Room | undefined {
  const place = roomOf(q);
  return place && rooms.find((room) => room.place.view === place.view && room.place.open === place.open);
}

/** Contacts first, then what has the SID, places, actions, and last the search itself. */
export function paletteItems(q: string, { contacts, sought }: Found, rooms: readonly Room[], acts: Acts): Item[] {
  const to = (key: string, label: string, hint: string, place: Partial<Place>): Item => ({
    key,
    label,
    hint,
    act: () => {
      acts.go(place);
    },
  });
  const people = contacts.map(({ id, contact }) =>
    to(`conversation ${id}`, contact.display_name, palette.contact, { view: "calls", open: id }),
  );
  const isSid = sought.sid !== null || (SID.test(q) && q.length > 4);
  const sid = sought.sid ?? q;
  const ofKind = isSid ? placeOfKind(q, rooms) : undefined;
  const calls = isSid && ofKind === undefined && sought.mayBeCall ? [to("call", palette.call(sid), "", { view: "call", open: sid })] : [];
  const events = sought.event === null ? [] : [to("event", palette.event(sid), palette.webhook, { view: "inbox", open: null, event: sought.event })];
  const kinds = ofKind === undefined ? [] : [to("kind", palette.view(ofKind.label), sid, ofKind.place)];
  const views = rooms.map(({ label, place }) => to(`view ${label}`, palette.view(label), "", place));
  const actions = acts.others.map(({ label, act }) => ({ key: label, label, hint: palette.action, act }));
  const search = q === "" || sought.sid !== null || !sought.mayBeCall ? [] : [to("search", palette.search(q), "", { view: "calls", open: null, q })];
  return [...people, ...calls, ...events, ...kinds, ...[...views, ...actions].filter(({ label }) => has(label, q)), ...search];
}
