// System calls that fail, kill or take their time, at the n-th passage: strace's injection. The server
// is started under it and stays our own child (-D), so that signals and exit codes are the server's.
//
// Calls are counted per thread: `when=3` strikes every thread whose third such call it is.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Server } from "./server.ts";

export type Injection = {
  /** The calls: `fdatasync`, `pwrite64,write`. */
  calls: string;
  /** What befalls them: `error=EIO`, `signal=KILL`, `delay_exit=2000000`, `poke_exit=@arg2=69`. */
  fault: string;
  /** `3`: the third, `3+`: from the third on, `3+3`: every third; none: always. */
  when?: string;
  /** Only calls about this file, or these; of a directory: what names its entries. */
  path?: string | string[];
};

async function threadOf(server: Server, name: string): Promise<string> {
  const tasks = `/proc/${String(server.pid())}/task`;
  for (const tid of await readdir(tasks)) if ((await readFile(join(tasks, tid, "comm"), "utf8")).trim() === name) return tid;
  throw new Error(`no thread ${name}`);
}

export class Strace {
  #attached: ChildProcess | undefined;
  readonly #trace = join(mkdtempSync(join(tmpdir(), "hookswitch-strace-")), "trace");

  constructor(readonly injections: Injection[]) {}

  get #what(): string[] {
    const calls = this.injections.map(({ calls }) => calls).join(",");
    const paths = this.injections.flatMap(({ path = [] }) => [path].flat().flatMap((one) => ["-P", one]));
    const faults = this.injections.flatMap(({ calls, fault, when }) => ["-e", `inject=${calls}:${fault}${when === undefined ? "" : `:when=${when}`}`]);
    return ["-e", "signal=none", "-s", "8", "-o", this.#trace, ...paths, "-e", `trace=${calls}`, ...faults];
  }

  /** What the server is to be run under. */
  get command(): string[] {
    // Fast, but a signal cannot be given at the stops that it makes.
    const filter = this.injections.some(({ fault }) => fault.startsWith("signal")) ? [] : ["--seccomp-bpf"];
    return ["strace", "-D", "-f", "-qq", ...filter, ...this.#what];
  }

  /** Strikes a server that runs, or one thread of it; it counts from now. Resolves when it watches. */
  async attach(server: Server, thread?: string): Promise<void> {
    const whom = thread === undefined ? ["-f", "-p", String(server.pid())] : ["-p", await threadOf(server, thread)];
    const child = spawn("strace", [...whom, ...this.#what], { stdio: ["ignore", "ignore", "pipe"] });
    this.#attached = child;
    for await (const line of createInterface(child.stderr)) {
      if (/ attached/.test(line)) return;
      throw new Error(line);
    }
  }

  /** The end of the faults of attach(); the server runs on. */
  async lift(): Promise<void> {
    const child = this.#attached;
    this.#attached = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGINT");
    await gone;
  }

  /** Why threads that run cannot be watched here; false when they can. */
  static async cannotAttach(): Promise<string | false> {
    const child = spawn("sleep", ["9"]);
    const probe = spawn("strace", ["-o", "/dev/null", "-p", String(child.pid)], { stdio: ["ignore", "ignore", "pipe"] });
    const [line] = (await once(createInterface(probe.stderr), "line")) as [string];
    probe.kill("SIGINT");
    child.kill();
    return line.includes(" attached") ? false : line;
  }

  /** How often it struck, or struck these calls. A call that killed has no result to tell of. */
  async strikes(calls?: string): Promise<number> {
    const trace = await readFile(this.#trace, "utf8").catch(() => "");
    const named = calls === undefined ? "" : `^(?:\\d+ +)?(?:<\\.\\.\\. )?(?:${calls.replaceAll(",", "|")})\\b.*`;
    return trace.match(new RegExp(`${named}(?:\\((?:INJECTED|DELAYED)|= \\?$)`, "gm"))?.length ?? 0;
  }

  async remove(): Promise<void> {
    await this.lift();
    await rm(dirname(this.#trace), { recursive: true, force: true });
  }
}

export const strace = (...injections: Injection[]): Strace => new Strace(injections);
