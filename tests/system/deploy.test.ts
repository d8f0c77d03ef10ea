// What deploy/ promises: how little the service may do is enough for it, and names what there is.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { nodesOf, readCompose } from "../lib/arrangement.ts";
import { ROOT, startServer } from "../lib/server.ts";
import { audit, settled } from "../lib/settled.ts";
import { Stream } from "../lib/stream.ts";
import { FakeCall } from "../lib/twilio.ts";

const run = promisify(execFile);
/** As it is put into service, whatever build is tested otherwise. */
const BINARY = join(ROOT, "build/hookswitch");
const UNIT = join(ROOT, "deploy/systemd/hookswitch.service");

const lines = (text: string) => text.split("\n").map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));

/** The system calls of a set of systemd's, and of those within it. */
async function callsOf(set: string): Promise<Set<string>> {
  if (!set.startsWith("@")) return new Set([set]);
  const calls = new Set<string>();
  const { stdout } = await run("systemd-analyze", ["--no-pager", "syscall-filter", set]);
  for (const line of lines(stdout))
    if (line.startsWith("@") && line !== set) for (const call of await callsOf(line)) calls.add(call);
    else calls.add(line);
  return calls;
}

/** Those that the unit's SystemCallFilter= lines leave. */
async function allowed(): Promise<Set<string>> {
  let left = new Set<string>();
  for (const line of lines(await readFile(UNIT, "utf8"))) {
    const filter = /^SystemCallFilter=(~?)(.*)$/.exec(line);
    if (!filter) continue;
    for (const set of filter[2]!.split(" "))
      for (const call of await callsOf(set)) filter[1] === "" ? left.add(call) : left.delete(call);
  }
  return left;
}

describe("the systemd unit", () => {
  it("leaves little exposed", async () => {
    const { stdout } = await run("systemd-analyze", ["security", "--offline=true", "--no-pager", "--threshold=20", UNIT]);
    assert.match(stdout, /Overall exposure level.*: [01]\.\d/);
  });

  it("allows each system call that a working server makes, from its start to its end", async () => {
    const directory = await mkdtemp(join(tmpdir(), "hookswitch-calls-"));
    const trace = join(directory, "trace");
    const server = await startServer({}, [], ["strace", "-D", "-f", "-qq", "-o", trace], BINARY);
    const stream = await Stream.open(server);
    await new FakeCall(server, "+15085140320").arrives();
    await settled(server);
    stream.close();
    await audit(server);
    await server.remove();
    const made = new Set([...(await readFile(trace, "utf8")).matchAll(/^\d+ +([a-z_0-9]+)\(/gm)].map((match) => match[1]!));
    assert.ok(made.has("fdatasync") || made.has("sendto"), "the trace shows a server at work");
    const may = await allowed();
    may.add("fchown"); // by SQLite, for root alone
    assert.deepEqual([...made].filter((call) => !may.has(call)), []);
    await rm(directory, { recursive: true });
  });
});

describe("the containers", () => {
  it("hold each library that the program is linked with", async () => {
    const packages = lines(await readFile(join(ROOT, "tools/packages/run.txt"), "utf8"));
    const needed = [...(await run("objdump", ["-p", BINARY])).stdout.matchAll(/NEEDED +(\S+)/g)].map((match) => match[1]!);
    const { stdout: paths } = await run("ldd", [BINARY]);
    const files = needed.map((name) => new RegExp(`${name.replace(/[.+]/g, "\\$&")} => (\\S+)`).exec(paths)?.[1]).filter((path) => path !== undefined);
    const owners = await run("dpkg-query", ["-S", ...files.map((path) => `*${path}`)]);
    const wanted = new Set(lines(owners.stdout).map((line) => line.split(":")[0]!));
    for (const everywhere of ["libc6", "libgcc-s1"]) wanted.delete(everywhere);
    assert.deepEqual([...wanted].filter((name) => !packages.includes(name)), []);
  });

  it("are configured by variables that there are", async () => {
    const known = new Set([...(await readFile(join(ROOT, "docs/configuration.md"), "utf8")).matchAll(/^\| `([A-Z_]+)`/gm)].map((match) => match[1]!));
    for (const [, { environment = {} }] of nodesOf(await readCompose())) {
      const named = Object.keys(environment).map((name) => name.replace(/_FILE$/, ""));
      assert.ok(named.length > 4);
      assert.deepEqual(named.filter((name) => !known.has(name)), []);
    }
  });
});
