import { queryOptions } from "@tanstack/react-query";
import { getJson, postJson, sendJson } from "../../lib/api";
import type { Connection, ConnectionCheck, ConnectionList, ConnectionSecrets, ProjectSettings, ProjectSettingsChange } from "../../lib/types";

export const connections = queryOptions({
  queryKey: ["connections"],
  queryFn: ({ signal }) => getJson<ConnectionList>("/api/connections", {}, signal),
});

/** Asked for by whoever wants to know, and kept; it takes a while. */
export const connectionCheck = queryOptions({
  queryKey: ["connection check"],
  queryFn: () => postJson<ConnectionCheck>("/api/connections/check"),
  enabled: false,
  staleTime: Infinity,
  retry: false,
});

export const projectSettings = queryOptions({
  queryKey: ["project settings"],
  queryFn: ({ signal }) => getJson<ProjectSettings>("/api/settings", {}, signal),
});

type Named = Pick<Connection, "provider" | "account">;

function pathOf({ provider, account }: Named): string {
  return `/api/connections/${encodeURIComponent(provider)}/${encodeURIComponent(account)}`;
}

export function connect({ secrets, ...named }: Named & { secrets: ConnectionSecrets }): Promise<undefined> {
  return sendJson<undefined>("PUT", pathOf(named), secrets);
}

export function disconnect(named: Named): Promise<undefined> {
  return sendJson<undefined>("DELETE", pathOf(named));
}

export function saveSettings(change: ProjectSettingsChange): Promise<ProjectSettings> {
  return sendJson<ProjectSettings>("PATCH", "/api/settings", change);
}
