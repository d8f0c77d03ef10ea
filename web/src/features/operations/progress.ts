// How far runs of jobs are, as the server tells it. While it does, the list of jobs is hardly asked for.
import { useQueryClient } from "@tanstack/react-query";
import type { QueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { withQuery } from "../../lib/api";
import { projectId } from "../../lib/project";
import type { JobList, JobRun, StreamProgress } from "../../lib/types";
import { isUnderWay, jobs } from "./api";

/** The server sends a keepalive every 30 s; a stream that is silent for longer is dead. */
const SILENCE_MS = 45_000;
const AGAIN_MS = 5_000;

type Told = { onRuns: (runs: readonly JobRun[]) => void; onLive: (live: boolean) => void };

/** Listens, and comes back where it is cut off; returns what ends it. */
export function listenToProgress({ onRuns, onLive }: Told): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const lost = (): void => {
    clearTimeout(timer);
    source?.close();
    onLive(false);
    timer = setTimeout(open, AGAIN_MS);
  };
  const open = (): void => {
    source = new EventSource(withQuery("/realtime/stream", { topics: "job.progress", project_id: projectId() ?? undefined }));
    source.onerror = lost;
    source.onmessage = ({ data }: MessageEvent<string>) => {
      const message = JSON.parse(data) as { type: string };
      clearTimeout(timer);
      timer = setTimeout(lost, SILENCE_MS);
      if (message.type === "feed.connected") onLive(true);
      if (message.type === "feed.ended") lost();
      if (message.type === "job.progress") onRuns((message as StreamProgress).runs);
    };
  };
  open();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
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

/** An answer that is under way may be older than what was told: it is asked for anew. */
function take(client: QueryClient, runs: readonly JobRun[]): void {
  const { queryKey } = jobs;
  const known = client.getQueryData(queryKey);
  const { list, asks } = known === undefined ? { asks: true } : withRuns(known, runs);
  if (list !== undefined) client.setQueryData(queryKey, list);
  if (asks || client.isFetching({ queryKey, exact: true }) > 0) void client.invalidateQueries({ queryKey });
}

/** Whether the server tells, as long as this is shown. */
export function useProgress(): boolean {
  const client = useQueryClient();
  const [live, setLive] = useState(false);
  useEffect(
    () =>
      listenToProgress({
        onLive: setLive,
        onRuns: (runs) => {
          take(client, runs);
        },
      }),
    [client],
  );
  return live;
}
