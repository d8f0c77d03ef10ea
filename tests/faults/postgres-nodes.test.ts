// Two nodes on one PostgreSQL: what one of them leaves behind when it stops or dies is taken over by
// the other, and one that wakes up after that changes nothing.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { ask, get, type CallDetail } from "../lib/api.ts";
import { Belongings } from "../lib/belongings.ts";
import { wrongClock } from "../lib/faketime.ts";
import { listen } from "../lib/listen.ts";
import { assertNothingLost, feedIsDense, Load } from "../lib/load.ts";
import { type Cluster, psql, startCluster } from "../lib/postgres.ts";
import { ACCOUNT_SID, OWNED_NUMBER, type Server, startServer } from "../lib/server.ts";
import { audit, settled } from "../lib/settled.ts";
import { FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

describe("two nodes on one PostgreSQL", () => {
  const ours = new Belongings();
  const loads = new Belongings();
  let cluster: Cluster;
  let first: Server;
  let second: Server;
  before(async () => {
    cluster = await ours.keep(startCluster());
    first = await ours.keep(startServer({ DATABASE_URL: cluster.url }));
    await ours.keep(first, (started) => process.kill(started.pid(), "SIGCONT")); // it may be stopped
    second = await ours.keep(startServer({ DATABASE_URL: cluster.url }));
  });
  afterEach(() => loads.end());
  after(() => ours.end());

  /** Stops a node at a moment at which rows are in its hands. */
  async function stopAtWork(node: Server): Promise<void> {
    await until("it is stopped at work", async () => {
      process.kill(node.pid(), "SIGSTOP");
      const held = await psql(cluster.url, `SELECT count(*) FROM webhook_inbox w JOIN queue_leases l ON l.token = w.claim_token
         WHERE w.processing_status = 'processing' AND l.owner LIKE '%/${String(node.pid())}'`);
      if (Number(held) > 0) return true;
      process.kill(node.pid(), "SIGCONT");
      return undefined;
    });
  }

  const rowsOf = (answer: string): string[] => answer.split("\n").filter((row) => row !== "");

  it("F021, F028: a node that is stopped at work is taken over, and fenced when it wakes up", async () => {
    for (let round = 0; round < 3; round++) {
      const load = await loads.keep(new Load(second, { senders: 4 }));
      await load.more(200);
      await stopAtWork(first);
      await load.more(100);
      await load.end();
      await settled(second); // by the second alone
      process.kill(first.pid(), "SIGCONT");
      await assertNothingLost(second, load);
      await feedIsDense(first);
    }
  });

  it("F016: a node that dies at work is taken over, each of its rows with one attempt more", async (t) => {
    const load = await loads.keep(new Load(second, { senders: 4 }));
    await load.more(200);
    await stopAtWork(first);
    const attempts = async (ids: string[]): Promise<string[]> =>
      rowsOf(await psql(cluster.url, `SELECT id || ' ' || retry_count FROM webhook_inbox WHERE id IN (${ids.join()}) AND processing_status = 'completed' ORDER BY id`));
    const held = rowsOf(await psql(cluster.url, `SELECT w.id || ' ' || w.retry_count FROM webhook_inbox w JOIN queue_leases l ON l.token = w.claim_token
       WHERE w.processing_status = 'processing' AND l.owner LIKE '%/${String(first.pid())}' ORDER BY w.id`)).map((row) => row.split(" "));
    await first.kill();
    const began = performance.now();
    const once = held.map(([id = "", n]) => `${id} ${String(Number(n) + 1)}`);
    await until("its rows are done by the other", async () => ((await attempts(held.map(([id = ""]) => id))).length === held.length ? true : undefined));
    const took = (performance.now() - began) / 1000;
    assert.deepEqual(await attempts(held.map(([id = ""]) => id)), once);
    t.diagnostic(`measured: ${String(held.length)} rows of a killed worker are done elsewhere within ${took.toFixed(2)} s, with one attempt more (promised: 5 s)`);
    await load.more(100);
    await load.end();
    await assertNothingLost(second, load);
    await first.start();
  });

  it("are restarted one after the other, as an update does, and nothing is lost or doubled", async () => {
    const both = await Promise.all([first, second].map((node) => loads.keep(new Load(node, { senders: 4, retry: true }))));
    for (const node of [first, second, first]) {
      await node.restart();
      for (const load of both) await load.more(50);
    }
    for (const load of both) await load.end();
    for (const load of both) await assertNothingLost(second, load);
    await feedIsDense(first);
  });

  it("F027: the events of one call, sent to both at once, are one history", async () => {
    const calls = Array.from({ length: 10 }, (_, i) => new FakeCall(second, `+1508514036${String(i)}`));
    const copies = calls.map((call) => {
      const copy = new FakeCall(first, call.from);
      return Object.assign(copy, { sid: call.sid });
    });
    const live = async (call: FakeCall): Promise<void> => {
      await call.arrives();
      for (const status of ["in-progress", "completed"]) await call.status(status, { CallDuration: "3" });
    };
    await Promise.all([...calls, ...copies].map(live));
    await settled(first);
    for (const call of calls) {
      const { call: shown, events } = await get<CallDetail>(first, `/api/calls/${call.sid}`);
      assert.equal(shown.status, "completed");
      const keys = new Set(events.map((event) => event.id));
      assert.equal(keys.size, events.length);
    }
    await feedIsDense(second);
  });

  it("one whose clock is an hour off is alive until it is gone, whichever of them is asked", async () => {
    type Node = { port: number; is_silent: boolean; clock_ahead_seconds: number; started_at: string; seen_at: string };
    const wrong = await startServer({ DATABASE_URL: cluster.url, ...wrongClock({ offset: "+3600s" }) });
    const port = Number(new URL(wrong.url).port);
    const seenBy = async (node: Server): Promise<Node> => {
      const { nodes } = await get<{ nodes: Node[] }>(node, "/api/nodes");
      return nodes.find((n) => n.port === port) ?? assert.fail("it is not in the list");
    };
    try {
      for (const node of [first, wrong]) {
        const { nodes } = await get<{ nodes: Node[] }>(node, "/api/nodes");
        assert.deepEqual(nodes.filter((n) => n.is_silent), [], "all of them are alive");
        const seen = await seenBy(node);
        assert.ok(Math.abs(seen.clock_ahead_seconds - 3600) < 60, JSON.stringify(seen));
        assert.ok(Math.abs(Date.parse(seen.started_at) - Date.now()) < 600_000, "its times are told by the right clock");
      }
      await wrong.kill();
      // As though it had been a while ago.
      await psql(cluster.url, `UPDATE nodes SET seen_at = clock_timestamp() - interval '21 s' WHERE port = ${String(port)}`);
      assert.equal((await seenBy(first)).is_silent, true);
    } finally {
      await wrong.remove();
    }
  });
});

/** A provider whose API is behind: whatever call it is asked for is still going on. */
async function lateProvider(): Promise<{ url: string; asked: () => number; close: () => Promise<void> }> {
  let asked = 0;
  const { url, close } = await listen((request, answer) => {
    const sid = /\/Calls\/(CA\w+)\.json/.exec(request.url ?? "")?.[1];
    const call = { sid, account_sid: ACCOUNT_SID, status: "in-progress", direction: "inbound", from: "+15085140320", to: OWNED_NUMBER, start_time: new Date().toUTCString().replace("GMT", "+0000") };
    if (sid !== undefined) asked++;
    answer.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(sid === undefined ? { calls: [], recordings: [], next_page_uri: null } : call));
  });
  return { url, asked: () => asked, close };
}

describe("two nodes that ask a provider whose API is behind", () => {
  it("F087: no end goes back, whichever node hears of it first", async () => {
    const ours = new Belongings();
    const mend = async (node: Server, sid: string): Promise<void> => {
      await until("the provider may be asked", async () => {
        const { status, body } = await ask(node, `/api/sync/call/${sid}`, { method: "POST" });
        assert.ok(status === 200 || status === 503, JSON.stringify(body));
        return status === 200 || undefined;
      });
    };
    try {
      const provider = await ours.keep(lateProvider());
      const cluster = await ours.keep(startCluster());
      const first = await ours.keep(startServer({ DATABASE_URL: cluster.url, TWILIO_BASE_URL: provider.url }));
      const second = await ours.keep(startServer({ DATABASE_URL: cluster.url, TWILIO_BASE_URL: provider.url }));
      const nodes = [first, second];
      const calls = Array.from({ length: 8 }, (_, i) => new FakeCall(i % 2 ? first : second, "+15085140320"));
      for (const call of calls) await call.arrives();
      await settled(first);
      // The end comes to one node while the other one asks.
      await Promise.all(calls.flatMap((call) => [call.status("completed", { CallDuration: "3" }), ...nodes.map((node) => mend(node, call.sid))]));
      await settled(second);
      for (const call of calls) await Promise.all(nodes.map((node) => mend(node, call.sid)));
      assert.ok(provider.asked() >= 4 * calls.length);
      for (const node of nodes)
        for (const { sid } of calls) {
          const { call, events } = await get<CallDetail>(node, `/api/calls/${sid}`);
          assert.deepEqual([call.status, call.is_final], ["completed", true]);
          assert.equal(new Set(events.map(({ id }) => id)).size, events.length);
        }
      await audit(first);
      await feedIsDense(second);
    } finally {
      await ours.end();
    }
  });
});

describe("nodes that start at the same time on an empty database", () => {
  it("make one installation", async () => {
    const ours = new Belongings();
    try {
      const cluster = await ours.keep(startCluster());
      await Promise.all(Array.from({ length: 3 }, () => ours.keep(startServer({ DATABASE_URL: cluster.url }))));
      for (const table of ["orgs", "projects", "users"]) assert.equal(await psql(cluster.url, `SELECT count(*) FROM ${table}`), "1", table);
    } finally {
      await ours.end();
    }
  });
});
