// The machine's Caddy with the configuration of deploy/: only what it listens on, the nodes and who signs its
// certificate are the test's.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import tls from "node:tls";
import { promisify } from "node:util";
import { freePort } from "./server.ts";
import { until } from "./wait.ts";

const CADDYFILE = resolve(import.meta.dirname, "../../deploy/caddy/Caddyfile");

/** For Debian's Caddy 2.6.2, which would send what it keeps of one request with another: without keeping anything, a
 * POST whose connection is refused is answered 502. Later ones hand it to another node. */
export async function caddyfile(): Promise<string> {
  return (await readFile(CADDYFILE, "utf8")).replace(/^\s*request_buffers .*\n/m, "");
}

/** What belongs to the machine: the file of deploy/ says nothing of it. */
const machine = (ports: { admin: number; http: number; https: number }): string => `{
  admin localhost:${String(ports.admin)}
  http_port ${String(ports.http)}
  https_port ${String(ports.https)}
  skip_install_trust
}
import Caddyfile
`;

/** Every client of this process believes that authority from now on, besides those of Node. */
function trust(certificate: string): void {
  const create = tls.createSecureContext;
  tls.createSecureContext = (options) => {
    const made = create(options);
    (made.context as { addCACert: (pem: string) => void }).addCACert(certificate);
    return made;
  };
}

export class Caddy {
  readonly #said: string[] = [];
  #lately = "silent"; // what asking it came to
  #child: ChildProcess | undefined;

  private constructor(
    /** `https://localhost:PORT`, under which the world sees the nodes. */
    readonly url: string,
    readonly directory: string,
    readonly admin: number,
  ) {}

  /** Where it will listen; it is started when its nodes are there. */
  static async prepare(): Promise<Caddy> {
    const [admin, http, https] = await Promise.all([freePort(), freePort(), freePort()]); // at once: three different ones
    const directory = await mkdtemp(join(tmpdir(), "hookswitch-caddy-"));
    await writeFile(join(directory, "Caddyfile"), await caddyfile());
    await writeFile(join(directory, "machine"), machine({ admin, http, https }));
    return new Caddy(`https://localhost:${String(https)}`, directory, admin);
  }

  get #environment(): NodeJS.ProcessEnv {
    return { PATH: process.env["PATH"], HOME: this.directory, XDG_DATA_HOME: this.directory, PUBLIC_NAME: "localhost" };
  }

  async #name(nodes: { url: string }[]): Promise<void> {
    await writeFile(join(this.directory, "nodes.conf"), `to ${nodes.map(({ url }) => new URL(url).host).join(" ")}\n`);
  }

  get #arguments(): string[] {
    return ["--config", join(this.directory, "machine"), "--adapter", "caddyfile"];
  }

  /** Throws with what Caddy says of the file. */
  async validate(): Promise<void> {
    await this.#name([this]);
    await promisify(execFile)("caddy", ["validate", ...this.#arguments], { env: this.#environment });
  }

  async start(nodes: { url: string }[]): Promise<void> {
    await this.#name(nodes);
    const child = spawn("caddy", ["run", ...this.#arguments], { env: this.#environment, stdio: ["ignore", "ignore", "pipe"] });
    createInterface(child.stderr).on("line", (line) => this.#said.push(line));
    child.once("error", (failure) => this.#said.push(failure.message)); // there is none
    this.#child = child;
    const authority = join(this.directory, "caddy/pki/authorities/local/root.crt");
    trust(await this.#while("it has made its authority", () => readFile(authority, "utf8").catch(() => undefined)));
    await this.#while("it answers", () => this.#answers());
  }

  async #answers(): Promise<true | undefined> {
    try {
      const { ok, status } = await fetch(`${this.url}/health`);
      this.#lately = String(status);
      return ok || undefined;
    } catch (failure) {
      this.#lately = String((failure as Error).cause ?? failure);
      return undefined;
    }
  }

  get #isRunning(): boolean {
    return this.#child?.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Waits as long as it runs. */
  async #while<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
    try {
      return await until(`Caddy: ${what}`, () => {
        if (!this.#isRunning) throw new Error("Caddy has ended");
        return ask();
      });
    } catch (failure) {
      throw new Error(`${(failure as Error).message}; asked, it was ${this.#lately}; it said: ${this.output()}`, { cause: failure });
    }
  }

  /** Other nodes from now on, as the operator does it: `caddy reload`. */
  async lead(nodes: { url: string }[]): Promise<void> {
    await this.#name(nodes);
    await promisify(execFile)("caddy", ["reload", "--address", `localhost:${String(this.admin)}`, ...this.#arguments], { env: this.#environment });
  }

  /** Waits until it finds that of each of the nodes, from now on, by looking at them. */
  async says(what: string, nodes: { url: string }[]): Promise<void> {
    const from = this.#said.length;
    for (const { host } of nodes.map(({ url }) => new URL(url)))
      await until(`Caddy finds ${what} at ${host}`, () => this.#said.slice(from).some((line) => [".health_checker.active", what, host].every((part) => line.includes(part))) || undefined);
  }

  output(): string {
    return this.#said.join("\n");
  }

  async stop(): Promise<void> {
    if (this.#child && this.#isRunning) {
      const gone = once(this.#child, "exit");
      this.#child.kill("SIGKILL"); // it has nothing to keep
      await gone;
    }
    await rm(this.directory, { recursive: true, force: true });
  }
}
