import { infiniteQueryOptions } from "@tanstack/react-query";
import { getJson, postJson, sendJson } from "../../lib/api";
import type { ApiKeyList, ApiKeyWithSecret, NewApiKey } from "../../lib/types";

export const keys = infiniteQueryOptions({
  queryKey: ["keys"],
  queryFn: ({ pageParam, signal }) => getJson<ApiKeyList>("/api/keys", { before: pageParam }, signal),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: ({ next_before: next }) => next ?? undefined,
});

export function makeKey(wish: NewApiKey): Promise<ApiKeyWithSecret> {
  return postJson<ApiKeyWithSecret>("/api/keys", wish);
}

export function revokeKey(id: string): Promise<undefined> {
  return sendJson<undefined>("DELETE", `/api/keys/${id}`);
}
