// A PostgreSQL server of the tests: fresh databases, and clusters that a test may stop and start.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const CLUSTER = resolve(import.meta.dirname, "../../tools/pg_cluster.sh");

/** Runs SQL by the server's own client; gives what it prints, unaligned. */
export async function psql(url: string, sql: string): Promise<string> {
  const { stdout } = await run("psql", ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql, url]);
  return stdout.trim();
}

/** The URL of a new, empty database beside the one that is named. */
export async function createDatabase(url: string): Promise<string> {
  const name = `t_${randomBytes(6).toString("hex")}`;
  await psql(url, `CREATE DATABASE ${name}`);
  const of = new URL(url);
  of.pathname = `/${name}`;
  return of.toString();
}

export type Cluster = {
  url: string;
  start: () => Promise<void>;
  stop: () => Promise<void>;
  /** As a power cut. */
  kill: () => Promise<void>;
  remove: () => Promise<void>;
};

/** A server of this test alone. */
export async function startCluster(): Promise<Cluster> {
  const directory = await mkdtemp(join(tmpdir(), "hookswitch-pg-"));
  const tool = async (verb: string): Promise<string> => (await run(CLUSTER, [verb, directory])).stdout.trim();
  const url = (await tool("start")).split("\n").at(-1) ?? "";
  const only = (verb: string) => async (): Promise<void> => {
    await tool(verb);
  };
  return { url, start: only("start"), stop: only("stop"), kill: only("kill"), remove: only("remove") };
}
