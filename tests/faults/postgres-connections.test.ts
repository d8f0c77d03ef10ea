// Getting to PostgreSQL: no place left, not there yet, a name that nobody resolves.
import assert from "node:assert/strict";
import { after, afterEach, beforeEach, describe, it } from "node:test";
import { get, type InboxPage, type SyncHealth } from "../lib/api.ts";
import { NO_NAME_SERVER, startNameServer } from "../lib/dns.ts";
import { healthIs } from "../lib/health.ts";
import { assertNothingLost, feedIsDense, Load } from "../lib/load.ts";
import { type Cluster, occupy, psql, startCluster, terminate, urlWith } from "../lib/postgres.ts";
import { type Server, startServer } from "../lib/server.ts";
import { audit, settled } from "../lib/settled.ts";
import { FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const ALL_PLACES = 300;

/** Starts it again without waiting until it is ready, which it may not be for long. */
async function startAtOnce(server: Server): Promise<{ ready: Promise<void> }> {
  const ready = server.start();
  ready.catch(() => undefined); // whoever awaits it is told
  await until("it listens", () => fetch(`${server.url}/health`).catch(() => undefined));
  return { ready };
}

/** Four events a second, each of which must be kept; one does not wait for the other, as a provider's do not. */
async function arrivals(server: Server, n: number): Promise<Promise<void>[]> {
  const underWay: Promise<void>[] = [];
  for (let i = 0; i < n; i++) {
    underWay.push(new FakeCall(server, "+15085140352").status("completed"));
    await new Promise((next) => setTimeout(next, 250));
  }
  return underWay;
}

describe("PostgreSQL, on the way to it", () => {
  let cluster: Cluster;
  let server: Server;
  beforeEach(async () => {
    cluster ??= await startCluster();
  });
  afterEach(() => server.remove());
  after(() => cluster.remove());

  async function endsWell(load: Load): Promise<void> {
    await load.end();
    await assertNothingLost(server, load);
    await feedIsDense(server);
  }

  it("F052: all places taken by idle sessions: who has a connection keeps it, who lost it spools", async () => {
    server = await startServer({ DATABASE_URL: cluster.url });
    const load = new Load(server, { senders: 3 });
    await load.more(100);
    const idle = await occupy(cluster.url, ALL_PLACES);
    await assert.rejects(psql(cluster.url, "SELECT 1"), /too many clients|remaining connection slots/);
    await load.more(300);
    assert.doesNotMatch(server.output(), /event=inbox\.store_lost/);

    idle.leave();
    await cluster.restart();
    await occupy(cluster.url, ALL_PLACES);
    await until("our connections are gone for good", async () => {
      await terminate(cluster, "hookswitch-%");
      const more = await occupy(cluster.url, 20);
      const left = Number(await psql(cluster.superuser, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'hookswitch-ingest'"));
      if (left > 0) more.leave();
      return left === 0 ? true : undefined;
    });
    await healthIs(server, "red");
    await load.more(300);
    await terminate(cluster, ""); // all the idle ones
    await load.more(100);
    await endsWell(load);
    assert.equal(load.unanswered.refusals, 0);
  });

  it("F052: at start too; and a limit for the others keeps places free for us", async () => {
    server = await startServer({ DATABASE_URL: cluster.url });
    await server.stop();
    const others = urlWith(cluster.url, { username: "others" });
    await psql(cluster.superuser, "CREATE ROLE others LOGIN");
    let idle = await occupy(others, ALL_PLACES);
    const { ready } = await startAtOnce(server);
    const call = new FakeCall(server, "+15085140350");
    await call.arrives();
    await call.status("completed", { CallDuration: "3" }); // spooled
    idle.leave();
    await ready;
    await settled(server);
    assert.equal((await get<InboxPage>(server, `/api/events?call_sid=${call.sid}`)).total, 2);

    await server.stop();
    await psql(cluster.superuser, "ALTER ROLE others CONNECTION LIMIT 250");
    idle = await occupy(others, ALL_PLACES);
    await assert.rejects(psql(others, "SELECT 1"), /too many connections for role/);
    await server.start();
    assert.equal((await get<SyncHealth>(server, "/api/health/sync")).status, "ok");
    idle.leave();
  });

  it("F061: down at start and never seen before: it starts, health is red, and what comes is kept", async () => {
    server = await startServer({ DATABASE_URL: cluster.url });
    await server.stop();
    await cluster.stop();
    const { ready } = await startAtOnce(server);
    await healthIs(server, "red");
    const load = new Load(server, { senders: 3 });
    const call = new FakeCall(server, "+15085140351");
    await call.arrives();
    await load.more(100);
    await cluster.start();
    await ready;
    await load.more(100);
    await endsWell(load);
    assert.equal(load.unanswered.refusals, 0);
    assert.equal((await get<InboxPage>(server, `/api/events?call_sid=${call.sid}`)).total, 1);
    await audit(server);
  });

  it("F202: a name server that falls silent holds no sender up for long, and blocks no loop", { skip: NO_NAME_SERVER }, async () => {
    const names = await startNameServer();
    try {
      server = await startServer({ DATABASE_URL: urlWith(cluster.url, { hostname: "db.hookswitch.test" }) }, [], names.by);
      server.env["DATABASE_URL"] = cluster.url; // for the auditor, who has another name server
      const load = new Load(server, { senders: 1 });
      await load.more(100);
      names.silent = true;
      await terminate(cluster, "hookswitch-%");
      await until("it is asked", () => (names.unanswered > 0 ? true : undefined));
      await Promise.all(await arrivals(server, 48)); // for longer than anybody may wait
      await healthIs(server, "red");
      names.silent = false;
      await load.more(100);
      await endsWell(load);
      assert.equal(load.unanswered.refusals, 0);
    } finally {
      await names.close();
    }
  });

  it("F202: a name server that fails, or names many addresses where nobody is, costs no event", { skip: NO_NAME_SERVER }, async () => {
    const names = await startNameServer();
    try {
      server = await startServer({ DATABASE_URL: urlWith(cluster.url, { hostname: "db.hookswitch.test" }) }, [], names.by);
      server.env["DATABASE_URL"] = cluster.url; // for the auditor, who has another name server
      const load = new Load(server, { senders: 1 });
      await load.more(50);
      for (const knows of ["failure", "many"] as const) {
        names.knows = knows;
        await terminate(cluster, "hookswitch-%");
        await load.more(50);
      }
      await endsWell(load);
      assert.equal(load.unanswered.refusals, 0);
    } finally {
      await names.close();
    }
  });
});
