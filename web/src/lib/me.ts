// Who is signed in, for which project, and what they may do.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import type { UseMutationResult } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import { getJson, sendJson } from "./api";
import type { Me, OwnSettings, Project, ProjectList, Right } from "./types";

const ME_FRESH_MS = 60_000;

export const me = queryOptions({
  queryKey: ["me"],
  queryFn: () => getJson<Me>("/api/me"),
  staleTime: ME_FRESH_MS,
});

async function allProjects(signal: AbortSignal): Promise<Project[]> {
  const found: Project[] = [];
  let after: string | undefined;
  do {
    const page: ProjectList = await getJson<ProjectList>("/projects", { after }, signal);
    found.push(...page.projects);
    after = page.next_after ?? undefined;
  } while (after !== undefined);
  return found;
}

/** Where one may go. */
export const projects = queryOptions({
  queryKey: ["me", "projects"],
  queryFn: ({ signal }) => allProjects(signal),
  staleTime: ME_FRESH_MS,
});

/** The rights of who is signed in. What they do not cover is not offered; the server refuses it anyway. */
export const Rights = createContext<readonly Right[]>([]);

export function useMay(right: Right): boolean {
  return useContext(Rights).includes(right);
}

/** Changes what is kept with the account. */
export function useSaveMe(): UseMutationResult<Me, Error, OwnSettings> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: OwnSettings) => sendJson<Me>("PATCH", "/api/me", change),
    onSuccess: (now) => {
      client.setQueryData(me.queryKey, now);
    },
  });
}
