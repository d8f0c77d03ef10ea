// Which events are shown, as it stands in the address: those of a state, and among dead letters one reason.
import { useMemo } from "react";
import { usePlace } from "../../lib/location";
import type { Place } from "../../lib/location";
import type { InboxEvent, ProcessingStatus, Reason } from "../../lib/types";

export const STATES = ["pending", "failed", "dead_letter"] as const;
export type State = (typeof STATES)[number];

/** `reason` and `kind` go together: they name the group of dead letters that is open. */
export type Filter = { state: State | null; reason: string | null; kind: string | null };

export function stateOf(word: string | null): State | null {
  return STATES.find((state) => state === word) ?? null;
}

export function useFilter(): Filter {
  const { state, reason, kind } = usePlace();
  return useMemo(() => ({ state: stateOf(state), reason, kind }), [state, reason, kind]);
}

/** The events of one group of dead letters. */
export function filterOf({ error, event_type }: Reason): Filter {
  return { state: "dead_letter", reason: error, kind: event_type };
}

export function isOf({ error, event_type }: Reason, { reason, kind }: Pick<Filter, "reason" | "kind">): boolean {
  return error === reason && event_type === kind;
}

/** Where a group is open; where it is closed again. */
export function placeOfReason(reason: Reason, isOpen: boolean): Partial<Place> {
  return isOpen ? { reason: null, kind: null } : { reason: reason.error, kind: reason.event_type };
}

const REPLAYABLE: readonly ProcessingStatus[] = ["dead_letter", "failed"];

/** Whether there is something to be replayed: what was applied stays as it is, what waits is on its way. */
export function mayBeReplayed(event: Pick<InboxEvent, "processing_status">): boolean {
  return REPLAYABLE.includes(event.processing_status);
}
