import { infiniteQueryOptions } from "@tanstack/react-query";
import { getJson } from "../../lib/api";
import type { AuditList } from "../../lib/types";
import type { Place } from "../../lib/location";
import { startOf } from "../../lib/zone";

export const LOG = ["audit"];

export type Filter = Pick<Place, "action" | "actor" | "entity" | "of_project" | "from" | "to">;

/** Days become instants, and the last day is included. */
export function auditLog({ action, actor, entity, of_project, from, to }: Filter) {
  const narrowed = {
    action: action ?? undefined,
    actor: actor?.trim() || undefined,
    entity: entity ?? undefined,
    of_project: of_project ?? undefined,
    from: startOf(from),
    to: startOf(to, 1),
  };
  return infiniteQueryOptions({
    queryKey: [...LOG, narrowed],
    queryFn: ({ pageParam, signal }) => getJson<AuditList>("/api/audit", { ...narrowed, before: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_before: next }) => next ?? undefined,
    staleTime: 0,
  });
}
