import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { getJson, getJsonOf, postJson, sendJson } from "../../lib/api";
import type { Drift, FlagList, JobList, JobRun, JobRunList, NodeList, Pipeline, SyncHealth } from "../../lib/types";
import { sent } from "./flag_values";
import type { Wish } from "./flag_values";

const ASK_EVERY_MS = 2_000;
const ASK_IDLE_MS = 10_000;
const DOWN = 503; // answered in the same shape

/** How things flow. The feed tells nothing of it, so it is asked for, as long as somebody looks. */
export const syncHealth = queryOptions({
  queryKey: ["health", "sync"],
  queryFn: ({ signal }) => getJsonOf<SyncHealth>("/api/health/sync", [200, DOWN], signal),
  refetchInterval: ASK_EVERY_MS,
  staleTime: 0,
  retry: false,
});

export const pipeline = queryOptions({
  queryKey: ["pipeline"],
  queryFn: ({ signal }) => getJson<Pipeline>("/api/pipeline", {}, signal),
  refetchInterval: ASK_EVERY_MS,
  staleTime: 0,
  retry: false,
});

export const nodes = queryOptions({
  queryKey: ["nodes"],
  queryFn: ({ signal }) => getJson<NodeList>("/api/nodes", {}, signal),
  refetchInterval: ASK_IDLE_MS / 2,
  staleTime: 0,
});

export function isUnderWay(run: JobRun | null): boolean {
  return run !== null && (run.state === "waiting" || run.state === "running");
}

/** While nobody tells of jobs (`progress.ts`) they are asked for, more often while one is under way. */
export const jobs = queryOptions({
  queryKey: ["jobs"],
  queryFn: ({ signal }) => getJson<JobList>("/api/jobs", {}, signal),
  refetchInterval: ({ state }) => (state.data?.jobs.some(({ latest }) => isUnderWay(latest)) ? ASK_EVERY_MS / 2 : ASK_IDLE_MS),
  staleTime: 0,
});

/** What is not told: which are switched on, and a plan that was changed. */
export const JOBS_TOLD_EVERY_MS = 60_000;

export const flags = queryOptions({
  queryKey: ["flags"],
  queryFn: ({ signal }) => getJson<FlagList>("/api/flags", {}, signal),
  refetchInterval: ASK_IDLE_MS,
  staleTime: 0,
});

export function setFlag(wish: Wish): Promise<FlagList> {
  const path = wish.scope === "project" ? "/api/flags" : "/api/flags/installation";
  return sendJson<FlagList>("PATCH", path, { [wish.flag.name]: sent(wish) });
}

/** The histories of all jobs. */
export const RUNS = ["runs"] as const;

export const jobRuns = (name: string) =>
  infiniteQueryOptions({
    queryKey: [...RUNS, name],
    queryFn: ({ pageParam, signal }) => getJson<JobRunList>(`/api/jobs/${name}/runs`, { before: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_before: next }) => next ?? undefined,
    staleTime: 0,
  });

export const drift = queryOptions({
  queryKey: ["drift"],
  queryFn: ({ signal }) => getJson<Drift>("/api/sync/drift", {}, signal),
  refetchInterval: 6 * ASK_IDLE_MS,
});

export function runJob(name: string): Promise<JobRun> {
  return postJson<JobRun>(`/api/jobs/${name}/runs`);
}
