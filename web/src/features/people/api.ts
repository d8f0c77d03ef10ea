import { infiniteQueryOptions } from "@tanstack/react-query";
import { getJson, postJson, sendJson } from "../../lib/api";
import type { Grant, Invitation, UserList, UserWithLink } from "../../lib/types";

export const users = infiniteQueryOptions({
  queryKey: ["users"],
  queryFn: ({ pageParam, signal }) => getJson<UserList>("/api/users", { after: pageParam }, signal),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: ({ next_after: next }) => next ?? undefined,
});

export function invite(whom: Invitation): Promise<UserWithLink> {
  return postJson<UserWithLink>("/api/users", whom);
}

/** What is done to somebody; with it comes a link, or nothing. */
export type Deed =
  | { kind: "give"; grant: Grant }
  | { kind: "take"; role: string }
  | { kind: "disable"; disabled: boolean }
  | { kind: "signOut" }
  | { kind: "newLink" };

export function doTo(id: string, deed: Deed): Promise<UserWithLink | undefined> {
  const path = `/api/users/${id}`;
  switch (deed.kind) {
    case "give":
      return postJson<UserWithLink>(`${path}/roles`, deed.grant);
    case "take":
      return sendJson<undefined>("DELETE", `${path}/roles/${deed.role}`);
    case "disable":
      return sendJson<UserWithLink>("PATCH", path, { disabled: deed.disabled });
    case "signOut":
      return sendJson<undefined>("DELETE", `${path}/sessions`);
    case "newLink":
      return postJson<UserWithLink>(`${path}/link`);
  }
}
