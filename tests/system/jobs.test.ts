// What is done again and again: asked for, looked at, done once, gone on with after a kill.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ask, type Fault, type FeedPage, get, type InboxPage, type SyncHealth } from "../lib/api.ts";
import { ended, idle, jobs, type Run, start } from "../lib/jobs.ts";
import { psql, Session } from "../lib/postgres.ts";
import { type Server, startServer } from "../lib/server.ts";
import { audit, settled, tool } from "../lib/settled.ts";
import { sql } from "../lib/sql.ts";
import { deliverPoison, FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const POSTGRES = process.env["STORE"] === "postgres";
const CALLER = "+15085140320";

async function callThatEnded(server: Server): Promise<FakeCall> {
  const call = new FakeCall(server, CALLER);
  await call.arrives();
  await call.status("completed", { CallDuration: "35" });
  return call;
}

/** As if everything that is final had ended so many days earlier. */
function age(server: Server, days: number): Promise<void> {
  const then = POSTGRES ? `finalized_at - ${String(days)} * interval '1 day'` : `finalized_at - ${String(days)} * 86400000000`;
  return sql(server, `UPDATE calls SET finalized_at = ${then} WHERE is_final;`);
}

/** All that is known of calls that are over, as if they were frozen and it had been so many days earlier. */
function agedWhole(server: Server, days: number): Promise<void> {
  const then = (column: string): string => `${column} = ${column} - ${String(days)} * ${POSTGRES ? "interval '1 day'" : "86400000000"}`;
  // The log is append-only: its lines are put back as older ones.
  const log = `CREATE TEMP TABLE older AS SELECT * FROM call_events; DELETE FROM call_events; UPDATE older SET ${then("created_at")}; INSERT INTO call_events SELECT * FROM older; DROP TABLE older;`;
  const others = `UPDATE feed_events SET ${then("created_at")}; UPDATE webhook_inbox SET ${then("received_at")};`;
  return sql(server, `UPDATE calls SET sync_state = 'frozen', ${then("finalized_at")}, ${then("start_time")} WHERE is_final; ${log} ${others}`);
}

describe("jobs", () => {
  let server: Server;
  before(async () => {
    server = await startServer({ RECONCILE_JOBS_ENABLED: "false" });
  });
  after(() => server.remove());

  it("shows each, when it is due, and whether it may be asked for", async () => {
    const job = await until("they are planned", async () => (await jobs(server)).find(({ name, next_run_at }) => name === "freeze" && next_run_at !== null));
    assert.equal(job.schedule, "interval");
    assert.deepEqual([job.enabled, job.offered], [true, true]);
    const housekeeping = await until("so is that of the installation", async () => (await jobs(server)).find(({ name }) => name === "housekeeping"));
    assert.deepEqual([housekeeping.schedule, housekeeping.offered], ["daily", false]);
  });

  it("runs one for who asks, and says what became of it", async () => {
    const run = await start(server, "freeze");
    assert.deepEqual([run.state, run.asked_through, run.asked_by], ["waiting", "api", "bootstrap"]);
    assert.equal((await ended(server, run)).state, "succeeded");
    const { runs } = await get<{ runs: Run[] }>(server, "/api/jobs/freeze/runs");
    assert.equal(runs[0]?.id, run.id);
    assert.equal((await ask(server, "/api/jobs/freeze/runs/999999")).status, 404);
    assert.equal((await ask(server, `/api/jobs/housekeeping/runs/${run.id}`)).status, 404);
    assert.equal((await ask(server, "/api/jobs/laundry/runs", { method: "POST" })).status, 404);
    assert.equal((await ask(server, "/api/jobs/housekeeping/runs", { method: "POST" })).status, 404);
  });

  it("runs one for who asks at the console", async () => {
    await idle(server, "housekeeping");
    const { code, output } = await tool(server, "jobs", "run", "housekeeping");
    assert.equal(code, 0, output);
    await until("it has run", async () => ((await jobs(server)).find(({ name }) => name === "housekeeping")?.latest?.state === "succeeded" ? true : undefined));
    assert.match((await tool(server, "jobs", "list")).output, /^housekeeping +succeeded/m);
    assert.equal((await tool(server, "jobs", "run", "laundry")).code, 1);
    const ofProject = await tool(server, "jobs", "run", "housekeeping", "1");
    assert.equal(ofProject.code, 1);
    assert.match(ofProject.output, /once for the installation/);
    assert.equal((await tool(server, "jobs", "list", "999")).code, 1);
    assert.equal((await tool(server, "jobs", "sing")).code, 1);
  });

  it("freezes calls that ended a day ago, and applies what still comes of them", async () => {
    const call = await callThatEnded(server);
    await settled(server);
    await ended(server, await start(server, "freeze"));
    const state = async (): Promise<unknown> => (await get<{ call: { sync_state: string; status: string } }>(server, `/api/calls/${call.sid}`)).call.sync_state;
    assert.equal(await state(), "active");
    await age(server, 2);
    const { counts, done, total } = await ended(server, await start(server, "freeze"));
    assert.deepEqual([counts["frozen"], done, total], [1, 1, 1]);
    assert.equal(await state(), "frozen");
    await call.status("completed", { CallDuration: "36", SequenceNumber: "9" });
    await settled(server);
    assert.equal(await state(), "frozen");
    await age(server, 2);
    assert.equal((await ended(server, await start(server, "freeze"))).counts["frozen"], undefined, "not a second time");
    await age(server, -2);
  });

  it("has no job ask a provider while that is switched off", async () => { // what asks by hand: rollout.test.ts
    for (const path of ["reconcile/hot", "reconcile/warm", "reconcile/cold"]) {
      const { status, body } = await ask<Fault>(server, `/api/sync/${path}`, { method: "POST" });
      assert.equal(status, 503, path);
      assert.match(body.error.human_how_to_fix.join(" "), /reconcile_jobs_enabled/);
    }
    assert.equal((await get<SyncHealth>(server, "/api/health/sync")).reconcile.enabled, false);
    assert.deepEqual((await get<{ drift: unknown[] }>(server, "/api/sync/drift")).drift, []);
  });

  it("calls a job late that nobody runs, and that is no reason once it has run", async () => {
    const past = POSTGRES ? "now() - interval '10 minutes'" : "(unixepoch() - 600) * 1000000";
    await server.stop();
    await sql(server, `UPDATE sync_state SET next_run_at = ${past}, updated_at = ${past} WHERE job_name = 'freeze';`);
    const idler = await startServer({ DATABASE_URL: server.env["DATABASE_URL"] ?? "" }, ["--roles=api"]);
    const health = await get<SyncHealth>(idler, "/api/health/sync");
    assert.equal(health.status, "degraded");
    assert.match(health.reasons.join(" "), /The job freeze is 6\d\d seconds late/);
    await idler.stop();
    await server.start();
    await until("it has run", async () => (/late/.test((await get<SyncHealth>(server, "/api/health/sync")).reasons.join(" ")) ? undefined : true));
  });

  it("R149 counts anew what a conversation says wrongly of its calls", async () => {
    await callThatEnded(server);
    await settled(server);
    await sql(server, POSTGRES ? "UPDATE conversations SET metadata = metadata || '{\"total_calls\": 77}', last_call_id = NULL" : "UPDATE conversations SET metadata = json_set(metadata, '$.total_calls', 77), last_call_id = NULL");
    await assert.rejects(audit(server), /77/);
    assert.equal((await ended(server, await start(server, "rebuild"))).counts["recounted"], 1);
    await audit(server);
    await sql(server, "UPDATE feed_heads SET conversations = 88");
    await assert.rejects(audit(server), /its list is said to have 88 conversations, it has \d+/);
    assert.equal((await ended(server, await start(server, "rebuild"))).counts["recounted"], 1);
    await audit(server);
    const { counts, done, total } = await ended(server, await start(server, "rebuild"));
    assert.deepEqual([counts, done > 0, total], [{}, true, done]);
  });

  it("R152 keeps what is received, and the feed, for as long as the project wants, and all that is not done with", async () => {
    await deliverPoison(server);
    await callThatEnded(server);
    await settled(server);
    const old = (column: string): string => (POSTGRES ? `${column} - interval '40 days'` : `${column} - 40 * 86400000000`);
    const all = await get<FeedPage>(server, "/api/events?after_seq=0");
    const { total } = await get<InboxPage>(server, "/api/events");
    assert.ok(all.last_seq > 4 && total > 4);
    await sql(server, `UPDATE feed_events SET created_at = ${old("created_at")} WHERE seq <> ${String(all.last_seq - 1)}; UPDATE webhook_inbox SET received_at = ${old("received_at")};`);
    const run = await ended(server, await start(server, "retention"));
    assert.deepEqual(run.counts, { deleted: all.last_seq - 2, deleted_events: all.last_seq - 2 }, "of a numbering without gaps, and not the webhooks, which are kept for 90 days");
    assert.deepEqual([run.done, run.total], [all.last_seq - 2, all.last_seq - 2]);
    const late = await get<FeedPage>(server, "/api/events?after_seq=0");
    assert.deepEqual([late.resync, late.events.length], [true, 2]);
    assert.equal((await get<FeedPage>(server, `/api/events?after_seq=${String(all.last_seq - 2)}`)).events.length, 2);
    await audit(server);

    assert.equal((await ask(server, "/api/quotas", { method: "PATCH", body: { name: "inbox_kept_days", value: 30 } })).status, 200);
    assert.equal((await ended(server, await start(server, "retention"))).counts["deleted_webhooks"], total - 1);
    const left = await get<InboxPage>(server, "/api/events");
    assert.deepEqual(left.events.map((e) => e.processing_status), ["dead_letter"]);
    await audit(server);
    await callThatEnded(server);
    await settled(server);
    await audit(server);
  });

  it("R152 keeps calls for as long as the project wants, once they are over, and whole", async () => {
    const total = async (): Promise<number> => (await get<{ total: number }>(server, "/api/calls")).total;
    const gone = async (): Promise<number | undefined> => (await ended(server, await start(server, "retention"))).counts["deleted_calls"];
    const choose = async (value: number): Promise<number> => (await ask(server, "/api/quotas", { method: "PATCH", body: { name: "calls_kept_days", value } })).status;
    const all = await total();
    await agedWhole(server, 40);
    assert.equal(await gone(), undefined, "nobody said how long");
    assert.equal(await choose(6), 400);
    assert.equal(await choose(50), 200);
    assert.equal(await gone(), undefined, "they are young");
    assert.equal(await choose(20), 200);
    assert.equal(await gone(), all - 1, "but for the one of the feed's last event");
    assert.equal(await total(), 1);
    await agedWhole(server, -40);
    await ended(server, await start(server, "rebuild")); // what was counted by other times
    await audit(server);
    const call = await callThatEnded(server);
    await settled(server);
    assert.equal((await ask(server, `/api/calls/${call.sid}`)).status, 200);
    await audit(server);
  });

  it("R386 tells of the database, the keys and the limits as well", async () => {
    type Full = SyncHealth & { database: { engine: string; answers: boolean }; keys: { accounts: number }; limits: { name: string; most: number; used: number | null }[] };
    const full = await get<Full>(server, "/api/health/full");
    assert.deepEqual([full.database.engine, full.database.answers, full.keys.accounts], [POSTGRES ? "postgres" : "sqlite", true, 1]);
    assert.deepEqual(full.limits.find(({ name }) => name === "inbox_kept_days"), { name: "inbox_kept_days", most: 30, used: null });
    assert.equal(full.limits.find(({ name }) => name === "events_waiting_max")?.used, 0);
  });

  it("leaves a store in which the auditor finds nothing", async () => {
    await audit(server);
  });
});

describe("jobs of two nodes", { skip: !POSTGRES && "SQLite has one" }, () => {
  const CALLS = 3000;
  let first: Server, second: Server, url: string;
  before(async () => {
    first = await startServer({ JOB_THREADS: "1" }); // what it does next tells that it is done with what it did
    url = first.env["DATABASE_URL"] ?? "";
    second = await startServer({ DATABASE_URL: url });
  });
  after(async () => {
    await second.remove();
    await first.remove();
  });

  it("F028 are run by one of them, each time", async () => {
    await until("all is planned", async () => ((await jobs(first)).filter(({ next_run_at }) => next_run_at !== null).length >= 2 ? true : undefined));
    const runs = async (): Promise<number> => Number(await psql(url, "SELECT count(*) FROM job_runs WHERE job_name = 'freeze' AND asked_through = 'schedule'"));
    const before = await runs();
    for (let round = 1; round <= 5; round += 1) {
      await psql(url, "UPDATE sync_state SET next_run_at = now() WHERE job_name = 'freeze'");
      await until("it has run", async () => ((await runs()) === before + round && (await idle(second, "freeze")) ? true : undefined));
    }
    await idle(first, "freeze");
    assert.equal(await runs(), before + 5);
  });

  /** Calls that are old enough to be frozen, beside one that is not. */
  async function manyOldCalls(): Promise<void> {
    const call = await callThatEnded(first);
    await settled(first);
    await psql(url, `INSERT INTO calls (project_id, provider, twilio_sid, direction, status, display_status, from_number, to_number, is_final, finalized_at)
      SELECT project_id, 'test', 'CA' || g, 'inbound', 'completed', 'completed', '', '', true, now() - interval '3 days' + g * interval '1 second'
        FROM calls, generate_series(1, ${String(CALLS)}) g WHERE twilio_sid = '${call.sid}'`);
  }

  /** A run of the first node alone that stands in its middle, before a row that somebody else holds. */
  async function halfway(): Promise<{ run: Run; inTheWay: Session }> {
    await manyOldCalls();
    await second.stop();
    const inTheWay = new Session(url);
    await inTheWay.run("BEGIN; SELECT id FROM calls WHERE twilio_sid = 'CA1700' FOR UPDATE");
    const run = await start(first, "freeze");
    const at = await until("it stands before the row", async () => {
      const { body } = await ask<Run>(first, `/api/jobs/freeze/runs/${run.id}`);
      return body.done === 1500 ? body : undefined;
    });
    assert.equal(at.state, "running");
    return { run, inTheWay };
  }

  /** The second has done all that was left, and what it did. */
  async function finishedBySecond(run: Run): Promise<Run> {
    const over = await ended(second, run);
    assert.equal(over.state, "succeeded");
    assert.equal(await psql(url, "SELECT count(*) FROM calls WHERE provider = 'test' AND sync_state = 'frozen'"), String(CALLS));
    // The database may have ended the first node's statement as if nothing had happened; nobody counted it.
    assert.ok(over.done >= CALLS - 500 && over.done === over.counts["frozen"], `${String(over.done)}: ${JSON.stringify(over.counts)}`);
    return over;
  }

  it("F068 go on elsewhere, behind the last step, when their node is killed", async () => {
    const { run, inTheWay } = await halfway();
    assert.equal((await ask(first, "/api/jobs/freeze/runs", { method: "POST" })).status, 409);
    await first.kill();
    await inTheWay.end();
    await second.start();
    await finishedBySecond(run);
    await psql(url, "DELETE FROM calls WHERE provider = 'test'");
    await first.start();
  });

  it("F068 go on elsewhere when their node is stopped past its lease, which counts for nothing when it comes back", async () => {
    const { run, inTheWay } = await halfway();
    process.kill(first.pid(), "SIGSTOP");
    await inTheWay.end();
    await second.start();
    const over = await finishedBySecond(run);
    await second.stop();
    process.kill(first.pid(), "SIGCONT");
    const next = await ended(first, await start(first, "freeze")); // by the thread that was in the middle
    assert.deepEqual([next.state, next.counts], ["succeeded", {}], "nothing was left");
    assert.deepEqual((await ask(first, `/api/jobs/freeze/runs/${run.id}`)).body, over);
    assert.equal(await psql(url, `SELECT count(*) FROM job_runs WHERE job_name = 'freeze' AND id > ${run.id}`), "1");
    await psql(url, "DELETE FROM calls WHERE provider = 'test'");
    await audit(first);
    await second.start();
  });
});
