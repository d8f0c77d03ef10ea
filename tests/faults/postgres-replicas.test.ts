// A primary and its hot standby: failover with and without the last commits, and an address at which
// a standby answers.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { Belongings } from "../lib/belongings.ts";
import { healthIs } from "../lib/health.ts";
import { jobs } from "../lib/jobs.ts";
import { assertNothingLost, feedIsDense, keptKeys, Load } from "../lib/load.ts";
import { type Cluster, psql, startCluster } from "../lib/postgres.ts";
import { drift, secondIsOver } from "../lib/reconcile.ts";
import { AT_ONCE, clientOf, startSandbox } from "../lib/sandbox.ts";
import { BINARY, freePort, type Server, startServer } from "../lib/server.ts";
import { audit, settled, tool } from "../lib/settled.ts";
import { Stream } from "../lib/stream.ts";
import { until } from "../lib/wait.ts";

/** One address for both: libpq takes the one that is a primary. */
function either(primary: Cluster, standby: Cluster): string {
  const [a, b] = [new URL(primary.url), new URL(standby.url)];
  return `postgres://${a.username}@${a.host},${b.host}${a.pathname}`;
}

describe("a failover of PostgreSQL", () => {
  const ours = new Belongings();
  let primary: Cluster;
  let standby: Cluster;
  let server: Server;
  beforeEach(async () => {
    primary = await ours.keep(startCluster());
    standby = await ours.keep(primary.standby());
  });
  afterEach(() => ours.end());

  it("F053: synchronous: a failover under load loses nothing", async () => {
    await primary.set({ synchronous_standby_names: "*" });
    server = await ours.keep(startServer({ DATABASE_URL: either(primary, standby) }));
    await until("the standby is synchronous", async () =>
      (await psql(primary.superuser, "SELECT sync_state FROM pg_stat_replication")) === "sync" ? true : undefined,
    );
    const load = await ours.keep(new Load(server, { senders: 3 }));
    await load.more(500);
    await primary.kill();
    await standby.promote();
    await load.more(300);
    await load.end();
    await assertNothingLost(server, load);
    await feedIsDense(server);
  });

  it("F053: asynchronous: the last commits are gone, what is left is whole, and watchers are told to load anew", async () => {
    server = await ours.keep(startServer({ DATABASE_URL: either(primary, standby) }));
    const load = await ours.keep(new Load(server, { senders: 3 }));
    await load.more(200);
    await standby.stop(); // what is committed from now on is the primary's alone
    await load.more(200);
    await load.end();
    await settled(server);
    const stream = await Stream.open(server);
    await stream.first("connected");
    await primary.kill();
    await standby.start();
    await standby.promote();
    await healthIs(server, "green");
    await stream.first("resync");
    stream.close();
    const kept = new Set(await keptKeys(server));
    const lost = [...load.acknowledged].filter((key) => !kept.has(key));
    assert.ok(lost.length > 0, "nothing was lost: the fault did not strike");
    await audit(server);
    await feedIsDense(server);
    await load.remove();

    assert.equal((await tool(server, "feed", "new-epoch")).code, 0); // as the runbook says
    const next = await ours.keep(new Load(server, { senders: 3 }));
    await next.more(100);
    await next.end();
    await settled(server);
    await audit(server);
    await feedIsDense(server);
    await next.remove();
  });
});

describe("what an asynchronous failover has lost", () => {
  it("F053: is found by the next warm run, without anybody", async () => {
    const ours = new Belongings();
    try {
      const primary = await ours.keep(startCluster());
      const standby = await ours.keep(primary.standby());
      const port = await freePort();
      const server = await ours.keep(startServer({ DATABASE_URL: either(primary, standby), TWILIO_BASE_URL: `http://127.0.0.1:${String(port)}`, PROVIDER_REQUESTS_PER_SECOND: "90" }));
      await until("the jobs are planned", async () => (await jobs(server)).some(({ name, next_run_at }) => name === "reconcile_warm" && next_run_at !== null) || undefined);
      await psql(primary.superuser, "UPDATE sync_state SET next_run_at = next_run_at + interval '1 day'"); // none until it is its turn below
      await until("the standby has it", async () => {
        const planned = await psql(standby.superuser, "SELECT count(*) FROM sync_state WHERE job_name = 'reconcile_warm' AND next_run_at > now() + interval '12 hours'").catch(() => "0"); // no such table yet
        return planned !== "0" || undefined;
      });
      await standby.stop();
      const sandbox = await ours.keep(startSandbox(server.url, ["--port", String(port), "--calls", "40", ...AT_ONCE]));
      await sandbox.over;
      await settled(server);
      const theirs = await clientOf(sandbox).calls.list({ pageSize: 1000 });
      await secondIsOver(theirs);
      const told = await drift(server, theirs);
      assert.deepEqual([told["call"], told["status"]], [undefined, undefined], "all of it was acknowledged");
      await primary.kill();
      await standby.start();
      await standby.promote();
      await healthIs(server, "green");
      const lost = await until("each of its threads is connected again", () => drift(server, theirs).catch(() => undefined));
      assert.equal(lost["call"], theirs.length, "nothing was lost: the fault did not strike");
      assert.equal((await tool(server, "feed", "new-epoch")).code, 0);
      await psql(standby.superuser, "UPDATE sync_state SET next_run_at = now() WHERE job_name = 'reconcile_warm'");
      const warm = await until("a warm run has ended", async () => (await jobs(server)).find(({ name, latest }) => name === "reconcile_warm" && latest?.state === "succeeded")?.latest ?? undefined);
      assert.deepEqual([warm.asked_through, warm.counts["drift.call"]], ["schedule", theirs.length], JSON.stringify(warm));
      assert.deepEqual(await drift(server, theirs), {});
      await audit(server);
      await feedIsDense(server);
    } finally {
      await ours.end();
    }
  });
});

describe("an address at which a hot standby answers", () => {
  const ours = new Belongings();
  const loads = new Belongings();
  let primary: Cluster;
  let standby: Cluster;
  let server: Server;
  before(async () => {
    primary = await ours.keep(startCluster());
    standby = await ours.keep(primary.standby());
    server = await ours.keep(startServer({ DATABASE_URL: primary.url }));
  });
  afterEach(() => loads.end());
  after(() => ours.end());

  it("F058: a hot standby is refused at start, with the reason", async () => {
    const refused = spawn(BINARY, ["serve"], { env: { ...server.env, DATABASE_URL: standby.url, PORT: "0", SPOOL_DIR: `${server.env["SPOOL_DIR"] ?? ""}-2` }, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    refused.stderr.on("data", (chunk) => (said += String(chunk)));
    const [code] = (await once(refused, "exit")) as [number];
    assert.equal(code, 1);
    assert.match(said, /hot standby and takes no writes/);
    assert.match(said, /point DATABASE_URL at the primary/);
  });

  it("F058: a server that becomes a standby under load: events are spooled until it is a primary again", async () => {
    const load = await loads.keep(new Load(server, { senders: 3 }));
    await load.more(100);
    await primary.stop();
    const signal = join(primary.directory, "data", "standby.signal");
    await writeFile(signal, "");
    await primary.start();
    assert.equal(await psql(primary.superuser, "SELECT pg_is_in_recovery()"), "t");
    await healthIs(server, "red");
    await load.more(200);
    await until("it says why", () => (/event=inbox\.store_lost|hot standby/.test(server.output()) ? true : undefined));
    await rm(signal);
    await primary.restart();
    await load.more(100);
    await load.end();
    await assertNothingLost(server, load);
    await feedIsDense(server);
  });
});
