// What the palette offers for what was typed.
import type { Place } from "../lib/location";
import { text } from "../lib/text";
import type { Conversation } from "../lib/types";

export type Item = { key: string; label: string; hint: string; act: () => void };

/** A place of the page that has a name. */
export type Room = { label: string; place: Partial<Place> };

/** What items do is handed in. */
export type Acts = { go: (place: Partial<Place>) => void; others: { label: string; act: () => void }[] };

/** Two letters and what has a digit in it; a word is none. */
const SID = /^[A-Z]{2}(?=[a-z]*\d)[0-9a-z]+$/i;

function has(label: string, q: string): boolean {
  return label.toLowerCase().includes(q.toLowerCase());
}

/** Contacts first, then a call by its SID, places, actions, and last the search itself. */
export function paletteItems(q: string, found: readonly Conversation[], rooms: readonly Room[], acts: Acts): Item[] {
  const to = (key: string, label: string, hint: string, place: Partial<Place>): Item => ({
    key,
    label,
    hint,
    act: () => {
      acts.go(place);
    },
  });
  const contacts = found.map(({ id, contact }) =>
    to(`conversation ${id}`, contact.display_name, text.palette.contact, { view: "calls", open: id }),
  );
  const calls = SID.test(q) && q.length > 4 ? [to("call", text.palette.call(q), "", { view: "call", open: q })] : [];
  const views = rooms.map(({ label, place }) => to(`view ${label}`, text.palette.view(label), "", place));
  const actions = acts.others.map(({ label, act }) => ({ key: label, label, hint: text.palette.action, act }));
  const search = q === "" ? [] : [to("search", text.palette.search(q), "", { view: "calls", open: null, q })];
  return [...contacts, ...calls, ...[...views, ...actions].filter(({ label }) => has(label, q)), ...search];
}
