// A copy of the database while it is written to; restore.test.ts goes on with one.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { assertNothingLost, keptKeys, Load } from "../lib/load.ts";
import { createDatabase, startCluster } from "../lib/postgres.ts";
import { type Server, startServer } from "../lib/server.ts";
import { audit, tool, toolUnder } from "../lib/settled.ts";
import { strace } from "../lib/strace.ts";

describe("an online backup", () => {
  let server: Server;
  let directory: string;
  before(async () => {
    server = await startServer();
    directory = await mkdtemp(join(tmpdir(), "hookswitch-backup-"));
  });
  after(async () => {
    await server.remove();
    await rm(directory, { recursive: true });
  });

  it("F044: under load is whole, holds all that was acknowledged before it began, and disturbs nothing", async () => {
    const load = new Load(server);
    await load.reaches(500);
    for (let i = 0; i < 3; i++) {
      const before = [...load.acknowledged];
      const file = join(directory, `copy-${String(i)}.db`);
      const { code, output } = await tool(server, "backup", file);
      assert.equal(code, 0, output);
      await load.more(100); // it goes on
      const restored = await startServer({ DATABASE_URL: `sqlite:${file}` });
      const kept = new Set(await keptKeys(restored));
      assert.deepEqual(before.filter((key) => !kept.has(key)), []);
      await audit(restored);
      await restored.remove();
    }
    await load.end();
    assert.equal(load.unanswered.refusals, 0);
    await assertNothingLost(server, load);
  });

  it("F044: never replaces a file, and leaves nothing behind when it fails", async () => {
    const before = await readdir(directory);
    const existing = await tool(server, "backup", join(directory, "copy-0.db"));
    assert.equal(existing.code, 1);
    assert.match(existing.output, /exists already/);
    assert.equal((await tool(server, "backup", join(directory, "nowhere", "copy.db"))).code, 1);
    assert.equal((await tool(server, "backup")).code, 1);
    assert.deepEqual(await readdir(directory), before);
  });

  it("F044: is none when the disk did not take a piece of it", async () => {
    const before = await readdir(directory);
    const fault = strace({ calls: "fdatasync", fault: "error=EIO", when: "1" });
    const failed = await toolUnder(fault.command, server, "backup", join(directory, "torn.db"));
    assert.equal(await fault.strikes(), 1);
    await fault.remove();
    assert.equal(failed.code, 1, failed.output);
    assert.match(failed.output, /disk/);
    assert.deepEqual(await readdir(directory), before);
  });
});

describe("a dump of PostgreSQL", () => {
  const all = { ...process.env, PGOPTIONS: "-c hookswitch.scope={(,)}" };
  const run = (command: string, ...args: string[]) => promisify(execFile)(command, args, { env: all });

  it("F044: under load is whole, and holds all that was acknowledged before it began", async () => {
    const cluster = await startCluster();
    const directory = await mkdtemp(join(tmpdir(), "hookswitch-dump-"));
    const dump = join(directory, "hookswitch.dump");
    const server = await startServer({ DATABASE_URL: cluster.url });
    const load = new Load(server);
    await load.reaches(500);
    const before = [...load.acknowledged];
    await run("pg_dump", "--enable-row-security", "--format=custom", `--file=${dump}`, cluster.url);
    await load.more(100);
    await load.end();
    await assertNothingLost(server, load);

    const fresh = await createDatabase(cluster.url);
    await run("pg_restore", `--dbname=${fresh}`, dump);
    const restored = await startServer({ DATABASE_URL: fresh });
    await audit(restored);
    const kept = new Set(await keptKeys(restored));
    assert.deepEqual(before.filter((key) => !kept.has(key)), []);
    await restored.remove();
    await server.remove();
    await cluster.remove();
    await rm(directory, { recursive: true });
  });
});
