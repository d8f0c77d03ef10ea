// What a start refuses, and says; what it does with little.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { assertNothingLost, Load } from "../lib/load.ts";
import { BINARY, type Server, startServer } from "../lib/server.ts";
import { strace } from "../lib/strace.ts";
import { until } from "../lib/wait.ts";

describe("a start", () => {
  let server: Server;
  before(async () => {
    server = await startServer();
  });
  after(() => server.remove());

  /** A second `serve` with another configuration, in a directory of its own; refused, with its words. */
  async function refused(env: NodeJS.ProcessEnv, dotenv = ""): Promise<{ said: string; files: string[] }> {
    const cwd = await mkdtemp(join(tmpdir(), "hookswitch-start-"));
    await writeFile(join(cwd, ".env"), dotenv);
    const child = spawn(BINARY, ["serve"], { cwd, env: { ...server.env, PORT: "0", DATABASE_URL: "", SPOOL_DIR: "", ...env }, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += String(chunk)));
    const [code] = (await once(child, "close")) as [number];
    assert.equal(code, 1, said);
    const files = (await readdir(cwd)).filter((name) => name !== ".env");
    await rm(cwd, { recursive: true });
    return { said, files };
  }

  const BROKEN: [fault: string, env: NodeJS.ProcessEnv, dotenv: string, why: RegExp][] = [
    ["F204: with a line that is none", {}, "PORT=3000\nthis is no line\n", /\.env: a line without '='/],
    ["F204: with a name that is none", {}, "DATABSE_URL=sqlite:x.db\n", /DATABSE_URL: no such variable/],
    ["F204: without the file of a secret", { TWILIO_AUTH_TOKEN: "", TWILIO_AUTH_TOKEN_FILE: "/nowhere" }, "", /_FILE cannot be read/],
    ["F134: without the secret that signatures are checked by", { TWILIO_AUTH_TOKEN: "" }, "", /TWILIO_AUTH_TOKEN: required.*always checked/],
    ["F204: in production without its address", { NODE_ENV: "production", WEBHOOK_BASE_URL: "" }, "", /WEBHOOK_BASE_URL: required/],
  ];
  for (const [name, env, dotenv, why] of BROKEN)
    it(`${name} is refused in words, and touches no data; the one that runs is left alone`, async () => {
      const { said, files } = await refused(env, dotenv);
      assert.match(said, why);
      assert.deepEqual(files, []);
      assert.equal((await fetch(`${server.url}/health`)).status, 200);
    });

  const NETWORKS: [name: string, magic: string][] = [["NFS", "6969"], ["CIFS", "424d53ff"], ["9P", "97190201"]];
  for (const [name, magic] of NETWORKS)
    it(`F043: on a network file system (${name}) is refused`, async () => {
      const trace = strace({ calls: "statfs", fault: `poke_exit=@arg2=${magic.padEnd(16, "0")}` });
      await server.stop();
      server.under = trace.command;
      await assert.rejects(server.start(), new RegExp(`network file system \\(${name}`));
      assert.ok((await trace.strikes()) > 0);
      server.under = [];
      await server.start();
      await trace.remove();
    });
});

describe("with little", () => {
  /** Starts, takes load, ends in order, and has lost nothing. */
  async function works(under: string[], n = 200, env: NodeJS.ProcessEnv = {}): Promise<void> {
    const server = await startServer(env);
    try {
      await server.stop();
      server.under = under;
      await server.start();
      const load = new Load(server, { senders: 8 });
      await load.reaches(n);
      await load.end();
      await server.restart();
      await assertNothingLost(server, load);
    } finally {
      await server.remove();
    }
  }

  it("F201: one core is enough", () => works(["taskset", "-c", "0"]));
  it("F201: 64 descriptors are enough for a few clients", () => works(["prlimit", "--nofile=64:64"]));
  it("F201: without /proc it works", { skip: process.getuid?.() !== 0 && "hiding /proc takes root" }, () =>
    works(["unshare", "--mount", "sh", "-c", 'umount -l /proc || exit 9; exec "$@"', "sh"]));

  it("F201: at a limit of memory it ends with a word, or works; nothing is lost", async () => {
    const server = await startServer();
    try {
      await server.stop();
      for (const megabytes of [150, 300, 600]) {
        const before = server.output().length;
        server.under = ["prlimit", `--as=${String(megabytes * 1024 * 1024)}`];
        server.launch();
        const load = new Load(server, { senders: 16 });
        await until("it works, or has ended", () => (load.acknowledged.size > 200 || server.ended() ? true : undefined));
        const end = server.ended();
        if (end) assert.match(server.output().slice(before), /hookswitch: |error while loading/, `in ${String(megabytes)} MB`);
        else process.kill(server.pid(), "SIGTERM");
        await until("it ended", server.ended);
        await load.end();
        server.under = [];
        await server.start();
        await assertNothingLost(server, load);
        await server.stop();
      }
    } finally {
      server.under = [];
      await server.start();
      await server.remove();
    }
  });

  it("F201: descriptors that run out while it runs: it accepts no more, lives, and goes on", async () => {
    const server = await startServer();
    try {
      const load = new Load(server, { senders: 8 });
      await load.reaches(50);
      const open = (await readdir(`/proc/${String(server.pid())}/fd`)).length;
      await promisify(execFile)("prlimit", ["--pid", String(server.pid()), `--nofile=${String(open)}:`]);
      const refused = fetch(`${server.url}/health`, { headers: { Connection: "close" } }).catch(() => null);
      await load.more(50); // those that are connected are served
      await promisify(execFile)("prlimit", ["--pid", String(server.pid()), "--nofile=4096:"]);
      assert.equal((await refused)?.status, 200); // who waited is served too
      await load.end();
      await assertNothingLost(server, load);
    } finally {
      await server.remove();
    }
  });
});
