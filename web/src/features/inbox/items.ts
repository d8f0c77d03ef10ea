// What stands in which line of the list: events, or groups of dead letters of which one is open.
import { useQuery } from "@tanstack/react-query";
import { usePagedRows } from "../../lib/paged_rows";
import type { PagedRows } from "../../lib/paged_rows";
import type { InboxEvent, Reason } from "../../lib/types";
import { deadLetterReasons, eventList } from "./api";
import { isOf } from "./filter";
import type { Filter } from "./filter";

export type Item = { event: InboxEvent } | { reason: Reason; isOpen: boolean };

export type Items = {
  /** Undefined while it is not loaded. */
  count: number | undefined;
  error: Error | null;
  retry: () => void;
  itemAt: (index: number) => Item | undefined;
  /** Of a line the row in its own list: of all events, or of the group that is open. */
  rowAt: (index: number) => number | null;
  onWindow: (first: number, last: number) => void;
};

export function idOf(item: Item | undefined): string | undefined {
  if (item === undefined) return undefined;
  return "event" in item ? item.event.id : `${item.reason.event_type} ${item.reason.error}`;
}

/** The row of the open group in a line; null where a group's own line is. */
export function rowOfGroup(index: number, open: number, rows: number): number | null {
  const row = index - open - 1;
  return open >= 0 && row >= 0 && row < rows ? row : null;
}

/** The group in a line that is none of the open group's rows. */
export function groupAt(index: number, open: number, rows: number): number {
  return open >= 0 && index > open ? index - rows : index;
}

function eventItem(rows: PagedRows<InboxEvent>, row: number): Item | undefined {
  const event = rows.rowAt(row);
  return event && { event };
}

/** The lines of a list of events. */
export function useEvents(filter: Filter): Items {
  const rows = usePagedRows(eventList(filter));
  return { ...rows, count: rows.total, itemAt: (index) => eventItem(rows, index), rowAt: (index) => index };
}

/** The lines of dead letters: a group per reason, below the one that is open its events. */
export function useGroups(filter: Filter): Items {
  const { data, error, refetch } = useQuery(deadLetterReasons);
  const reasons = data?.reasons ?? [];
  const open = reasons.findIndex((reason) => isOf(reason, filter));
  const rows = usePagedRows(open < 0 ? null : eventList(filter));
  const n = open < 0 ? 0 : (rows.total ?? reasons[open]?.count ?? 0);
  const itemAt = (index: number): Item | undefined => {
    const row = rowOfGroup(index, open, n);
    if (row !== null) return eventItem(rows, row);
    const group = groupAt(index, open, n);
    const reason = reasons[group];
    return reason && { reason, isOpen: group === open };
  };
  const inGroup = (index: number): number => Math.max(0, Math.min(n - 1, index - open - 1));
  return {
    count: data && reasons.length + n,
    error: data === undefined ? error : rows.error,
    retry: data === undefined ? () => void refetch() : rows.retry,
    itemAt,
    rowAt: (index) => rowOfGroup(index, open, n),
    onWindow: (first, last) => {
      rows.onWindow(inGroup(first), inGroup(last));
    },
  };
}
