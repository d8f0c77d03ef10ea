// The simulator of Twilio as a child process, and Twilio's own client pointed at it.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import twilio, { type Twilio } from "twilio";
import { ACCOUNT_SID, AUTH_TOKEN, OWNED_NUMBER } from "./server.ts";

const BINARY = process.env["SANDBOX_BINARY"] ?? resolve(import.meta.dirname, "../../build/sandbox");
const START_MS = 20_000;

export type Sandbox = {
  /** Base URL of its REST API. */
  url: string;
  /** What it has said on stderr. */
  said: () => string;
  /** With `--stay`: all of its calls are over, and told of. */
  over: Promise<void>;
  /** Its exit code, once it ends by itself. */
  ended: Promise<number | null>;
  stop: () => Promise<void>;
};

/** Calls that are all over soon, with their prices, at a simulator that stays. */
export const AT_ONCE = ["--rate", "60000", "--speed", "300", "--burst", "20", "--stay", "--price-after", "0"];

/** Starts it against a receiver; `more` adds to its command line. */
export async function startSandbox(receiver: string, more: string[] = []): Promise<Sandbox> {
  const child: ChildProcess = spawn(
    BINARY,
    ["twilio", "--to", receiver, "--account", ACCOUNT_SID, "--token", AUTH_TOKEN, "--number", OWNED_NUMBER, ...more],
    { stdio: ["ignore", "pipe", "pipe"], timeout: 10 * START_MS },
  );
  const said: string[] = [];
  if (child.stderr) createInterface(child.stderr).on("line", (line) => said.push(line));
  const ended = once(child, "exit").then(([code]) => code as number | null);
  if (!child.stdout) throw new Error("the sandbox has no output");
  const lines = createInterface(child.stdout);
  const over = new Promise<void>((done) => lines.on("line", (line) => { if (line === "All calls are over") done(); }));
  const [line] = (await once(lines, "line", { signal: AbortSignal.timeout(START_MS) })) as [string];
  const url = /^REST API at (http:\S+)$/.exec(line)?.[1];
  if (url === undefined) throw new Error(`the sandbox said: ${line}`);
  return {
    url,
    said: () => said.join("\n"),
    over,
    ended,
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

type RequestClient = InstanceType<typeof twilio.RequestClient>;

/** Sends what is meant for Twilio to the sandbox. */
class Rerouted extends twilio.RequestClient {
  readonly #base: string;

  constructor(base: string) {
    super({ autoRetry: true, maxRetryDelay: 20, maxRetries: 10 });
    this.#base = base;
  }

  override request: RequestClient["request"] = (options) =>
    super.request({ ...options, uri: options.uri.replace("https://api.twilio.com", this.#base) });
}

/** Twilio's official client for the sandbox's account. */
export function clientOf(sandbox: Sandbox, token: string = AUTH_TOKEN): Twilio {
  return twilio(ACCOUNT_SID, token, { httpClient: new Rerouted(sandbox.url) });
}
