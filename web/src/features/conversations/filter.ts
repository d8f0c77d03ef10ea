// How the list of calls is narrowed: as it stands in the address, and as the API wants it.
import { useMemo } from "react";
import { usePlace } from "../../lib/location";
import type { Place } from "../../lib/location";
import { startOf } from "../../lib/zone";

export const FILTER_NAMES = ["q", "direction", "status", "missed", "recording", "unread", "from", "to"] as const;

type FilterName = (typeof FILTER_NAMES)[number];
export type Filter = Pick<Place, FilterName>;

export const NO_FILTER: Filter = { q: null, direction: null, status: null, missed: null, recording: null, unread: null, from: null, to: null };

export function isFiltered(filter: Filter): boolean {
  return FILTER_NAMES.some((name) => filter[name] !== null);
}

/** The same as parameters of the API: days become instants, and the last day is included. What is unread it does not know. */
export function filterQuery(filter: Filter): Record<string, string | undefined> {
  return {
    q: filter.q?.trim() || undefined,
    direction: filter.direction ?? undefined,
    status: filter.status ?? undefined,
    missed: filter.missed === null ? undefined : "true",
    recording: filter.recording === null ? undefined : "true",
    from: startOf(filter.from),
    to: startOf(filter.to, 1),
  };
}

export function useFilter(): Filter {
  const { q, direction, status, missed, recording, unread, from, to } = usePlace();
  return useMemo(
    () => ({ q, direction, status, missed, recording, unread, from, to }),
    [q, direction, status, missed, recording, unread, from, to],
  );
}
