// Jobs, as who asks for them sees them.
import assert from "node:assert/strict";
import { ask } from "./api.ts";
import { API_KEY, type Server } from "./server.ts";
import { until } from "./wait.ts";

export type Run = {
  id: string;
  job: string;
  state: "waiting" | "running" | "succeeded" | "failed";
  asked_through: string;
  asked_by: string | null;
  ended_at: string | null;
  done: number;
  total: number;
  counts: Record<string, number>;
  error: string | null;
};
export type Job = { name: string; schedule: string; enabled: boolean; offered: boolean; next_run_at: string | null; failures: number; latest: Run | null };

const over = (run: Run): boolean => run.state === "succeeded" || run.state === "failed";

async function read<T>(server: Server, path: string, key: string, project?: string): Promise<T> {
  const { status, body } = await ask<T>(server, path, { key, ...(project !== undefined && { headers: { "X-Project-Id": project } }) });
  assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`);
  return body;
}

export async function jobs(server: Server, key = API_KEY, project?: string): Promise<Job[]> {
  return (await read<{ jobs: Job[] }>(server, "/api/jobs", key, project)).jobs;
}

/** Waits until no run of the job is under way. */
export function idle(server: Server, name: string, key = API_KEY, project?: string): Promise<Job> {
  return until(`${name} is idle`, async () => {
    const job = (await jobs(server, key, project)).find((j) => j.name === name);
    return job && (job.latest === null || over(job.latest)) ? job : undefined;
  });
}

/** Asks for a run. */
export async function start(server: Server, name: string): Promise<Run> {
  const { status, body } = await ask<Run>(server, `/api/jobs/${name}/runs`, { method: "POST" });
  assert.equal(status, 202, JSON.stringify(body));
  return body;
}

/** The run when it is over. */
export function ended(server: Server, { job, id }: Run): Promise<Run> {
  return until(`${job} has ended`, async () => {
    const run = await read<Run>(server, `/api/jobs/${job}/runs/${id}`, API_KEY);
    return over(run) ? run : undefined;
  });
}
