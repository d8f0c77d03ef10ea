// The database's server restarts, crashes, loses connections, hangs; always under load. What was
// acknowledged is there once, and our process goes on without a restart of its own.
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { get, type SyncHealth } from "../lib/api.ts";
import { healthIs } from "../lib/health.ts";
import { assertNothingLost, feedIsDense, Load } from "../lib/load.ts";
import { type Cluster, psql, startCluster, terminate } from "../lib/postgres.ts";
import { type Server, startServer } from "../lib/server.ts";
import { FakeCall } from "../lib/twilio.ts";

const LONG = process.env["CHAOS"] === "long";
const KILLS = LONG ? 120 : 16;
const PAUSE_MS = LONG ? 20_000 : 0;
const FEW = { senders: 3 }; // what takes long must not become long to audit
const ours = "hookswitch-%";

async function spoolBytes(server: Server): Promise<number> {
  return (await get<SyncHealth>(server, "/api/health/sync")).inbox.spool_bytes ?? assert.fail("whoever asks is not of the default project");
}

describe("PostgreSQL", () => {
  let cluster: Cluster;
  let server: Server;
  let pid: number;
  before(async () => {
    cluster = await startCluster();
    server = await startServer({ DATABASE_URL: cluster.url });
    pid = server.pid();
  });
  after(async () => {
    await server.remove();
    await cluster.remove();
  });

  async function endsWell(load: Load): Promise<void> {
    await load.end();
    await assertNothingLost(server, load);
    await feedIsDense(server);
    await healthIs(server, "green");
    assert.equal(server.pid(), pid, "it is the same process");
  }

  it("F047: restarted under load, three times", async () => {
    const load = new Load(server, FEW);
    for (let i = 0; i < 3; i++) {
      await load.more(200);
      await cluster.restart();
    }
    await load.more(200);
    await endsWell(load);
    assert.match(server.output(), /event=inbox\.store_lost/);
  });

  it("F048: crashes under load and recovers, three times", async () => {
    const load = new Load(server, FEW);
    for (let i = 0; i < 3; i++) {
      await load.more(200);
      await cluster.kill();
      await load.more(100); // spooled
      await cluster.start();
    }
    await load.more(200);
    await endsWell(load);
    assert.match(await psql(cluster.superuser, "SELECT pg_read_file('../log')"), /was not properly shut down/);
  });

  it("F049: all our backends are killed, twice a second", async () => {
    const load = new Load(server, FEW);
    await load.more(100);
    let killed = 0;
    for (let i = 0; i < KILLS; i++) {
      killed += await terminate(cluster, ours);
      await Promise.all([load.more(20), new Promise((next) => setTimeout(next, 500))]);
    }
    assert.ok(killed > KILLS, `${String(killed)} were killed`);
    await endsWell(load);
  });

  it("F051: paused: callers are served, events spooled, health is red, and nothing piles up", async () => {
    const threads = async (): Promise<number> => (await readdir(`/proc/${String(pid)}/task`)).length;
    const descriptors = async (): Promise<number> => (await readdir(`/proc/${String(pid)}/fd`)).length;
    const load = new Load(server, FEW);
    await load.more(100);
    const before_ = await threads();
    const silent = await startServer({ DATABASE_URL: cluster.url }, ["--roles=door,worker"]); // nobody calls there
    await cluster.pause();
    const until_ = Date.now() + PAUSE_MS;
    await healthIs(server, "red");
    await healthIs(silent, "red");
    await load.more(200);
    while (Date.now() < until_) await load.more(50);
    await new FakeCall(server, "+15085140330").arrives(); // TwiML
    assert.equal(await threads(), before_);
    const most = await descriptors();
    assert.ok(most < 100, `${String(most)} descriptors`);
    await cluster.resume();
    await healthIs(silent, "green");
    await silent.remove();
    await load.more(200);
    await endsWell(load);
    assert.equal(await spoolBytes(server), 0);
    const sessions = Number(await psql(cluster.superuser, `SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '${ours}'`));
    assert.ok(sessions < 20, `${String(sessions)} sessions`);
  });
});
