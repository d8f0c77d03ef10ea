// How far runs of jobs are, as the server tells it. While it does, the list of jobs is hardly asked for.
import { useQueryClient } from "@tanstack/react-query";
import type { QueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Refetch, tell } from "../../lib/live";
import { listenTo } from "../../lib/topic_stream";
import type { JobList, JobRun, StreamProgress } from "../../lib/types";
import { RUNS, isUnderWay, jobs } from "./api";

const REFETCH_MS = 200;

type Told = { onRuns: (runs: readonly JobRun[]) => void; onLive: (live: boolean) => void };

/** Returns what ends it. */
export function listenToProgress({ onRuns, onLive }: Told): () => void {
  return listenTo("job.progress", {
    onLive,
    onMessage: (message) => {
      if (message.type === "job.progress") onRuns((message as StreamProgress).runs);
    },
  });
}

/** The list with these runs in it, and whether there is more to ask for: a run that ended has left a plan, or an error. */
export function withRuns(list: JobList, runs: readonly JobRun[]): { list: JobList; asks: boolean } {
  let asks = false;
  const taken = list.jobs.map((job) => {
    const run = runs.find((told) => told.job === job.name);
    if (run === undefined) return job;
    asks ||= !isUnderWay(run) && (run.id !== job.latest?.id || run.state !== job.latest.state);
    return { ...job, latest: run };
  });
  return { list: { ...list, jobs: taken }, asks };
}

/** What takes what is told. An answer that is under way may be older: it is waited for, and asked for once more. */
export function taking(client: QueryClient): (runs: readonly JobRun[]) => void {
  const { queryKey } = jobs;
  const list = new Refetch(client, queryKey);
  const history = new Refetch(client, RUNS);
  return (runs) => {
    const query = client.getQueryCache().find({ queryKey });
    const known = client.getQueryData(queryKey);
    const { list: told, asks } = known === undefined ? { asks: false } : withRuns(known, runs);
    if (query !== undefined && told !== undefined) tell(query, told);
    if (asks || client.isFetching({ queryKey }) > 0) list.soon(REFETCH_MS);
    if (asks) history.soon(REFETCH_MS);
  };
}

/** Whether the server tells, as long as this is shown. */
export function useProgress(): boolean {
  const client = useQueryClient();
  const [live, setLive] = useState(false);
  useEffect(() => listenToProgress({ onLive: setLive, onRuns: taking(client) }), [client]);
  return live;
}
