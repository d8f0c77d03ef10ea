// The built server as a child process, on a store of its own, ended with the test. STORE chooses the
// engine: sqlite, or postgres in a fresh database of the server at TEST_POSTGRES_URL.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { onFreePort } from "./listen.ts";
import { createDatabase } from "./postgres.ts";

/** Of the source tree. */
export const ROOT = resolve(import.meta.dirname, "../..");
export const BINARY = process.env["HOOKSWITCH_BINARY"] ?? join(ROOT, "build/hookswitch");
/** The same program without the filters by project in its queries: what is left is the database's wall. */
export const UNFILTERED = resolve(import.meta.dirname, "../../build/hookswitch-unfiltered");
const START_MS = 20_000;
const STOP_MS = 10_000;

export const ACCOUNT_SID = "AC00112233445566778899aabbccddeeff";
export const AUTH_TOKEN = "the-auth-token-of-the-tests-00000";
export const API_KEY = "the-api-key-of-the-tests";
/** The same for all nodes of a test. */
export const MASTER_KEY = "the-master-key-of-the-tests-0000000000";
export const OWNED_NUMBER = "+16175006181";

export type Server = {
  /** `http://127.0.0.1:PORT`, also the public base URL that signatures are made over. */
  url: string;
  /** The one-time link that this start has printed. */
  loginLink: string;
  /** What it has said so far, for messages of failed tests. */
  output: () => string;
  /** The environment that it was started with. */
  env: NodeJS.ProcessEnv;
  /** Its process. */
  pid: () => number;
  /** SIGTERM, and its exit, which must be a clean one. */
  stop: () => Promise<void>;
  /** kill -9, in the middle of whatever it does. */
  kill: () => Promise<void>;
  /** What the next start is run by: strace, taskset, prlimit, env, each with its arguments. */
  under: string[];
  /** Starts it again on the same port and store, after stop(), kill() or its own end. */
  start: () => Promise<void>;
  /** The same without waiting until it is ready: for one that may not become so. */
  launch: () => void;
  /** How it ended, when it has. */
  ended: () => End | undefined;
  /** Stops it and starts it again on the same port and store. */
  restart: () => Promise<void>;
  /** Stops it and removes its store. */
  remove: () => Promise<void>;
};

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  const port = await onFreePort(probe);
  probe.close();
  await once(probe, "close");
  return port;
}

/** `code` when it ended by itself, `signal` when it was ended; all that it said is in output(). */
export type End = { code: number | null; signal: NodeJS.Signals | null };

type Running = { child: ChildProcess; /** The one-time link, when it is printed. */ link: Promise<string>; end?: End };

function launch(cwd: string, url: string, env: NodeJS.ProcessEnv, command: string[], said: string[]): Running {
  const [program = BINARY, ...args] = command;
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const link = new Promise<string>((found, failed) => {
    const onLine = (line: string): void => {
      said.push(line);
      const token = /\/login\?token=([^\s"']+)/.exec(line)?.[1];
      if (token !== undefined) found(`${url}/login?token=${token}`);
    };
    for (const stream of [child.stdout, child.stderr]) if (stream) createInterface(stream).on("line", onLine);
    child.once("error", failed);
    child.once("close", (code, signal) => {
      failed(new Error(`the server ended (${signal ?? String(code)}) before it was ready:\n${said.join("\n")}`));
    });
  });
  link.catch(() => undefined); // for whoever awaits it
  const running: Running = { child, link };
  child.once("close", (code, signal) => (running.end = { code, signal }));
  return running;
}

/** A node without an API lets nobody sign in. */
function hasLink(args: string[]): boolean {
  const roles = args.flatMap((arg) => (arg.startsWith("--roles=") ? arg.slice("--roles=".length).split(",") : []));
  return roles.length === 0 || roles.includes("api");
}

/** Resolves with the one-time link, once the server has printed it and answers. */
async function ready(running: Running, url: string, said: string[], args: string[]): Promise<string> {
  const link = hasLink(args) ? await within(START_MS, running.link, () => `no one-time link:\n${said.join("\n")}`) : "";
  await within(START_MS, healthy(url), () => `not healthy:\n${said.join("\n")}`);
  return link;
}

/** Leaves no connection behind: who counts those of the server would count ours. */
async function healthy(url: string): Promise<void> {
  for (;;) {
    const answer = await fetch(`${url}/health`, { headers: { Connection: "close" } }).catch(() => null);
    await answer?.arrayBuffer();
    if (answer?.ok) return;
    await new Promise((next) => setTimeout(next, 20));
  }
}

async function within<T>(ms: number, work: Promise<T>, why: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, failed) => {
    timer = setTimeout(() => {
      failed(new Error(why()));
    }, ms);
  });
  return Promise.race([work, late]).finally(() => {
    clearTimeout(timer);
  });
}

/** Ends it, and says so when it did not end as it should: a crash, a leak that a sanitizer found. */
async function end(child: ChildProcess, said: string[]): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = once(child, "close"); // with all that it had to say
    child.kill("SIGTERM");
    await within(STOP_MS, gone, () => {
      child.kill("SIGKILL");
      return "the server did not end after SIGTERM";
    });
  }
  if (child.exitCode !== 0 && child.signalCode !== "SIGKILL")
    throw new Error(`the server ended badly (${child.signalCode ?? String(child.exitCode)}):\n${said.slice(-100).join("\n")}`);
}

async function murder(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

/** An empty store of the engine that STORE names (sqlite when it names none). */
async function emptyStore(directory: string): Promise<string> {
  if (process.env["STORE"] !== "postgres") return `sqlite:${join(directory, "hookswitch.db")}`;
  const cluster = process.env["TEST_POSTGRES_URL"];
  if (cluster === undefined) throw new Error("STORE=postgres needs TEST_POSTGRES_URL");
  return createDatabase(cluster);
}

/** How a binary that was built with sanitizers is to behave. */
function sanitizers(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => name.endsWith("SAN_OPTIONS")));
}

/** Starts the server with an empty store; `env` adds to, or replaces, its configuration; `args` follow
 * `serve`; `under` is a command that executes what stands behind it; `binary` another build of it. */
export async function startServer(env: NodeJS.ProcessEnv = {}, args: string[] = [], under: string[] = [], binary = BINARY): Promise<Server> {
  const directory = await mkdtemp(join(tmpdir(), "hookswitch-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const said: string[] = [];
  const configuration = {
    PATH: process.env["PATH"],
    ...sanitizers(),
    PORT: String(port),
    LISTEN_ADDRESS: "127.0.0.1",
    DATABASE_URL: env["DATABASE_URL"] ?? (await emptyStore(directory)),
    SPOOL_DIR: join(directory, "spool"),
    WEBHOOK_BASE_URL: url,
    TWILIO_ACCOUNT_SID: ACCOUNT_SID,
    TWILIO_AUTH_TOKEN: AUTH_TOKEN,
    OWNED_PHONE_NUMBERS: OWNED_NUMBER,
    MASTER_KEY,
    CANARY_SECONDS: "0", // a webhook more would be counted
    BOOTSTRAP_API_KEY: API_KEY,
    TWILIO_BASE_URL: "https://127.0.0.1:1", // nobody is there to be asked
    ...env,
  };
  let running = launch(directory, url, configuration, [...under, binary, "serve", ...args], said);

  const server: Server = {
    url,
    loginLink: await ready(running, url, said, args),
    output: () => said.join("\n"),
    env: configuration,
    pid: () => running.child.pid ?? 0,
    stop: () => end(running.child, said),
    kill: () => murder(running.child),
    under,
    start: async () => {
      server.launch();
      server.loginLink = await ready(running, url, said, args);
    },
    launch: () => {
      running = launch(directory, url, configuration, [...server.under, binary, "serve", ...args], said);
    },
    ended: () => running.end,
    restart: async () => {
      await server.stop();
      await server.start();
    },
    remove: async () => {
      await end(running.child, said);
      await rm(directory, { recursive: true, force: true });
    },
  };
  return server;
}
