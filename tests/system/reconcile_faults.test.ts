// Reconcile among what may come between: a kill, a freeze, a webhook at the same moment.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { CallInstance } from "twilio/lib/rest/api/v2010/account/call.js";
import { ask, type Call, type CallDetail, get } from "../lib/api.ts";
import type { Between } from "../lib/between.ts";
import { ended, idle, type Run, start } from "../lib/jobs.ts";
import { feedIsDense } from "../lib/load.ts";
import { drift, playBetween, run, secondIsOver } from "../lib/reconcile.ts";
import { clientOf, type Sandbox } from "../lib/sandbox.ts";
import { OWNED_NUMBER, type Server, startServer } from "../lib/server.ts";
import { audit, settled } from "../lib/settled.ts";
import { sql } from "../lib/sql.ts";
import { FakeCall } from "../lib/twilio.ts";

const POSTGRES = process.env["STORE"] === "postgres";
const CALLER = "+15085140320";
const CALLS = 200;
/** Before the page is answered, or while it is joined. */
const KILLED_AT = [
  { page: 2, answered: false },
  { page: 5, answered: true },
  { page: 8, answered: false },
];

/** The page of a list of calls by their start that is asked for. */
function pageOf(target: string): { from: string; number: number } | undefined {
  const { pathname, searchParams } = new URL(target, "http://provider");
  const from = searchParams.get("StartTime>");
  return pathname.endsWith("/Calls.json") && from !== null ? { from, number: Number(searchParams.get("Page") ?? 0) } : undefined;
}

describe("a cold run whose process is killed", () => {
  let server: Server, sandbox: Sandbox, between: Between, theirs: CallInstance[], cold: Run;
  let from = "";
  before(async () => {
    ({ server, sandbox, between } = await playBetween("--calls", String(CALLS), "--lose", "0.3", "--seed", "21"));
    theirs = await clientOf(sandbox).calls.list({ pageSize: 1000 });
    await secondIsOver(theirs);
  });
  after(async () => {
    await between.close();
    await sandbox.stop();
    await server.remove();
  });

  /** Resolves when the provider is asked for the page, which it does not answer. */
  const heldAt = (number: number): Promise<void> => between.hold((target) => pageOf(target)?.number === number);

  const pages = (): number[] => between.asked.map(pageOf).flatMap((page) => (page?.from === from ? [page.number] : []));

  it("F085 goes on from its cursor after each start, and finds all", async () => {
    const before = await drift(server, theirs);
    assert.ok((before["status"] ?? 0) > CALLS / 10, JSON.stringify(before));
    await idle(server, "reconcile_cold");
    let held = heldAt(2);
    cold = await start(server, "reconcile_cold");
    for (const [i, { answered }] of KILLED_AT.entries()) {
      await held;
      from = pageOf(between.asked.at(-1) ?? "")?.from ?? "";
      if (answered) await between.release();
      await server.kill();
      await between.release();
      const next = KILLED_AT[i + 1];
      if (next) held = heldAt(next.page);
      await server.start();
    }
    const over = await ended(server, cold);
    assert.equal(over.state, "succeeded", over.error ?? "");
    assert.deepEqual(await drift(server, theirs), {});
    for (const kind of ["call", "status", "duration"])
      assert.equal(over.counts[`drift.${kind}`] ?? 0, before[kind] ?? 0, `${kind}: none is mended uncounted, or counted twice`);
  });

  it("asks for no page again but those at which it was killed", () => {
    const asked = pages();
    assert.deepEqual([...new Set(asked)], Array.from({ length: Math.max(...asked) + 1 }, (_, i) => i));
    const again = asked.filter((page, i) => asked.indexOf(page) !== i);
    assert.ok(Math.max(...asked) > 8 && again.includes(2) && again.includes(8) && again.every((page) => [2, 5, 6, 8].includes(page)), JSON.stringify(asked));
  });

  it("writes nothing twice", async () => {
    let mended = 0;
    for (const { sid } of theirs) {
      const { events } = await get<CallDetail>(server, `/api/calls/${sid}`);
      const lines = events.filter(({ source, event_type }) => source === "reconcile_cold" && !event_type.includes("recording"));
      assert.ok(lines.length <= 1, `${sid}: ${JSON.stringify(lines)}`);
      mended += lines.length;
    }
    assert.ok(mended > CALLS / 10, String(mended));
    assert.equal((await run(server, "reconcile_cold")).counts["synced"] ?? 0, 0);
    await feedIsDense(server);
    await audit(server);
  });
});

describe("a frozen call", () => {
  type Frozen = Call & { sync_state: string };
  let server: Server, sandbox: Sandbox, between: Between, theirs: CallInstance[];
  before(async () => {
    ({ server, sandbox, between } = await playBetween("--calls", "40", "--speed", "20", "--seed", "22"));
    theirs = await clientOf(sandbox).calls.list({ pageSize: 1000 });
    await secondIsOver(theirs);
  });
  after(async () => {
    await between.close();
    await sandbox.stop();
    await server.remove();
  });

  const shown = async (sid: string): Promise<Frozen> => (await get<{ call: Frozen }>(server, `/api/calls/${sid}`)).call;
  /** As if these calls had happened so many hours earlier. */
  const age = (hours: number, ...calls: { sid: string }[]): Promise<void> => {
    const earlier = (column: string): string => `${column} = ${column} - ${POSTGRES ? `${String(hours)} * interval '1 hour'` : `${String(hours)} * 3600000000`}`;
    return sql(server, `UPDATE calls SET ${["start_time", "end_time", "finalized_at", "updated_at"].map(earlier).join(", ")} WHERE twilio_sid IN (${calls.map(({ sid }) => `'${sid}'`).join(", ")});`);
  };
  const askedFor = ({ sid }: FakeCall): boolean => between.asked.some((target) => target.includes(sid));

  /** Freezes it by the job, as if it had ended two days ago. */
  async function freeze(call: { sid: string }): Promise<void> {
    await age(48, call);
    assert.equal((await run(server, "freeze")).counts["frozen"], 1);
    await age(-48, call);
  }

  it("takes from a list what is new of it, and stays frozen", async () => {
    const call = theirs.find(({ price }) => Number(price ?? 0) !== 0);
    assert.ok(call, "none has a price");
    assert.equal((await shown(call.sid)).price, null);
    await freeze(call);
    await run(server, "reconcile_cold");
    const { sync_state, status, price } = await shown(call.sid);
    assert.deepEqual([sync_state, status, price], ["frozen", call.status, Number(call.price)]);
  });

  it("F081 is not asked for by any run, takes what a late webhook tells, and stays frozen", async () => {
    const frozen = new FakeCall(server, CALLER), other = new FakeCall(server, CALLER);
    for (const call of [frozen, other]) {
      await call.arrives();
      await call.status("completed");
    }
    await settled(server);
    await freeze(frozen);
    await age(3, frozen, other); // when a call is asked for that lacks its duration
    for (const name of ["reconcile_hot", "reconcile_warm", "reconcile_cold", "sync_recent", "sync_today"]) await run(server, name);
    assert.deepEqual([askedFor(frozen), askedFor(other)], [false, true]);
    assert.deepEqual([(await shown(frozen.sid)).sync_state, (await shown(frozen.sid)).duration], ["frozen", null]);
    await age(-3, frozen, other);

    await frozen.status("in-progress");
    await frozen.status("completed", { CallDuration: "35" });
    await settled(server);
    const late = await shown(frozen.sid);
    assert.deepEqual([late.sync_state, late.status, late.is_final, late.duration], ["frozen", "completed", true, 35]);
    await audit(server);
  });
});

describe("reconcile of two nodes", { skip: !POSTGRES && "SQLite has one" }, () => {
  it("F087 and a webhook of the same call at the same moment make one history", async () => {
    const { server: first, sandbox, between } = await playBetween("--calls", "30", "--lose", "0.3", "--lose-ends", "0.3", "--seed", "23");
    const second = await startServer({ DATABASE_URL: first.env["DATABASE_URL"] ?? "", TWILIO_BASE_URL: between.url });
    const theirs = await clientOf(sandbox).calls.list({ pageSize: 1000 });
    for (const their of theirs.filter(({ direction }) => direction === "inbound")) {
      const webhook = async (node: Server): Promise<void> => {
        const call = Object.assign(new FakeCall(node, their.from, OWNED_NUMBER), { sid: their.sid });
        await call.status("in-progress");
        await call.status(their.status, { CallDuration: their.duration });
      };
      const reconcile = async (node: Server): Promise<void> => {
        assert.equal((await ask(node, `/api/sync/call/${their.sid}`, { method: "POST" })).status, 200);
      };
      await Promise.all([webhook(first), reconcile(second), webhook(second), reconcile(first)]);
    }
    await settled(first);
    await run(second, "reconcile_cold");
    assert.deepEqual(await drift(first, theirs), {});
    await feedIsDense(second);
    await audit(first);
    await second.remove();
    await between.close();
    await sandbox.stop();
    await first.remove();
  });
});
