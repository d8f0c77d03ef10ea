import { queryOptions } from "@tanstack/react-query";
import { getJson, postJson, PROVIDER_ANSWER_MS } from "../../lib/api";
import { liveRule, loadLive } from "../../lib/live";
import type { LiveRule } from "../../lib/live";
import type { FeedEvent } from "../../lib/feed_state";
import type { Call, CallComparison, CallDetail, CallReconciled } from "../../lib/types";
import { activeOf, isOlder, patchActive } from "./merge";
import type { ActiveCalls } from "./merge";

const ACTIVE = ["calls", "active"] as const;
const DETAIL = ["calls", "detail"] as const;

async function loadActive(): Promise<ActiveCalls> {
  const { calls } = await getJson<{ calls: Call[] }>("/api/calls/active");
  return activeOf(calls);
}

export const activeCalls = queryOptions({
  queryKey: ACTIVE,
  queryFn: () => loadLive(loadActive, patchActive),
});

function loadDetail(sid: string, asOf?: string): Promise<CallDetail> {
  return getJson<CallDetail>(`/api/calls/${encodeURIComponent(sid)}`, { as_of: asOf });
}

function patchDetail(data: CallDetail, { call }: FeedEvent): CallDetail {
  const put = (known: Call): Call =>
    known.twilio_sid === call.twilio_sid && !isOlder(call, known) ? call : known;
  return { ...data, call: put(data.call), legs: data.legs.map(put) };
}

/** The call that is asked for has come: nobody knew of it before. */
function brings(key: readonly unknown[], { call }: FeedEvent): boolean {
  return key[2] === call.twilio_sid;
}

/** The call as it is now, or as it was after an event of its log; that never changes. */
export function callDetail(sid: string, asOf: string | null) {
  const queryKey = [...DETAIL, sid];
  return asOf === null
    ? queryOptions({ queryKey, queryFn: () => loadLive(() => loadDetail(sid), patchDetail, (event) => brings(queryKey, event)) })
    : queryOptions({ queryKey: ["calls", "past", sid, asOf], queryFn: () => loadDetail(sid, asOf) });
}

function syncPath(sid: string): string {
  return `/api/sync/call/${encodeURIComponent(sid)}`;
}

/** What the provider says of a call, beside what we believe: asked for by whoever wants to know. */
export function comparison(sid: string) {
  return queryOptions({
    queryKey: ["calls", "comparison", sid],
    queryFn: () => getJson<CallComparison>(syncPath(sid), {}, undefined, PROVIDER_ANSWER_MS),
    enabled: false,
    staleTime: Infinity,
    retry: false,
  });
}

export function reconcileCall(sid: string): Promise<CallReconciled> {
  return postJson<CallReconciled>(syncPath(sid));
}

/** The log of an open call is asked for again when something happens; the snapshot is patched at once. */
export const callRules: LiveRule[] = [liveRule(ACTIVE, patchActive), liveRule(DETAIL, patchDetail, 400, brings)];
