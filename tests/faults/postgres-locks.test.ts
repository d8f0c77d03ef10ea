// Others at work in the same database: deadlocks, serialization failures, locks held for long, an
// old snapshot, a commit that comes late. Nobody is refused for it, nothing is buried for it.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { get, type CallDetail, type FeedPage } from "../lib/api.ts";
import { assertNothingLost, feedIsDense, Load } from "../lib/load.ts";
import { type Cluster, psql, Session, startCluster } from "../lib/postgres.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { Stream } from "../lib/stream.ts";
import { FakeCall, newCallSid } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const TIMES = { call_events: 12, webhook_inbox: 4 }; // the inbox asks a store that failed once a second

describe("PostgreSQL, with others in the way", () => {
  let cluster: Cluster;
  let server: Server;
  let others: Session;
  before(async () => {
    cluster = await startCluster();
    server = await startServer({ DATABASE_URL: cluster.url });
  });
  after(async () => {
    await server.remove();
    await cluster.remove();
  });
  afterEach(() => others.end());

  const logged = (what: RegExp): Promise<true> =>
    until(`PostgreSQL says ${String(what)}`, async () => (what.test(await psql(cluster.superuser, "SELECT pg_read_file('../log')")) ? true : undefined));

  async function endsWell(load: Load): Promise<void> {
    await load.end();
    await assertNothingLost(server, load);
    await feedIsDense(server);
  }

  /** The first n rows that come to a table fail with this SQLSTATE. */
  async function fail(table: string, state: string, n: number): Promise<void> {
    others = new Session(cluster.superuser);
    await others.run(`DROP SEQUENCE IF EXISTS unlucky CASCADE; CREATE SEQUENCE unlucky; GRANT ALL ON SEQUENCE unlucky TO PUBLIC;
      CREATE OR REPLACE FUNCTION strike() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('unlucky') <= ${String(n)} THEN RAISE EXCEPTION 'not now' USING ERRCODE = '${state}'; END IF;
        RETURN NEW; END $$;
      CREATE TRIGGER strike BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION strike()`);
  }

  async function struck(table: string, n: number): Promise<void> {
    assert.ok(Number(await psql(cluster.superuser, "SELECT last_value FROM unlucky")) > n);
    await psql(cluster.superuser, `DROP TRIGGER strike ON ${table}`);
  }

  for (const [what, state] of [["serialization failures", "40001"], ["deadlocks", "40P01"], ["lock timeouts", "55P03"]] as const) {
    for (const table of ["call_events", "webhook_inbox"] as const)
      it(`F055: ${what} at ${table} are tried again until they are over`, async () => {
        await fail(table, state, TIMES[table]);
        const load = new Load(server, { senders: 8 });
        await load.more(150);
        await endsWell(load);
        assert.equal(load.unanswered.refusals, 0);
        await struck(table, TIMES[table]);
      });
  }

  it("F055: a deadlock of a worker with somebody else ends, and its batch is applied once", async () => {
    const call = new FakeCall(server, "+15085140340");
    await call.arrives();
    await settled(server);
    others = new Session(cluster.superuser);
    await others.run("SET deadlock_timeout = '1min'; BEGIN; SELECT count(*) FROM (SELECT 1 FROM feed_heads FOR UPDATE) h");
    await call.status("in-progress");
    await until("a worker waits for us", async () =>
      Number(await psql(cluster.superuser, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'hookswitch-work' AND wait_event_type = 'Lock'")) > 0 ? true : undefined,
    );
    others.tell(`UPDATE calls SET updated_at = updated_at WHERE twilio_sid = '${call.sid}'`);
    await logged(/deadlock detected/);
    await others.run("ROLLBACK");
    assert.equal((await settled(server)).inbox.dead_letter, 0);
    const { call: shown, events } = await get<CallDetail>(server, `/api/calls/${call.sid}`);
    assert.equal(shown.status, "in-progress");
    assert.equal(events.length, 2);
  });

  it("F056: somebody idle in a transaction holds nobody up", async () => {
    others = new Session(cluster.url);
    await others.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM webhook_inbox");
    const load = new Load(server, { senders: 3 });
    await load.more(1000);
    await endsWell(load); // with the old snapshot still open
    await others.run("COMMIT");
  });

  it("F057: an ACCESS EXCLUSIVE lock holds no sender up: events are spooled until it is gone", async () => {
    const load = new Load(server, { senders: 3 });
    await load.more(100);
    others = new Session(cluster.superuser);
    await others.run("BEGIN; LOCK TABLE webhook_inbox IN ACCESS EXCLUSIVE MODE");
    await load.more(500);
    await logged(/hookswitch-work.*canceling statement due to lock timeout|canceling statement due to lock timeout/s);
    await load.more(100);
    assert.match(server.output(), /event=inbox\.store_lost.*lock timeout/);
    await others.run("COMMIT");
    await load.more(100);
    await endsWell(load);
    assert.equal(load.unanswered.refusals, 0, "nobody was refused");
    assert.doesNotMatch(server.output(), /spool\.kept_aside|inbox\.refused/);
  });

  it("F060: what commits late under a lower number is applied, and seen by readers of both nodes", async () => {
    const second = await startServer({ DATABASE_URL: cluster.url });
    try {
      const model = new FakeCall(server, "+15085140341");
      await model.arrives();
      await settled(server);
      const streams = [await Stream.open(server), await Stream.open(second)];
      const late = newCallSid();
      others = new Session(cluster.superuser);
      const columns = "project_id, provider, source, event_type, trace_id";
      await others.run(`BEGIN; INSERT INTO webhook_inbox (dedupe_key, lane, call_sid, payload, ${columns})
        SELECT 'late', '${late}', '${late}', replace(payload::text, '${model.sid}', '${late}')::jsonb, ${columns}
          FROM webhook_inbox WHERE call_sid = '${model.sid}'`);
      const loads = [server, second].map((node) => new Load(node, { senders: 4 }));
      await Promise.all(loads.map((load) => load.more(200)));
      await others.run("COMMIT");
      await Promise.all(loads.map((load) => load.more(100)));
      for (const load of loads) await load.end();
      await settled(server);
      await get(server, `/api/calls/${late}`);
      for (const load of loads) await assertNothingLost(second, load);
      const last = await feedIsDense(server);
      for (const stream of streams) {
        await stream.reaches(last);
        const seqs = stream.seqs();
        assert.deepEqual(seqs, seqs.map((_, i) => (seqs[0] ?? 0) + i), "a reader missed something");
        stream.close();
      }
      assert.equal((await get<FeedPage>(second, "/api/events?after_seq=0&limit=1")).last_seq, last);
    } finally {
      await second.remove();
    }
  });
});
