// What is selected, of rows that come and go.
import { useMemo, useState } from "react";
import type { InboxEvent } from "../../lib/types";
import { mayBeReplayed } from "./filter";

/** So many may be selected; more are replayed by their reason, or all of them. */
export const SELECT_MAX = 500;

export type Selected = ReadonlyMap<string, InboxEvent>;
export type Selection = {
  events: Selected;
  toggle: (event: InboxEvent) => void;
  add: (events: readonly InboxEvent[]) => void;
  remove: (events: readonly InboxEvent[]) => void;
};

/** With these as well, as far as they may be replayed and there is room. */
export function withAll(selected: Selected, events: readonly InboxEvent[]): Selected {
  const next = new Map(selected);
  for (const event of events) if (next.size < SELECT_MAX && mayBeReplayed(event)) next.set(event.id, event);
  return next;
}

export function without(selected: Selected, events: readonly InboxEvent[]): Selected {
  const next = new Map(selected);
  for (const { id } of events) next.delete(id);
  return next;
}

export function useSelection(): Selection {
  const [events, set] = useState<Selected>(new Map());
  const change = useMemo(
    () => ({
      toggle: (event: InboxEvent) => {
        set((known) => (known.has(event.id) ? without : withAll)(known, [event]));
      },
      add: (added: readonly InboxEvent[]) => {
        set((known) => withAll(known, added));
      },
      remove: (removed: readonly InboxEvent[]) => {
        set((known) => without(known, removed));
      },
    }),
    [],
  );
  return { events, ...change };
}
