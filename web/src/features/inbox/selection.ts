// What is selected, of rows that come and go. It stands in the address: a reload keeps it, and so does the way back.
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { adjustTo, placeNow, usePlace } from "../../lib/location";
import type { InboxEvent } from "../../lib/types";
import { pickedEvents } from "./api";
import { mayBeReplayed } from "./filter";
import { readIds, writeIds } from "./picked";

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
export function withAll(ids: readonly string[], events: readonly InboxEvent[]): string[] {
  const next = new Set(ids);
  for (const event of events) if (next.size < SELECT_MAX && mayBeReplayed(event)) next.add(event.id);
  return [...next];
}

export function without(ids: readonly string[], events: readonly InboxEvent[]): string[] {
  const gone = new Set(events.map(({ id }) => id));
  return ids.filter((id) => !gone.has(id));
}

function idsNow(): string[] {
  return readIds(placeNow().picked, SELECT_MAX);
}

/** No step to go back to: who goes back leaves the inbox, or closes what is open over it. */
function keep(ids: readonly string[]): void {
  adjustTo({ picked: writeIds(ids) });
}

/** What the ids of the address are: rows that were seen, and those that a reload or a link has named. */
function useEvents(picked: string | null, seen: Selected): Selected {
  const ids = useMemo(() => readIds(picked, SELECT_MAX), [picked]);
  const { data } = useQuery(pickedEvents(ids.filter((id) => !seen.has(id))));
  return useMemo(() => {
    const found = new Map(data?.map((event) => [event.id, event]));
    const events = ids.flatMap((id) => seen.get(id) ?? found.get(id) ?? []);
    return new Map(events.filter(mayBeReplayed).map((event) => [event.id, event]));
  }, [ids, seen, data]);
}

export function useSelection(): Selection {
  const { picked } = usePlace();
  const [seen, see] = useState<Selected>(new Map());
  const change = useMemo(() => {
    const add = (events: readonly InboxEvent[]): void => {
      see((known) => new Map([...known, ...events.map((event) => [event.id, event] as const)]));
      keep(withAll(idsNow(), events));
    };
    const remove = (events: readonly InboxEvent[]): void => {
      // Who goes back to them finds what has become of them since.
      see((known) => new Map([...known].filter(([id]) => !events.some((event) => event.id === id))));
      keep(without(idsNow(), events));
    };
    const toggle = (event: InboxEvent): void => {
      if (idsNow().includes(event.id)) remove([event]);
      else add([event]);
    };
    return { add, remove, toggle };
  }, []);
  return { events: useEvents(picked, seen), ...change };
}
