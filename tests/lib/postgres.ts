// A PostgreSQL server of the tests: fresh databases, clusters that a test may stop, start, pause and
// copy, and sessions of other people that are in the way.
import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { until } from "./wait.ts";

const run = promisify(execFile);
const CLUSTER = resolve(import.meta.dirname, "../../tools/pg_cluster.sh");
const QUIET = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"];
/** Row-level security shows its owner nothing of a table before it is told for whom. */
const OF_EVERYBODY = { ...process.env, PGOPTIONS: "-c hookswitch.scope={(,)}" };

/** Runs SQL by the server's own client, each text by itself; gives what it prints, unaligned. */
export async function psql(url: string, ...sql: string[]): Promise<string> {
  const { stdout } = await run("psql", [...QUIET, ...sql.flatMap((text) => ["-c", text]), url], { env: OF_EVERYBODY });
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

/** The same place with another user, host or port. */
export function urlWith(url: string, change: Partial<Pick<URL, "username" | "hostname" | "port">>): string {
  return Object.assign(new URL(url), change).toString();
}

export type Cluster = {
  url: string;
  /** The same database, for a superuser. */
  superuser: string;
  /** Where its files are. */
  directory: string;
  start: () => Promise<void>;
  stop: () => Promise<void>;
  /** As an upgrade does: stopped in an orderly way while others work, and started again. */
  restart: () => Promise<void>;
  /** As a power cut. */
  kill: () => Promise<void>;
  /** SIGSTOP to all of its processes: connections stay open and nothing answers. */
  pause: () => Promise<void>;
  resume: () => Promise<void>;
  /** A hot standby of it, which follows it. */
  standby: () => Promise<Cluster>;
  /** Of a standby: it is a primary from now on. */
  promote: () => Promise<void>;
  /** Its settings from now on. */
  set: (settings: Record<string, string>) => Promise<void>;
  remove: () => Promise<void>;
};

async function clusterIn(directory: string, making: string[], removed: () => Promise<void>): Promise<Cluster> {
  const tool = async (verb: string, ...more: string[]): Promise<string> => (await run(CLUSTER, [verb, directory, ...more])).stdout.trim();
  const url = (await tool(...(making as [string, ...string[]]))).split("\n").at(-1) ?? "";
  const superuser = urlWith(url, { username: "postgres" });
  const only = (verb: string) => async (): Promise<void> => {
    await tool(verb);
  };
  return {
    url,
    superuser,
    directory,
    start: only("start"),
    stop: only("stop"),
    restart: only("restart"),
    kill: only("kill"),
    pause: only("pause"),
    resume: only("resume"),
    promote: only("promote"),
    standby: async () => {
      const copy = await mkdtemp(join(tmpdir(), "hookswitch-pg-"));
      return clusterIn(copy, ["standby", directory], () => Promise.resolve());
    },
    set: async (settings) => {
      const lines = Object.entries(settings).map(([name, value]) => `ALTER SYSTEM SET ${name} = '${value}'`);
      await psql(superuser, ...lines, "SELECT pg_reload_conf()");
    },
    remove: async () => {
      await tool("remove");
      await removed();
    },
  };
}

/** A server of this test alone; with `disk`, on a disk of that size ("200m"), which takes root. */
export async function startCluster({ disk }: { disk?: string } = {}): Promise<Cluster> {
  const directory = await mkdtemp(join(tmpdir(), "hookswitch-pg-"));
  if (disk === undefined) return clusterIn(directory, ["start"], () => Promise.resolve());
  await run("mount", ["-t", "tmpfs", "-o", `size=${disk},mode=755`, "tmpfs", directory]);
  const inside = join(directory, "cluster");
  await mkdir(inside);
  return clusterIn(inside, ["start"], async () => {
    await run("umount", [directory]);
    await rm(directory, { recursive: true });
  });
}

/** Ends sessions of the database whose application has such a name; how many there were. */
export async function terminate(cluster: Cluster, name: string): Promise<number> {
  const killed = await psql(
    cluster.superuser,
    `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
      WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND application_name LIKE '${name}'`,
  );
  return Number(killed);
}

/** Somebody else who is connected: what it begins stays open until it says otherwise, or is gone. */
export class Session {
  readonly #psql: ChildProcessWithoutNullStreams;
  #said = "";
  #asked = 0;

  constructor(url: string) {
    this.#psql = spawn("psql", [...QUIET, url], { env: OF_EVERYBODY });
    for (const stream of [this.#psql.stdout, this.#psql.stderr]) stream.on("data", (text) => (this.#said += String(text)));
  }

  /** What it has heard so far. */
  get said(): string {
    return this.#said;
  }

  /** Sends statements without waiting for them. */
  tell(sql: string): void {
    this.#psql.stdin.write(`${sql};\n`);
  }

  /** Runs statements to their end. */
  async run(sql: string): Promise<void> {
    const done = `done-${String((this.#asked += 1))}-`;
    this.tell(sql);
    this.#psql.stdin.write(`\\echo ${done}\n`);
    await until(`${sql}: ${this.#said}`, () => (this.#said.includes(done) || this.#psql.exitCode !== null ? true : undefined));
    if (!this.#said.includes(done)) throw new Error(`${sql}: ${this.#said}`);
  }

  /** Hangs up; what was not committed is rolled back. */
  async end(): Promise<void> {
    if (this.#psql.exitCode !== null) return;
    const gone = once(this.#psql, "exit");
    this.#psql.kill("SIGKILL");
    await gone;
  }
}

/** A client that connects, says who it is, and never says a word again. */
function idler(url: string): Promise<Socket> {
  const { username, hostname, port, pathname } = new URL(url);
  const body = Buffer.from(`user\0${username}\0database\0${pathname.slice(1)}\0\0`);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8, 0);
  head.writeUInt32BE(3 << 16, 4); // the protocol's version
  return new Promise((resolve_) => {
    const socket = connect(Number(port), hostname, () => socket.write(Buffer.concat([head, body])));
    const settled = (): void => { resolve_(socket); };
    socket.once("data", settled).once("error", settled).once("close", settled);
  });
}

/** Others who take n places of the server, as far as it has them, and leave them idle. */
export async function occupy(url: string, n: number): Promise<{ leave: () => void }> {
  const sockets = await Promise.all(Array.from({ length: n }, () => idler(url)));
  return { leave: () => { for (const socket of sockets) socket.destroy(); } };
}
