// Several accounts: one of a project is refused; two projects have a call of the same sid.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { CallInstance } from "twilio/lib/rest/api/v2010/account/call.js";
import { ask, type Call, type FeedPage, get } from "../lib/api.ts";
import { must, OWNER, signIn } from "../lib/company.ts";
import { ended, idle, jobs, start } from "../lib/jobs.ts";
import { scrape, value } from "../lib/metrics.ts";
import { drift, play, secondIsOver } from "../lib/reconcile.ts";
import { clientOf, type Sandbox } from "../lib/sandbox.ts";
import { ACCOUNT_SID, AUTH_TOKEN, OWNED_NUMBER, type Server, startServer } from "../lib/server.ts";
import { audit } from "../lib/settled.ts";
import { newCallSid, type Params, post } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const OTHER_SID = "AC0000000000000000000000000000beef";
const OTHER_TOKEN = "the-auth-token-of-the-other-project";
const CALLS = 30;

describe("an account that the provider refuses", () => {
  let server: Server, sandbox: Sandbox, theirs: CallInstance[];
  before(async () => {
    ({ server, sandbox } = await play("--calls", String(CALLS), "--lose", "0.3", "--seed", "31"));
    theirs = await clientOf(sandbox).calls.list({ pageSize: 1000 });
    await secondIsOver(theirs);
  });
  after(async () => {
    await sandbox.stop();
    await server.remove();
  });

  it("has the others compared, and fails the run", async () => {
    assert.notDeepEqual(await drift(server, theirs), {});
    const { status } = await ask(server, `/api/connections/twilio/${OTHER_SID}`, { method: "PUT", body: { secret: OTHER_TOKEN } });
    assert.equal(status, 204);
    const over = await until("both accounts are asked", async () => {
      await idle(server, "reconcile_cold");
      const run = await ended(server, await start(server, "reconcile_cold"));
      return (run.counts["refused"] ?? 0) > 0 ? run : undefined;
    });
    assert.equal(over.state, "failed");
    assert.match(over.error ?? "", /refuses an account/);
    assert.equal(over.counts["checked"], theirs.length);
    assert.deepEqual(await drift(server, theirs), {});
    const job = (await jobs(server)).find(({ name }) => name === "reconcile_cold");
    assert.ok(job && job.failures > 0 && job.latest?.state === "failed");
    await audit(server);
  });

  const SAID = "The provider refuses an account of the project: its calls are not compared.";
  const saysSo = async (): Promise<boolean> => (await get<{ reasons: string[] }>(server, "/api/health/sync")).reasons.includes(SAID);

  it("is said to the project and counted for the operator, whose alarms it does not raise", async () => {
    assert.ok(await saysSo());
    const page = await until("it is counted", async () => {
      const text = await scrape(server);
      return value(text, "reconcile_refused_projects") === 1 ? text : undefined;
    });
    for (const series of ["job_failures", "job_behind_seconds"]) assert.equal(value(page, `${series}{job_name="reconcile_cold"}`), 0, series);
    assert.equal(value(page, 'sync_degraded{reason="job_fails"}'), 0);
    assert.equal((await ask(server, `/api/connections/twilio/${OTHER_SID}`, { method: "DELETE" })).status, 204);
    assert.ok(!(await saysSo()), "what was refused is over with the account");
    await until("it is not counted any more", async () => (value(await scrape(server), "reconcile_refused_projects") === 0 ? true : undefined));
    await until("the night's run comes by itself", async () => {
      const run = (await jobs(server)).find(({ name }) => name === "reconcile_cold")?.latest;
      return run?.asked_through === "schedule" && run.state === "succeeded" ? true : undefined;
    });
    assert.ok(!(await saysSo()), "it is compared");
  });
});

describe("one CallSid in two projects", () => {
  let server: Server, token: string, other: string;
  before(async () => {
    server = await startServer(OWNER);
    ({ token } = await signIn(server, OWNER.BOOTSTRAP_ADMIN_EMAIL));
    ({ id: other } = await must<{ id: string }>(server, token, "POST", "/projects", { name: "Other" }));
    await must(server, token, "PUT", `/api/connections/twilio/${OTHER_SID}`, { secret: OTHER_TOKEN }, other);
  });
  after(() => server.remove());

  const event = (account: string, sid: string, status: string): Params => ({
    AccountSid: account,
    CallSid: sid,
    CallStatus: status,
    From: "+12125550123",
    To: OWNED_NUMBER,
    Direction: "inbound",
    SequenceNumber: status === "ringing" ? "0" : "1",
    Timestamp: new Date().toUTCString().replace("GMT", "+0000"),
  });

  async function told(account: string, secret: string, sid: string, status: string): Promise<void> {
    await until("the account may knock", async () => ((await post(server, "voice-status", event(account, sid, status), secret)).status === 204 ? true : undefined));
  }

  async function statusOf(sid: string, expected: string, project?: string): Promise<void> {
    await until(`the call is ${expected}`, async () => {
      const headers: Record<string, string> = project === undefined ? {} : { "X-Project-Id": project };
      const { status, body } = await ask<{ call: Call }>(server, `/api/calls/${sid}`, { key: token, headers });
      return status === 200 && body.call.status === expected ? true : undefined;
    });
  }

  async function linesOf(sid: string, project?: string): Promise<number> {
    const { events } = await must<FeedPage>(server, token, "GET", "/api/events?after_seq=0&limit=1000", undefined, project);
    assert.deepEqual(events.map(({ seq }) => seq), events.map((_, i) => i + 1));
    return events.filter(({ payload }) => payload.call.twilio_sid === sid).length;
  }

  it("F088 is two calls, each with its own history and feed", async () => {
    const sid = newCallSid();
    await told(ACCOUNT_SID, AUTH_TOKEN, sid, "ringing");
    await told(OTHER_SID, OTHER_TOKEN, sid, "completed");
    await statusOf(sid, "ringing");
    await statusOf(sid, "completed", other);
    await told(ACCOUNT_SID, AUTH_TOKEN, sid, "in-progress");
    await statusOf(sid, "in-progress");
    await statusOf(sid, "completed", other);
    assert.equal(await linesOf(sid), 2);
    assert.equal(await linesOf(sid, other), 1);
    await audit(server);
  });
});
