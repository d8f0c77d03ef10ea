import { useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import type { ReactElement } from "react";
import { fetchRows } from "../../lib/paged_rows";
import { text } from "../../lib/text";
import type { InboxEvent, Reason } from "../../lib/types";
import { EmptyFace, FailedFace, LoadingFace } from "../../ui/faces";
import { Link } from "../../ui/link";
import { VirtualList } from "../../ui/virtual_list";
import { eventList } from "./api";
import { EventRow } from "./event_row";
import { filterOf, isOf } from "./filter";
import type { Filter } from "./filter";
import { GroupRow } from "./group_row";
import { idOf, useEvents, useGroups } from "./items";
import type { Items } from "./items";
import classes from "./list.module.css";
import { SELECT_MAX } from "./selection";
import type { Selection } from "./selection";

const ROW_HEIGHT = 64;

/** What may be done with events; null when nothing may. */
export type Deeds = {
  selection: Selection;
  replay: (events: readonly InboxEvent[]) => void;
  replayGroup: (reason: Reason) => void;
};

type ListProps = { filter: Filter; deeds: Deeds | null };

/** All events of a state, the latest first. */
export function EventList({ filter, deeds }: ListProps): ReactElement {
  return <Lines items={useEvents(filter)} filter={filter} deeds={deeds} />;
}

/** Dead letters by their reason. */
export function GroupList({ filter, deeds }: ListProps): ReactElement {
  return <Lines items={useGroups(filter)} filter={filter} deeds={deeds} />;
}

function Lines({ items, filter, deeds }: ListProps & { items: Items }): ReactElement {
  const pick = usePick(items, filter, deeds?.selection);
  if (items.error !== null) return <FailedFace error={items.error} retry={items.retry} />;
  if (items.count === undefined) return <LoadingFace rows={10} />;
  if (items.count === 0) return <Nothing filter={filter} />;

  const row = (index: number): ReactElement => {
    const item = items.itemAt(index);
    if (item === undefined) return <span className={classes.pending} aria-hidden="true" />;
    if ("reason" in item) return <GroupRow {...item} actions={deeds && groupActions(item.reason, deeds, pick.group)} />;
    const actions = deeds && {
      isPicked: deeds.selection.events.has(item.event.id),
      onPick: (withShift: boolean) => {
        pick.row(index, withShift);
      },
      onReplay: () => {
        deeds.replay([item.event]);
      },
    };
    return <EventRow event={item.event} actions={actions} />;
  };
  return (
    <VirtualList
      label={text.inbox.title}
      count={items.count}
      rowHeight={ROW_HEIGHT}
      idAt={(index) => idOf(items.itemAt(index))}
      row={row}
      onWindow={items.onWindow}
      {...(deeds !== null && { rowKeys: keysOf(items, deeds, pick) })}
    />
  );
}

type Picking = { row: (index: number, withShift: boolean) => void; group: (reason: Reason) => void };

function pickedOf(reason: Reason, { events }: Selection): InboxEvent[] {
  return [...events.values()].filter((event) => event.processing_status === "dead_letter" && isOf(reason, { reason: event.error, kind: event.event_type }));
}

function groupActions(reason: Reason, { selection, replayGroup }: Deeds, pickGroup: Picking["group"]) {
  return {
    nPicked: pickedOf(reason, selection).length,
    onPick: () => {
      pickGroup(reason);
    },
    onReplay: () => {
      replayGroup(reason);
    },
  };
}

/** `x` selects the row in focus, `r` replays what is selected, else the row. */
function keysOf(items: Items, { selection, replay, replayGroup }: Deeds, pick: Picking) {
  const itemIn = (index: number | null) => (index === null ? undefined : items.itemAt(index));
  return {
    x: (index: number | null) => {
      const item = itemIn(index);
      if (index === null || item === undefined) return;
      if ("reason" in item) pick.group(item.reason);
      else pick.row(index, false);
    },
    r: (index: number | null) => {
      const item = itemIn(index);
      if (selection.events.size > 0) replay([...selection.events.values()]);
      else if (item !== undefined && "reason" in item) replayGroup(item.reason);
      else if (item !== undefined) replay([item.event]);
    },
  };
}

/** Where a row stands that is not further away than a selection is long. */
function indexOf(items: Items, id: string | null, near: number): number | null {
  for (let by = 0; id !== null && by < SELECT_MAX; by++)
    for (const index of [near - by, near + by]) if (index >= 0 && idOf(items.itemAt(index)) === id) return index;
  return null;
}

/** Rows are selected one by one, from the last one to this one with Shift, and a group as a whole. */
function usePick(items: Items, filter: Filter, selection: Selection | undefined): Picking {
  const client = useQueryClient();
  const anchor = useRef<string | null>(null);
  // What cannot be fetched is not selected; why, the list tells, which asks for the same.
  const addRows = (of: Filter, first: number, last: number): void => {
    void fetchRows(client, eventList(of), first, last).then(selection?.add, () => undefined);
  };
  const row = (index: number, withShift: boolean): void => {
    const item = items.itemAt(index);
    if (item === undefined || "reason" in item) return;
    const from = withShift ? indexOf(items, anchor.current, index) : null;
    const ends = [from ?? index, index].map((end) => items.rowAt(end) ?? 0);
    if (from === null) selection?.toggle(item.event);
    else addRows(filter, Math.min(...ends), Math.max(...ends));
    anchor.current = item.event.id;
  };
  const group = (reason: Reason): void => {
    const picked = selection ? pickedOf(reason, selection) : [];
    const most = Math.min(reason.count, SELECT_MAX);
    if (picked.length >= most) selection?.remove(picked);
    else addRows(filterOf(reason), 0, most - 1);
  };
  return { row, group };
}

function Nothing({ filter: { state } }: { filter: Filter }): ReactElement {
  const { title, body } = text.inbox.nothing[state ?? "all"];
  return (
    <EmptyFace title={title}>
      <p>{body}</p>
      {state === null && (
        <p>
          <Link to={{ view: "start", open: null }}>{text.start.title}</Link>
        </p>
      )}
    </EmptyFace>
  );
}
