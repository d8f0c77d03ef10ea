// The database goes away: events are spooled, callers are served, and all is there when it is back.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ask, get, type InboxPage, type SyncHealth } from "../lib/api.ts";
import { isHealthy } from "../lib/health.ts";
import { METRICS_TOKEN, scrape } from "../lib/metrics.ts";
import { type Cluster, startCluster } from "../lib/postgres.ts";
import { type Server, startServer } from "../lib/server.ts";
import { audit, settled } from "../lib/settled.ts";
import { FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const skip = process.env["STORE"] !== "postgres" && "PostgreSQL only: SQLite has no server to stop";

describe("without the database", { skip }, () => {
  let cluster: Cluster;
  let server: Server;
  before(async () => {
    cluster = await startCluster();
    server = await startServer({ DATABASE_URL: cluster.url, METRICS_TOKEN });
  });
  after(async () => {
    await server.remove();
    await cluster.remove();
  });

  it("F176 goes on acknowledging, tells its health, no figure to whom it does not know, and replays once, in order", async () => {
    const first = new FakeCall(server, "+15085140320");
    await first.arrives();
    await settled(server);

    await cluster.stop();
    await first.status("in-progress");
    await first.status("in-progress");
    const second = new FakeCall(server, "+15085140321");
    await second.arrives(); // TwiML is still answered
    await second.status("completed", { CallDuration: "3" });
    await until("health says so", async () => ((await isHealthy(server)) ? undefined : true));
    const down = await ask<SyncHealth>(server, "/api/health/sync");
    assert.deepEqual([down.status, down.body.status], [503, "down"]);
    assert.match(down.body.reasons.join(" "), /cannot be reached.*spool/);
    assert.doesNotMatch(down.body.reasons.join(" "), /\d/, "nobody is known now, and a figure would be of everybody");
    assert.deepEqual([down.body.inbox.spool_bytes, down.body.feed.publish_lag_ms, down.body.worker.lag_ms], [null, null, 0]);
    const figures = await scrape(server);
    assert.match(figures, /^inbox_spool_bytes [1-9]/m);
    assert.match(figures, /^inbox_spool_latency_seconds_count [1-9]/m);
    assert.equal((await ask(server, "/api/health/sync", { key: null })).status, 401);

    await cluster.start();
    const health = await settled(server);
    assert.equal(health.status, "ok");
    await until("health says so", async () => ((await isHealthy(server)) ? true : undefined));
    const { events, total } = await get<InboxPage>(server, "/api/events?limit=100");
    assert.equal(total, 5);
    assert.equal(new Set(events.map((event) => event.dedupe_key)).size, 5);
    await audit(server);
  });

  it("keeps the spool over a crash of its own", async () => {
    await cluster.stop();
    const call = new FakeCall(server, "+15085140322");
    await call.arrives();
    await call.status("completed", { CallDuration: "7" });
    await server.kill();
    await cluster.start();
    await server.start();
    await settled(server);
    assert.equal((await get<InboxPage>(server, `/api/events?call_sid=${call.sid}`)).total, 2);
    await audit(server);
  });

  it("comes back by itself after a crash of the server, and stays ahead of nothing", async () => {
    const call = new FakeCall(server, "+15085140323");
    await call.arrives();
    await cluster.kill();
    await call.status("in-progress");
    await cluster.start();
    await call.status("completed", { CallDuration: "9" });
    const health = await settled(server);
    assert.equal(health.inbox.dead_letter, 0);
    assert.equal((await get<InboxPage>(server, `/api/events?call_sid=${call.sid}`)).total, 3);
    await audit(server);
  });

  it("F061: starts while the database is down, keeps what comes, and goes on when it is there", async () => {
    await server.stop();
    await cluster.stop();
    const started = server.start(); // resolves when it is ready
    const refused = await until("it listens", () => fetch(`${server.url}/health`).catch(() => undefined));
    assert.equal(refused.status, 503);
    const call = new FakeCall(server, "+15085140324");
    await call.arrives(); // with TwiML
    await call.status("completed", { CallDuration: "5" });
    await cluster.start();
    await started;
    assert.equal((await settled(server)).status, "ok");
    assert.equal((await get<InboxPage>(server, `/api/events?call_sid=${call.sid}`)).total, 2);
    await audit(server);
  });
});
