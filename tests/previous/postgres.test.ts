// A node of the version before beside one of now, on the schema of now, and back: docs/runbook.md, "To update". Not in
// `make test`, as it wants a build of an older commit: `make chaos PREVIOUS=path/to/its/hookswitch`.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, afterEach, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { Belongings } from "../lib/belongings.ts";
import { assertNothingLost, feedIsDense, Load } from "../lib/load.ts";
import { type Cluster, psql, startCluster } from "../lib/postgres.ts";
import { run as runJob } from "../lib/reconcile.ts";
import { BINARY, type Server, startServer } from "../lib/server.ts";
import { audit, settled } from "../lib/settled.ts";
import { FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const PREVIOUS = process.env["PREVIOUS"] ?? "";
/** Migration 0012 took from older nodes the sight of their rows: they are stopped before it. */
const WALL = 12;
/** No jobs: `rebuild` counts what an old node does not know of. */
const OLD_ROLES = ["--roles=door,worker,api,hub"];

describe("a node of the version before", () => {
  const ours = new Belongings();
  const loads = new Belongings();
  let cluster: Cluster, old: Server, now: Server;
  let known = 0, applied = 0;

  /** What it says; whatever it ends with but 0 is a failure. */
  async function by(binary: string, ...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(binary, args, { env: { DATABASE_URL: cluster.url, PATH: process.env["PATH"] } });
    return stdout;
  }
  const migrationsOf = async (binary: string): Promise<number> => (await by(binary, "migrate", "status")).split("applied").length - 1;
  const load = (server: Server): Promise<Load> => loads.keep(new Load(server, { senders: 4 }));

  before(async () => {
    cluster = await ours.keep(startCluster());
    await by(PREVIOUS, "migrate", "up");
    known = await migrationsOf(PREVIOUS);
    assert.ok(known >= WALL, "docs/runbook.md: nodes of before migration 0012 are stopped, not kept beside");
    old = await ours.keep(startServer({ DATABASE_URL: cluster.url, AUTO_MIGRATE: "false" }, OLD_ROLES, [], PREVIOUS));
  });
  afterEach(() => loads.end());
  after(() => ours.end());

  /** Of the old one alone, whose API is of its time: all that it has acknowledged is there and applied, as its own auditor says. */
  async function isWholeBy(binary: string, of: Load): Promise<void> {
    await of.end();
    await until("all is applied", async () => {
      const waiting = await psql(cluster.url, "SELECT count(*) FROM webhook_inbox WHERE processing_status <> 'completed'");
      return waiting === "0" ? by(binary, "verify", "--acks", of.log).catch(() => undefined) : undefined;
    });
    await by(binary, "verify", "--acks", of.log);
    await of.remove();
  }

  it("F205: goes on while the schema becomes that of now, and beside a node of now", async (t) => {
    const before = await load(old);
    await before.more(200);
    await by(BINARY, "migrate", "up");
    applied = await migrationsOf(BINARY);
    t.diagnostic(`the old one knows ${String(known)} migrations, the new one ${String(applied)}`);
    await before.more(200);
    now = await ours.keep(startServer({ DATABASE_URL: cluster.url }));
    const beside = await load(now);
    await Promise.all([before.more(300), beside.more(300)]);
    await Promise.all([before.end(), beside.end()]);
    await settled(now);
    await runJob(now, "rebuild"); // as the runbook wants across migration 0016
    await assertNothingLost(now, before);
    await assertNothingLost(now, beside);
    await feedIsDense(now);
  });

  it("F205: does not start on a schema that it does not know: it keeps what comes until that was taken back, and goes on", async (t) => {
    if (applied === known) {
      t.skip("both know the same migrations");
      return;
    }
    await old.stop();
    old.launch();
    await until("it says why", () => /does not know/.test(old.output()) || undefined);
    const call = new FakeCall(old, "+15085140320");
    await call.arrives();
    await call.status("completed", { CallDuration: "3" });
    await now.stop();
    assert.match(await by(BINARY, "migrate", "down", String(applied - known)), new RegExp(`^${String(applied - known)} taken back`));
    const kept = (): Promise<string> => psql(cluster.url, `SELECT count(*) FROM webhook_inbox WHERE call_sid = '${call.sid}' AND processing_status = 'completed'`);
    await until("what came is applied", async () => (await kept()) === "2" || undefined);
    await by(PREVIOUS, "verify");
  });

  it("F205: goes on under load while the schema of now comes and is taken back beneath it", async () => {
    const during = await load(old);
    await during.more(200);
    for (let i = 0; i < 3; i += 1) {
      await by(BINARY, "migrate", "up");
      await during.more(100);
      if (applied > known) await by(BINARY, "migrate", "down", String(applied - known));
      await during.more(100);
    }
    await isWholeBy(PREVIOUS, during);
  });

  it("F205: and forward again: the node of now finds all of it", async () => {
    await by(BINARY, "migrate", "up");
    await old.stop();
    await now.restart();
    const forward = await load(now);
    await forward.more(200);
    await forward.end();
    await assertNothingLost(now, forward);
    await feedIsDense(now);
    await audit(now);
  });
});
