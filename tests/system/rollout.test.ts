// docs/rollout.md word for word: each of its commands, in its order, on as many nodes as the store allows.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { CallInstance } from "twilio/lib/rest/api/v2010/account/call.js";
import { ask, type Call, type Fault, get, type SyncHealth } from "../lib/api.ts";
import { found, OWNER } from "../lib/company.ts";
import { METRICS_TOKEN, scrape, value } from "../lib/metrics.ts";
import { drift, run, secondIsOver } from "../lib/reconcile.ts";
import { Page, typed } from "../lib/runbook.ts";
import { AT_ONCE, clientOf, type Sandbox, startSandbox } from "../lib/sandbox.ts";
import { ACCOUNT_SID, freePort, OWNED_NUMBER, type Server, startServer } from "../lib/server.ts";
import { audit, settled } from "../lib/settled.ts";
import { Stream } from "../lib/stream.ts";
import { newCallSid, post } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const POSTGRES = process.env["STORE"] === "postgres";
const CALLS = 40;
const CHAOS = ["--calls", String(CALLS), "--lose", "0.1", "--lose-ends", "0.2", "--seed", "7"];
const FINAL = ["completed", "busy", "no-answer", "failed", "canceled"];
const PRESET: Record<string, string> = { webhook_ingestion_enabled: "on", worker_percentage: "100", realtime_push_enabled: "on", reconcile_jobs_enabled: "on" };

describe("the rollout, as its page says", () => {
  const nodes: Server[] = [];
  const took: number[] = [];
  let server: Server;
  let page: Page;
  let port: number;
  let sandbox: Sandbox | undefined;

  before(async () => {
    page = await Page.read("rollout.md");
    port = await freePort();
    const env = { ...OWNER, METRICS_TOKEN, DEMO_CALLS: "true", PROVIDER_REQUESTS_PER_SECOND: "90", TWILIO_BASE_URL: `http://127.0.0.1:${String(port)}` };
    server = await startServer(env);
    nodes.push(server);
    if (POSTGRES) nodes.push(await startServer({ ...env, DATABASE_URL: server.env["DATABASE_URL"] }));
    for (const i of [2, 3]) await found(server, `Organisation ${String(i)}`, `owner@${String(i)}.example`);
  });
  after(async () => {
    await sandbox?.stop();
    for (const node of nodes.reverse()) await node.remove();
  });

  const health = (node = server): Promise<SyncHealth> => get<SyncHealth>(node, "/api/health/sync");
  const theirs = async (): Promise<CallInstance[]> => {
    assert.ok(sandbox);
    return clientOf(sandbox).calls.list({ pageSize: 1000 });
  };
  const moreThan = (n: number): Promise<CallInstance[]> =>
    until("there are more calls at the provider, and all are over", async () => {
      const calls = await theirs();
      return calls.length > n && calls.every(({ status }) => FINAL.includes(status)) ? calls : undefined;
    });
  const callsThatDiffer = async (): Promise<Record<string, number>> => drift(server, await theirs());

  /** Whether a node does what a flag says, seen from outside. */
  const obeys: Record<string, (node: Server, wanted: string) => Promise<boolean>> = {
    webhook_ingestion_enabled: async (node, wanted) => {
      const reasons = (await health(node)).reasons.join();
      if (wanted !== "off") return /shadow mode/.test(reasons) === (wanted === "shadow") && !/none is kept/.test(reasons);
      const ringing = { AccountSid: ACCOUNT_SID, CallSid: newCallSid(), CallStatus: "ringing", From: "+15085140320", To: OWNED_NUMBER, SequenceNumber: "0" };
      return (await post(node, "voice-status", ringing)).status === 503;
    },
    worker_percentage: async (node, wanted) => {
      const { reasons } = await health(node);
      if (/shadow mode|none is kept/.test(reasons.join())) return true; // it decides nothing then
      return /Only (\d+) percent/.exec(reasons.join())?.[1] === (wanted === "100" ? undefined : wanted);
    },
    realtime_push_enabled: async (node, wanted) => {
      const stream = await Stream.open(node).catch(() => undefined);
      stream?.close();
      return (stream !== undefined) === (wanted === "on");
    },
    reconcile_jobs_enabled: async (node, wanted) => (await health(node)).reconcile.enabled === (wanted === "on"),
  };

  /** Runs a line; what it switches for all, every node obeys, and how long that took is noted. */
  async function type(line: string): Promise<string> {
    const began = performance.now();
    const output = await typed(server, line);
    const switched = line.includes("flags set") && !line.includes("--project=") ? [...line.matchAll(/(\w+)=(\w*)/g)] : [];
    await Promise.all(nodes.flatMap((node) => switched.map(async ([, flag = "", wanted = ""]) => {
      await until(`${node.url} obeys ${flag}=${wanted}`, async () => (await obeys[flag]?.(node, wanted || (PRESET[flag] ?? ""))) || undefined);
      took.push(performance.now() - began);
    })));
    return output;
  }
  async function follow(section: string): Promise<string[]> {
    const outputs: string[] = [];
    for (const line of page.commands(section)) outputs.push(await type(line));
    return outputs;
  }

  it("switch: for all, for one project, and back", async () => {
    const [listed, , , narrowed, widened] = await follow("Switch");
    for (const flag of Object.keys(PRESET)) assert.match(listed ?? "", new RegExp(`^${flag} `, "m"));
    assert.match(narrowed ?? "", /worker_percentage +10 +10/);
    assert.match(widened ?? "", /worker_percentage +100 +-/);
  });

  it("R078 1: the schema; the doctor is content", async () => {
    const [schema = "", examine = ""] = page.commands("1. The schema");
    if (!POSTGRES) await server.stop();
    await type(schema);
    if (!POSTGRES) await server.start();
    await type(examine);
  });

  it("R079 2: all is kept, nothing is shown, no signature is refused", async () => {
    await follow("2. Listen");
    sandbox = await startSandbox(server.url, ["--port", String(port), ...AT_ONCE, ...CHAOS]);
    await sandbox.over;
    await until("all of it is held", async () => {
      const { inbox } = await health();
      return inbox.held > CALLS && inbox.held === inbox.pending ? true : undefined;
    });
    const metrics = await scrape(server);
    assert.ok((value(metrics, 'webhook_received_total{outcome="stored"}') ?? 0) > CALLS);
    assert.equal(value(metrics, 'webhook_invalid_signature_total{reason="bad_signature"}'), 0);
    assert.deepEqual((await get<{ calls: Call[] }>(server, "/api/calls?visibility=all")).calls, []);
    for (const job of ["hot", "warm", "cold"]) assert.equal((await ask<Fault>(server, `/api/sync/reconcile/${job}`, { method: "POST" })).status, 503);
  });

  it("R080 3: a share of the calls is right, the others wait", async () => {
    const { held } = (await health()).inbox;
    await follow("3. A share of the calls");
    const { inbox } = await until("a share is let through, and done", async () => {
      const state = await health();
      return state.inbox.held < held && state.inbox.held === state.inbox.pending ? state : undefined;
    });
    assert.ok(inbox.held > 0);
    assert.equal(inbox.dead_letter, 0);
    const { total } = await get<{ total: number }>(server, "/api/calls?visibility=all");
    assert.ok(total > 0 && total < CALLS / 2, String(total));
  });

  it("R081 4: all calls, and browsers are told", async () => {
    await follow("4. All calls, live");
    const stream = await Stream.open(server);
    await settled(server);
    assert.equal((await health()).inbox.held, 0);
    const processed = await Promise.all(nodes.map(async (node) => value(await scrape(node), "worker_processing_latency_ms_count") ?? 0));
    assert.ok(Math.max(...processed) > 0, `whichever node it was: ${processed.join()}`);
    stream.close();
    assert.notDeepEqual(await callsThatDiffer(), {}, "callbacks were lost, and nobody was asked");
  });

  it("R082 5: drift falls to nothing", async () => {
    await secondIsOver(await theirs());
    await follow("5. Reconcile");
    await run(server, "reconcile_cold");
    assert.deepEqual(await callsThatDiffer(), {});
  });

  it("R083 6: three days by hand", async () => {
    const [answer = ""] = await follow("6. For emergencies");
    assert.match(answer, /"success":true/);
  });

  it("R084 back: events wait, what was known is there, and calls are fetched by hand", async () => {
    const stream = await Stream.open(server);
    const before = (await theirs()).length;
    const [off = "", fetch = ""] = page.commands("Go back");
    await type(off);
    await until("the stream has ended", () => stream.ended || undefined);
    assert.equal((await ask(server, "/api/demo/calls", { method: "POST" })).status, 204);
    const calls = await moreThan(before);
    await until("they are told of, and wait", async () => {
      const { inbox } = await health();
      return inbox.held > 0 && inbox.held === inbox.pending ? true : undefined;
    });
    assert.equal((await ask(server, "/api/events?after_seq=0")).status, 200);
    assert.equal((await ask(server, `/api/calls/${calls.at(-1)?.sid ?? ""}`)).status, 200, "one of before");
    assert.equal((await callsThatDiffer())["call"], calls.length - before);
    await secondIsOver(calls);
    assert.match(await type(fetch), /"success":true/);
    assert.deepEqual(await callsThatDiffer(), {});
    assert.ok((await health()).inbox.held > 0);
  });

  it("and on again: what waited changes nothing that was fetched, and is whole", async () => {
    for (const step of ["3. A share of the calls", "4. All calls, live", "5. Reconcile"]) await follow(step);
    await settled(server);
    assert.deepEqual(await callsThatDiffer(), {});
    await audit(server);
  });

  it("when even keeping does harm: nothing is kept; later it is fetched", async () => {
    await follow("When even keeping events does harm");
    const before = (await theirs()).length;
    assert.equal((await ask(server, "/api/demo/calls", { method: "POST" })).status, 204);
    const calls = await moreThan(before);
    assert.equal((await callsThatDiffer())["call"], calls.length - before);
    await secondIsOver(calls);
    await run(server, "reconcile_cold");
    assert.deepEqual(await callsThatDiffer(), {});
    await audit(server);
  });

  it("no section with commands is left out", (t) => {
    assert.deepEqual(page.forgotten(), []);
    const slowest = Math.max(...took) / 1000;
    t.diagnostic(`measured: a flag is obeyed by every one of ${String(nodes.length)} node(s) within ${slowest.toFixed(2)} s of its command at most, ${String(took.length)} times looked at (promised: 2 s)`);
  });
});
