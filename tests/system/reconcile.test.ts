// What the provider never told us is found out: against the simulator of Twilio, judged by Twilio's own client.
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { after, before, describe, it } from "node:test";
import type { CallInstance } from "twilio/lib/rest/api/v2010/account/call.js";
import { ask, type Call, get } from "../lib/api.ts";
import { ended, type Run } from "../lib/jobs.ts";
import { listen } from "../lib/listen.ts";
import { scrape, value } from "../lib/metrics.ts";
import { drift, fallSilent, play, playBetween, run, secondIsOver } from "../lib/reconcile.ts";
import { clientOf, type Sandbox } from "../lib/sandbox.ts";
import { type Server, startServer } from "../lib/server.ts";
import { audit } from "../lib/settled.ts";
import { Stream } from "../lib/stream.ts";
import { sql } from "../lib/sql.ts";
import { until } from "../lib/wait.ts";

const CALLS = 300;

describe("reconcile", () => {
  let server: Server, sandbox: Sandbox;
  let theirs: CallInstance[];
  let requests = 0, priced = 0;

  before(async () => {
    ({ server, sandbox } = await play("--calls", String(CALLS), "--lose", "0.05", "--lose-ends", "0.02", "--rest-per-second", "100", "--seed", "11", "--rate", "6000")); // for some seconds, so that some calls last from one into the next, and cost something
    theirs = await clientOf(sandbox).calls.list({ pageSize: 1000 });
  });
  after(async () => {
    await sandbox.stop();
    await server.remove();
  });

  it("begins with a store that is wrong", async () => {
    const before = await drift(server, theirs);
    assert.ok((before["status"] ?? 0) > CALLS / 50, JSON.stringify(before));
  });

  it("F085 ends the calls whose end was never told, and shows it live", async () => {
    const { events, last_seq } = await get<{ events: { seq: number }[]; last_seq: number }>(server, "/api/events?after_seq=0&limit=1");
    assert.equal(events.length, 1);
    const behind = (await get<{ calls: Call[] }>(server, "/api/calls/active")).calls;
    assert.ok(behind.length > 0);
    await fallSilent(server);
    const watching = await Stream.open(server);
    await watching.first("connected");
    const hot = await run(server, "reconcile_hot");
    requests += hot.counts["requests"] ?? 0;
    priced += hot.counts["drift.price"] ?? 0; // of those that began with them
    assert.ok((hot.counts["drift.status"] ?? 0) >= behind.length, JSON.stringify(hot.counts));
    assert.ok(hot.total >= behind.length && hot.done === hot.total, `${String(hot.done)} of ${String(hot.total)}`);
    assert.deepEqual((await get<{ calls: Call[] }>(server, "/api/calls/active")).calls, []);
    const page = await get<{ events: { payload: { call: Call; event: { source: string } } }[] }>(server, `/api/events?after_seq=${String(last_seq)}&limit=1000`);
    for (const { twilio_sid } of behind)
      assert.ok(page.events.some(({ payload }) => payload.call.twilio_sid === twilio_sid && payload.call.is_final && payload.event.source === "reconcile_hot"), twilio_sid);
    // Each of them is sent once: what is mended is one change of the call, and one frame.
    const last = page.events.length;
    const frames = await until("they were all sent", () => {
      const sent = watching.frames.filter(({ data }) => (data.seq ?? 0) > last_seq);
      return Promise.resolve(sent.length >= last ? sent : undefined);
    });
    watching.close();
    const sids = frames.map(({ data }) => String(data.data["callSid"]));
    assert.equal(new Set(sids).size, sids.length, "no call was sent twice");
    assert.deepEqual([...sids].sort(), page.events.map(({ payload }) => payload.call.twilio_sid).sort());
    for (const { payload } of page.events) assert.match(payload.event.source, /^reconcile_|^inferred$/); // itself, or what follows from it
  });

  it("finds everything else over the day, and then nothing any more", async () => {
    const cold = await run(server, "reconcile_cold");
    requests += cold.counts["requests"] ?? 0;
    assert.equal(cold.counts["checked"], theirs.length);
    assert.deepEqual([cold.done, cold.total], [theirs.length, theirs.length], "which are more than were known");
    assert.ok(priced + (cold.counts["drift.price"] ?? 0) > 0);
    assert.deepEqual(await drift(server, theirs), {});
    for (const recording of await clientOf(sandbox).recordings.list({ pageSize: 1000 })) {
      const { call } = await get<{ call: Call }>(server, `/api/calls/${recording.callSid}`);
      assert.notEqual(call.recording_url, null, recording.callSid);
    }
    await audit(server);
    const again = await run(server, "reconcile_cold");
    assert.deepEqual([again.counts["synced"] ?? 0, again.counts["checked"], again.done, again.total], [0, theirs.length, theirs.length, theirs.length]);
  });

  it("asks a fifth of what one request for each call would be, at most", () => {
    assert.ok(5 * requests <= theirs.length, `${String(requests)} requests for ${String(theirs.length)} calls`);
  });

  it("compares and mends one call", async () => {
    const sid = theirs[0]?.sid ?? "";
    await sql(server, `UPDATE calls SET sync_state = 'frozen' WHERE twilio_sid = '${sid}';`);
    const { status, body } = await ask<{ known_here: boolean; known_there: boolean; drift: string[]; fields: { name: string; differs: boolean }[] }>(server, `/api/sync/call/${sid}`);
    assert.equal(status, 200);
    assert.deepEqual([body.known_here, body.known_there, body.drift], [true, true, []]);
    assert.deepEqual(body.fields.filter(({ differs }) => differs), []);
    assert.deepEqual((await ask(server, `/api/sync/call/${sid}`, { method: "POST" })).body, { call_sid: sid, synced: false, drift: [] });
    assert.equal((await ask(server, `/api/sync/call/CA${"0".repeat(32)}`)).status, 404);
    assert.equal((await ask(server, `/api/sync/call/CA${"0".repeat(32)}`, { method: "POST" })).status, 404);
  });
});

describe("one call that is mended", () => {
  it("counts as drift wherever drift is counted, once", async () => {
    const { server, sandbox } = await play("--calls", "6", "--lose-ends", "1", "--seed", "14");
    const found = async (): Promise<number> =>
      (await get<{ drift: { kind: string; found: number }[] }>(server, "/api/sync/drift")).drift.reduce((sum, each) => sum + (each.kind === "status" ? each.found : 0), 0);
    const told = async (): Promise<number> =>
      value(await scrape(server), 'reconcile_drift_detected_total{kind="status"}') ?? 0;
    const behind = (await get<{ calls: Call[] }>(server, "/api/calls/active")).calls;
    const before = [await found(), await told()];
    for (const { twilio_sid } of behind.slice(0, 2)) {
      const mend = (): ReturnType<typeof ask> => ask(server, `/api/sync/call/${twilio_sid}`, { method: "POST" });
      assert.ok((((await mend()).body as { drift: string[] }).drift).includes("status"));
      assert.deepEqual(((await mend()).body as { drift: string[] }).drift, []);
    }
    assert.deepEqual([await found(), await told()], before.map((n) => n + 2));
    assert.equal(value(await scrape(server), 'job_runs_total{job_name="sync_call",result="ok"}'), 2);
    await sandbox.stop();
    await server.remove();
  });
});

describe("reconcile, when the provider has had enough", () => {
  it("comes again when it is told to, and loses nothing", async () => {
    const { server, sandbox } = await play("--calls", "40", "--lose", "0.3", "--rest-per-second", "4", "--seed", "12");
    const theirs = await clientOf(sandbox).calls.list({ pageSize: 1000 });
    await fallSilent(server);
    const before = await drift(server, theirs);
    assert.ok((before["status"] ?? 0) + (before["call"] ?? 0) > 3, JSON.stringify(before));
    await run(server, "reconcile_hot");
    await run(server, "reconcile_cold");
    assert.deepEqual(await drift(server, theirs), {});
    await audit(server);
    await sandbox.stop();
    await server.remove();
  });
});

/** How far back each may list; hot what began with calls that it looks for, and what is going on, whenever that began. */
const WINDOWS = { reconcile_hot: 1, reconcile_warm: 6, reconcile_cold: 24 };
const HOUR = 3_600_000;

describe("what reconcile asks for", () => {
  it("reaches no further back than the window of each run, and never three days", async () => {
    const { server, sandbox, between } = await playBetween("--calls", "20", "--lose-ends", "1", "--seed", "15");
    await sql(server, `UPDATE sync_state SET next_run_at = next_run_at + ${process.env["STORE"] === "postgres" ? "interval '1 day'" : "86400000000"};`); // none but those that are asked for
    await fallSilent(server);
    for (const [job, hours] of Object.entries(WINDOWS)) {
      const [asked, began] = [between.asked.length, Date.now()];
      await run(server, job);
      const lists = between.asked.slice(asked).map((target) => new URL(target, "http://provider")).filter(({ pathname }) => /\/(Calls|Recordings)\.json$/.test(pathname));
      const from = ({ searchParams }: URL): string | null => searchParams.get("StartTime>") ?? searchParams.get("DateCreated>");
      assert.ok(lists.length >= 2, `${job} has asked: ${String(lists.length)}`);
      for (const list of lists) {
        const since = from(list);
        if (list.searchParams.has("Status")) assert.deepEqual([since, job], [null, "reconcile_hot"], list.href);
        else assert.ok(since !== null && Date.parse(since) >= began - hours * HOUR - 1000, `${job}: ${list.href}`); // a second is cut off
      }
    }
    await between.close();
    await sandbox.stop();
    await server.remove();
  });
});

type Sync = { success: boolean; message: string; synced: number; skipped: number; total: number; run: Run };
const sync = (server: Server, name: string): ReturnType<typeof ask<Sync>> => ask<Sync>(server, `/api/sync/${name}`, { method: "POST" });

/** A provider that answers when it is let: with an empty list, or with a failure. */
async function haltingProvider(): Promise<{ url: string; asked: () => number; answer: (status: number) => void; end: () => Promise<void> }> {
  const held: ServerResponse[] = [];
  const { url, close } = await listen((_, answer) => held.push(answer));
  return {
    url,
    asked: () => held.length,
    answer: (status) => {
      for (const answer of held.splice(0)) answer.writeHead(status, { "Content-Type": "application/json" }).end('{"calls":[],"recordings":[],"next_page_uri":null}');
    },
    end: close,
  };
}

describe("a sync that is asked for in the way of earlier systems", () => {
  it("answers when it is done, with what it found", async () => {
    const { server, sandbox } = await play("--calls", "40", "--lose", "0.3", "--seed", "13");
    const theirs = await clientOf(sandbox).calls.list({ pageSize: 1000 });
    await secondIsOver(theirs);
    const first = await sync(server, "recent");
    assert.deepEqual([first.status, first.body.success, first.body.run.state], [200, true, "succeeded"]);
    assert.deepEqual([first.body.total, first.body.synced, first.body.skipped], [theirs.length, first.body.run.counts["synced"], first.body.run.counts["skipped"] ?? 0]);
    assert.ok(first.body.synced > 3, JSON.stringify(first.body));
    assert.deepEqual(await drift(server, theirs), {});
    const second = await sync(server, "today");
    assert.deepEqual([second.status, second.body.total, second.body.synced], [200, theirs.length, 0]);
    await sandbox.stop();
    const third = await sync(server, "today");
    assert.deepEqual([third.status, third.body.success, third.body.total], [200, false, 0]);
    assert.ok(third.body.run.error !== null && third.body.message.endsWith(third.body.run.error), third.body.message);
    await server.remove();
  });

  it("keeps one waiting at a time, and nobody when the server stops", async () => {
    const provider = await haltingProvider();
    const server = await startServer({ TWILIO_BASE_URL: provider.url, JOB_THREADS: "8" });
    const first = sync(server, "recent");
    await until("the provider is asked", () => Promise.resolve(provider.asked() > 0 || undefined));
    assert.equal((await sync(server, "recent")).status, 409);
    const second = await sync(server, "today");
    assert.deepEqual([second.status, second.body.success, second.body.total], [202, true, 0]);
    assert.match(second.body.message, new RegExp(`/api/jobs/sync_today/runs/${second.body.run.id} `));
    await until("the provider is asked for both", () => Promise.resolve(provider.asked() > 1 || undefined));
    provider.answer(503);
    assert.deepEqual([(await first).status, (await first).body.success], [200, false]);
    assert.equal((await ended(server, second.body.run)).state, "failed");
    const third = sync(server, "recent");
    await until("the provider is asked again", () => Promise.resolve(provider.asked() > 0 || undefined));
    await server.stop();
    assert.equal((await third).status, 202);
    await provider.end();
    await server.remove();
  });
});
