import { queryOptions } from "@tanstack/react-query";
import { getJson, postJson, sendJson } from "../../lib/api";
import type { PasswordChange, SessionList } from "../../lib/types";

export const sessions = queryOptions({
  queryKey: ["sessions"],
  queryFn: async ({ signal }) => (await getJson<SessionList>("/api/me/sessions", {}, signal)).sessions,
});

export function changePassword(change: PasswordChange): Promise<undefined> {
  return postJson<undefined>("/api/me/password", change);
}

/** One of them, or all but this one. */
export function endSessions(id: string | null): Promise<undefined> {
  return sendJson<undefined>("DELETE", id === null ? "/api/me/sessions" : `/api/me/sessions/${encodeURIComponent(id)}`);
}
