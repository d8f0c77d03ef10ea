// Each project has a budget of requests to its provider: one that has much to ask delays nobody else.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ask, type Call } from "../lib/api.ts";
import { Belongings } from "../lib/belongings.ts";
import { Between } from "../lib/between.ts";
import { found, must, OWNER, type Person } from "../lib/company.ts";
import { type Job, jobs, type Run, start } from "../lib/jobs.ts";
import { secondIsOver } from "../lib/reconcile.ts";
import { AT_ONCE, clientOf, type Sandbox, startSandbox } from "../lib/sandbox.ts";
import { ACCOUNT_SID, API_KEY, type Server, startServer } from "../lib/server.ts";
import { audit, tool } from "../lib/settled.ts";
import { sql } from "../lib/sql.ts";
import { newCallSid, type Params, post } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const POSTGRES = process.env["STORE"] === "postgres";
const SMALL_SID = "AC0000000000000000000000000000beef";
const SMALL_TOKEN = "the-auth-token-of-the-small-project";
const HUGE_CALLS = 60;

describe("a project with much to ask beside one with little", () => {
  const ours = new Belongings();
  let server: Server, between: Between, huge: Sandbox, small: Sandbox, owner: Person;
  before(async () => {
    const play = (...args: string[]): Promise<Sandbox> => ours.keep(startSandbox(server.url, [...args, "--lose", "1", ...AT_ONCE]));
    const opened = Between.open((target) => (target.includes(SMALL_SID) ? small : huge).url, { pageSize: 2 }); // a list of many requests
    between = await ours.keep(opened);
    server = await ours.keep(startServer({ ...OWNER, TWILIO_BASE_URL: between.url }));
    owner = await found(server, "Small", "owner@small.example");
    huge = await play("--calls", String(HUGE_CALLS));
    small = await play("--account", SMALL_SID, "--token", SMALL_TOKEN, "--calls", "1");
    await Promise.all([huge.over, small.over]);
    await secondIsOver(await clientOf(huge).calls.list({ pageSize: 1000 }));
    await must(server, owner.token, "PUT", `/api/connections/twilio/${SMALL_SID}`, { secret: SMALL_TOKEN });
  });
  after(() => ours.end());

  const hotOf = async (key: string): Promise<Job> => (await jobs(server, key)).find(({ name }) => name === "reconcile_hot") ?? assert.fail("it is not planned");

  /** A call that its provider does not know, and that has been silent for a while: hot asks for it. */
  async function aSilentCall(): Promise<void> {
    const sid = newCallSid();
    const event: Params = { AccountSid: SMALL_SID, CallSid: sid, CallStatus: "ringing", From: "+12125550123", To: "+16175006181", Direction: "inbound", SequenceNumber: "0", Timestamp: new Date().toUTCString().replace("GMT", "+0000") };
    await until("the account may knock", async () => ((await post(server, "voice-status", event, SMALL_TOKEN)).status === 204 ? true : undefined));
    await until("the call is there", async () => ((await ask<{ call: Call }>(server, `/api/calls/${sid}`, { key: owner.token })).status === 200 ? true : undefined));
    await sql(server, `UPDATE calls SET updated_at = updated_at - ${POSTGRES ? "interval '5 minutes'" : "300000000"};`);
  }

  it("takes nothing of its budget, and its hot run comes through meanwhile", async () => {
    const project = (await must<{ project: { id: string } }>(server, API_KEY, "GET", "/api/me")).project.id;
    assert.equal((await tool(server, "quota", project, "provider_requests_per_second", "1")).code, 0);
    await aSilentCall();
    const asked = (): number => between.asked.filter((target) => target.includes(ACCOUNT_SID)).length;
    const began = asked();
    const scan = await start(server, "sync_today"); // thirty requests, one a second
    await until("the scan has spent its budget", () => asked() >= began + 2 || undefined);
    const before = await hotOf(owner.token);
    const { status } = await ask<Run>(server, "/api/jobs/reconcile_hot/runs", { method: "POST", key: owner.token });
    assert.equal(status, 202);
    const hot = await until("the small one's hot run has ended", async () => {
      const { latest } = await hotOf(owner.token);
      return latest !== null && latest.id !== before.latest?.id && latest.state !== "waiting" && latest.state !== "running" ? latest : undefined;
    });
    assert.equal(hot.state, "succeeded", hot.error ?? "");
    assert.ok((hot.counts["requests"] ?? 0) > 0, "it has asked");
    const { body } = await ask<Run>(server, `/api/jobs/sync_today/runs/${scan.id}`);
    assert.ok(body.state === "running" || body.error?.includes("as often as it may be"), JSON.stringify(body));
    assert.equal((await tool(server, "quota", project, "provider_requests_per_second", "100")).code, 0);
    await until("it is asked for as often as it may now, within a second", async () => {
      const latest = (await jobs(server)).find(({ name }) => name === "sync_today")?.latest;
      if (latest?.state === "failed") await ask(server, "/api/jobs/sync_today/runs", { method: "POST" });
      return latest?.state === "succeeded" || undefined;
    });
    await audit(server);
  });
});
