// Disks that are full, read-only, out of inodes: what cannot be written is not acknowledged, the process
// lives, health says so, and all is well again once there is room, without a restart.
import assert from "node:assert/strict";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ask, type SyncHealth } from "../lib/api.ts";
import { type Disk, mountDisk, noDisk } from "../lib/disk.ts";
import { assertNothingLost, callbacksOf, Load } from "../lib/load.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { Strace, strace } from "../lib/strace.ts";
import { limit } from "../lib/system.ts";
import { newCallSid, post } from "../lib/twilio.ts";
import { secondsSince, until } from "../lib/wait.ts";

const skip = await noDisk();
const cannotAttach = await Strace.cannotAttach();

/** The log has grown to 48 MB within that, on a machine with much else to do. */
const GROWTH_MS = 90_000;

async function isHealthy(server: Server): Promise<boolean> {
  return (await fetch(`${server.url}/health`)).ok;
}

async function healthBecomes(server: Server, healthy: boolean): Promise<void> {
  await until(healthy ? "it is healthy again" : "health says so", async () => ((await isHealthy(server)) === healthy ? true : undefined));
}

async function reasons(server: Server): Promise<string> {
  return (await ask<SyncHealth>(server, "/api/health/sync")).body.reasons.join(" ");
}

/** One event and one call while nothing can be written: 503 with a time to come again, and TwiML. */
async function assertRefused(server: Server): Promise<void> {
  const [event] = callbacksOf(newCallSid());
  assert.ok(event);
  const refused = await post(server, "voice-status", event);
  assert.equal(refused.status, 503);
  assert.ok(refused.headers.get("retry-after"));
  const call = await post(server, "voice-inbound", event);
  assert.equal(call.status, 200);
  assert.match(await call.text(), /<Dial/);
}

/** A server and its disk under load, while `full` takes the room away and gives it back. */
async function withLoad(disk: Disk, env: NodeJS.ProcessEnv, during: (server: Server, load: Load) => Promise<void>): Promise<void> {
  const server = await startServer({ DATABASE_URL: `sqlite:${join(disk.path, "hookswitch.db")}`, SPOOL_DIR: join(disk.path, "spool"), ...env });
  try {
    const load = new Load(server);
    await load.reaches(50);
    await during(server, load);
    assert.equal(server.ended(), undefined, "it lives");
    await load.end();
    await assertNothingLost(server, load);
  } finally {
    await server.remove();
    await disk.remove();
  }
}

describe("a full disk", { skip }, () => {
  it("F029: is answered 503 with Retry-After, told by health, and written to again when it has room", async () => {
    const disk = await mountDisk();
    await withLoad(disk, {}, async (server, load) => {
      await disk.fill();
      await until("it refuses", () => (load.unanswered.refusals > 0 ? true : undefined));
      await healthBecomes(server, false);
      await assertRefused(server);
      assert.match(server.output(), /the disk is full/);
      await disk.free();
      await healthBecomes(server, true);
      await load.more(50);
    });
  });

  it("F029: of the database's leaves the spool on another: events are kept there, then stored", async () => {
    const disk = await mountDisk();
    const other = await mountDisk();
    await withLoad(disk, { SPOOL_DIR: join(other.path, "spool") }, async (server, load) => {
      await disk.fill();
      await healthBecomes(server, false);
      await load.more(50);
      assert.match(await reasons(server), /spool/);
      await other.fill();
      await until("it refuses", () => (load.unanswered.refusals > 0 ? true : undefined));
      await assertRefused(server);
      await other.free();
      await load.more(50);
      await disk.free();
      await healthBecomes(server, true);
      await load.more(50);
    });
    await other.remove();
  });

  it("F042: without inodes keeps events in the files that are there, and ends in order", async () => {
    const disk = await mountDisk();
    await withLoad(disk, {}, async (server, load) => {
      await disk.fill("inodes");
      await load.more(200); // the log and the file exist: nothing is missing
      assert.equal(await isHealthy(server), true);
      await disk.free();
    });
  });

  it("F042: without inodes when the spool needs a file: refused, and kept once there are some", async () => {
    const disk = await mountDisk();
    const other = await mountDisk();
    await withLoad(disk, { SPOOL_DIR: join(other.path, "spool") }, async (server, load) => {
      await other.fill("inodes");
      await disk.fill();
      await until("it refuses", () => (load.unanswered.refusals > 0 ? true : undefined));
      await assertRefused(server);
      await other.free();
      await load.more(50);
      await disk.free();
      await healthBecomes(server, true);
    });
    await other.remove();
  });
});

describe("a disk", () => {
  it("F034: that takes half of a write leaves no half of an event behind", async () => {
    const server = await startServer();
    try {
      const load = new Load(server);
      await load.reaches(50);
      for (const odd of [1, 25, 1001, 4000]) {
        const { size } = await stat(`${(server.env["DATABASE_URL"] ?? "").slice("sqlite:".length)}-wal`);
        await limit(server, "fsize", size + 3 * 4120 + odd); // the write that crosses it comes back short
        await healthBecomes(server, false);
        await load.more(20); // into the spool
        await limit(server, "fsize", "unlimited");
        await healthBecomes(server, true);
        await load.more(50);
      }
      await load.end();
      await server.kill(); // what the log holds is read anew
      await server.start();
      await assertNothingLost(server, load);
    } finally {
      await server.remove();
    }
  });

  const GONE: [fault: string, error: string, calls: string, why: RegExp][] = [
    ["F036: that became read-only", "EROFS", "pwrite64,ftruncate", /the disk is read-only/],
    ["F042: whose quota is used up", "EDQUOT", "pwrite64", /quota/],
  ];
  for (const [name, error, calls, why] of GONE)
    it(`${name} is told as such; events go to the spool, then nowhere, and to both again when it is over`, { skip: cannotAttach }, async () => {
      const server = await startServer();
      const database = (server.env["DATABASE_URL"] ?? "").slice("sqlite:".length);
      const spool = server.env["SPOOL_DIR"] ?? "";
      // The spool's first file is made, and takes its head and two groups.
      const trace = strace(
        { calls, fault: `error=${error}`, path: [database, `${database}-wal`] },
        { calls: "write", fault: `error=${error}`, when: "4+", path: join(spool, `${"1".padStart(20, "0")}.spool`) },
        { calls: "openat", fault: `error=${error}`, when: "2+", path: spool },
      );
      try {
        const load = new Load(server);
        await load.reaches(50);
        await trace.attach(server);
        await load.more(1); // by the spool
        await healthBecomes(server, false);
        await until("it refuses", () => (load.unanswered.refusals > 0 ? true : undefined));
        await assertRefused(server);
        assert.match(server.output(), why);
        const before = load.acknowledged.size;
        const refused = load.unanswered.refusals;
        await until("it refuses everything", () => (load.unanswered.refusals > refused + 50 ? true : undefined));
        assert.equal(load.acknowledged.size, before, "what is nowhere is acknowledged");
        await trace.lift();
        await healthBecomes(server, true);
        await load.more(50);
        assert.equal(server.ended(), undefined, "it lives");
        await load.end();
        await assertNothingLost(server, load);
      } finally {
        await trace.remove();
        await server.remove();
      }
    });

  it("F036: that is read-only at the start is refused with the reason", { skip }, async () => {
    const disk = await mountDisk();
    const server = await startServer({ DATABASE_URL: `sqlite:${join(disk.path, "hookswitch.db")}` });
    try {
      await server.stop();
      await disk.remount("ro");
      await assert.rejects(server.start(), /read-only|Read-only/i);
      await disk.remount("rw");
      await server.start();
    } finally {
      await server.remove();
      await disk.remove();
    }
  });

  it("F030: that is full for the checkpoint only goes on in the log, and loses nothing", { timeout: 120_000 }, async () => {
    const server = await startServer();
    const database = (server.env["DATABASE_URL"] ?? "").slice("sqlite:".length);
    await server.stop();
    const trace = strace({ calls: "pwrite64", fault: "error=ENOSPC", path: database });
    try {
      server.under = trace.command;
      await server.start();
      const load = new Load(server, { senders: 32 });
      await until("a checkpoint was tried", async () => ((await trace.strikes()) > 0 ? true : undefined), GROWTH_MS);
      await load.more(50);
      assert.equal(server.ended(), undefined);
      await load.end();
      await settled(server);
      server.under = [];
      await server.restart();
      await assertNothingLost(server, load);
    } finally {
      await server.remove();
      await trace.remove();
    }
  });

  it("F032: that fails to sync the file at a checkpoint ends the process: the next sync might only seem to work", { timeout: 120_000 }, async (t) => {
    const server = await startServer();
    const database = (server.env["DATABASE_URL"] ?? "").slice("sqlite:".length);
    await server.stop();
    const trace = strace({ calls: "fdatasync", fault: "error=EIO", when: "1", path: database });
    try {
      server.under = trace.command;
      await server.start();
      const load = new Load(server, { senders: 32 });
      await until("it struck", async () => ((await trace.strikes()) > 0 ? true : undefined), GROWTH_MS);
      const began = performance.now();
      const end = await until("it ended by itself", server.ended);
      t.diagnostic(`measured: after a sync that failed the process ended within ${secondsSince(began)} s (promised: 5 s)`);
      assert.equal(end.code, 1);
      assert.match(server.output(), /the disk failed to keep what was written/);
      await load.end();
      server.under = [];
      await server.start();
      await assertNothingLost(server, load);
    } finally {
      server.under = [];
      if (server.ended()) await server.start();
      await server.remove();
      await trace.remove();
    }
  });

  it("leaves no file of its own behind but those that are its own", { skip }, async () => {
    const disk = await mountDisk();
    const server = await startServer({ DATABASE_URL: `sqlite:${join(disk.path, "hookswitch.db")}`, SPOOL_DIR: join(disk.path, "spool") });
    try {
      const load = new Load(server);
      await load.reaches(20);
      await disk.fill();
      await until("it refuses", () => (load.unanswered.refusals > 0 ? true : undefined));
      await disk.free();
      await healthBecomes(server, true);
      await load.end();
      await settled(server);
      await server.stop();
      assert.deepEqual((await readdir(disk.path)).sort(), ["hookswitch.db", "hookswitch.db-witness", "hookswitch.db.lock", "spool"]);
      assert.deepEqual((await readdir(join(disk.path, "spool"))).sort(), ["accounts.sealed", "lock"]);
      await server.start();
      await assertNothingLost(server, load);
    } finally {
      await server.remove();
      await disk.remove();
    }
  });
});
