// How much one project may use of a node: what is beyond is told to come again, and hinders no other project.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { ask, type Doors, type Fault, type InboxPage } from "../lib/api.ts";
import { Belongings } from "../lib/belongings.ts";
import { auditOf, found, type Me, must, OWNER, type Person, signIn } from "../lib/company.ts";
import { ACCOUNT_SID, API_KEY, OWNED_NUMBER, type Server, startServer } from "../lib/server.ts";
import { settled, tool } from "../lib/settled.ts";
import { Stream } from "../lib/stream.ts";
import { newCallSid, type Params, post } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

type Quota = { name: string; value: number; most: number; chosen: number | null; used: number | null };

describe("the number of projects", () => {
  const ours = new Belongings();
  afterEach(() => ours.end());

  it("is bound, as each has quotas of its own, for an organisation that makes them itself; not for who runs the installation", async () => {
    const server = await ours.keep(startServer({ ...OWNER, PROJECTS_MAX: "3" }));
    const owner = await signIn(server, OWNER.BOOTSTRAP_ADMIN_EMAIL);
    const make = async (by: Person): Promise<number> => (await ask(server, "/projects", { method: "POST", key: by.token, body: { name: "One more" } })).status;
    const at = await Promise.all(Array.from({ length: 5 }, () => make(owner)));
    assert.deepEqual(at.sort(), [201, 201, 403, 403, 403]);
    const { body } = await ask<Fault>(server, "/projects", { method: "POST", key: owner.token, body: { name: "One more" } });
    assert.match(JSON.stringify(body), /3 projects at most.*hookswitch project create/);
    assert.equal(await make(await found(server, "Beside", "owner@beside.example")), 201);
    assert.equal((await tool(server, "project", "create", "By the console")).code, 0);
  });
});

describe("quotas", () => {
  let server: Server;
  let owner: Person, other: Person;
  let project: string;
  before(async () => {
    server = await startServer({ ...OWNER, REALTIME_CLIENTS_MAX: "7" });
    owner = await signIn(server, OWNER.BOOTSTRAP_ADMIN_EMAIL);
    other = await found(server, "Beside", "owner@beside.example");
    project = (await must<Me>(server, owner.token, "GET", "/api/me")).project?.id ?? "";
  });
  after(() => server.remove());

  const grant = (name: string, value: string): ReturnType<typeof tool> => tool(server, "quota", project, name, value);
  const choose = (name: string, value: number | null): Promise<{ status: number; body: Fault }> =>
    ask<Fault>(server, "/api/quotas", { method: "PATCH", key: owner.token, body: { name, value } });
  const quotaOf = async (who: Person, name: string): Promise<Quota | undefined> =>
    (await must<{ quotas: Quota[] }>(server, who.token, "GET", "/api/quotas")).quotas.find((q) => q.name === name);

  it("are those of the configuration until more is granted or less is chosen, which is audited", async () => {
    const name = "realtime_clients_max";
    assert.deepEqual(await quotaOf(owner, name), { name, value: 7, most: 7, chosen: null, used: 0 });
    assert.equal((await choose(name, 8)).status, 403);
    assert.equal((await choose(name, 0)).status, 400);
    assert.equal((await choose("calls", 1)).status, 400);
    assert.equal((await choose(name, 3)).status, 200);
    assert.deepEqual(await quotaOf(owner, name), { name, value: 3, most: 7, chosen: 3, used: 0 });
    const { output } = await grant(name, "20");
    assert.match(output, /realtime_clients_max +3 +granted, less was chosen/);
    assert.equal((await choose(name, null)).status, 200);
    assert.deepEqual(await quotaOf(owner, name), { name, value: 20, most: 20, chosen: null, used: 0 });
    assert.deepEqual(await quotaOf(other, name), { name, value: 7, most: 7, chosen: null, used: 0 });
    const { code, output: refused } = await grant("calls_kept_days", "6");
    assert.equal(code, 1);
    assert.match(refused, /a number from 7 to/);
    await grant(name, "default");
    assert.equal((await quotaOf(owner, name))?.value, 7);
    assert.deepEqual((await auditOf(server, owner.token, "entity=quota")).map(({ action }) => action), ["quota.granted", "quota.chosen", "quota.granted", "quota.chosen"]);
    assert.deepEqual(await auditOf(server, other.token, "entity=quota"), []);
  });

  it("of live clients hold for the project alone, within a second of the grant", async () => {
    await grant("realtime_clients_max", "1");
    const first = await Stream.open(server);
    await until("one more is one too many", async () => {
      const second = await Stream.open(server).catch(() => undefined);
      second?.close();
      return second ? undefined : true;
    });
    const beside = await Stream.open(server, "", { Authorization: `Bearer ${other.token}` });
    await post(server, "voice-status", { AccountSid: ACCOUNT_SID, CallSid: newCallSid(), CallStatus: "ringing", From: "+15085140320", To: OWNED_NUMBER, Direction: "inbound", SequenceNumber: "1" });
    await first.first("call.created");
    const used = async (who: Person): Promise<number | null | undefined> => (await quotaOf(who, "realtime_clients_max"))?.used;
    assert.deepEqual([await used(owner), await used(other)], [1, 1], "of each its own");
    assert.equal((await quotaOf(owner, "events_waiting_max"))?.used, 0);
    assert.equal((await quotaOf(owner, "webhooks_per_minute"))?.used, null, "of a time");
    const sent = async (token: string): Promise<number> => (await must<{ events_sent: number }>(server, token, "GET", "/events/stats")).events_sent;
    assert.ok((await sent(owner.token)) >= 1);
    assert.equal(await sent(other.token), 0, "F176: of another's stream it says nothing");
    beside.close();
    first.close();
    await grant("realtime_clients_max", "default");
  });

  it("of requests: whoever asks too often hears when to come again, and others are served", async () => {
    await grant("api_requests_per_minute", "60");
    const refused = await until("the bucket is empty", async () => {
      const answer = await ask<Fault>(server, "/api/calls", { key: API_KEY });
      return answer.status === 429 ? answer : undefined;
    });
    assert.equal(refused.body.error.code, "RATE_LIMITED");
    assert.equal(refused.headers.get("retry-after"), "1");
    assert.equal((await ask(server, "/api/calls", { key: owner.token })).status, 429, "whoever asks for the project");
    for (let i = 0; i < 30; i += 1) assert.equal((await ask(server, "/api/calls", { key: other.token })).status, 200);
    assert.equal((await ask(server, "/health")).status, 200);
    assert.equal((await ask(server, "/api/calls", { key: "no such key, which has no project" })).status, 401);
    await grant("api_requests_per_minute", "default");
    // More than what flows back within the limit of before.
    await until("served again", async () => {
      const answers = await Promise.all(Array.from({ length: 5 }, () => ask(server, "/api/calls", { key: API_KEY })));
      return answers.every(({ status }) => status === 200) ? true : undefined;
    });
  });

  it("of webhooks: what is beyond is not acknowledged and not kept, voice requests are answered all the same", async () => {
    await grant("webhooks_per_minute", "60");
    const ringing = (): Params => ({ AccountSid: ACCOUNT_SID, CallSid: newCallSid(), CallStatus: "ringing", From: "+15085140320", To: OWNED_NUMBER, Direction: "inbound", SequenceNumber: "1" });
    let kept = (await must<InboxPage>(server, owner.token, "GET", "/api/events")).total;
    const refused = await until("it is one too many", async () => {
      const answer = await post(server, "voice-status", ringing());
      kept += answer.status === 204 ? 1 : 0;
      return answer.status === 429 ? answer : undefined;
    });
    assert.equal(refused.headers.get("retry-after"), "1");
    const call = await post(server, "voice-inbound", ringing());
    assert.deepEqual([call.status, (await call.text()).includes("<Dial")], [200, true]);
    await settled(server);
    assert.equal((await must<InboxPage>(server, owner.token, "GET", "/api/events")).total, kept + 1);

    const doors = (who: Person): Promise<Doors> => must<Doors>(server, who.token, "GET", "/api/doors");
    const mine = await doors(owner);
    assert.equal(mine.kept, kept + 1);
    assert.deepEqual(mine.refused.map(({ reason }) => reason), ["over_limit"]);
    const theirs = await doors(other);
    assert.deepEqual([theirs.accounts, theirs.kept, theirs.refused], [0, 0, []], "F176: of another's it says nothing");
    await grant("webhooks_per_minute", "default");
    await until("taken in again", async () => ((await post(server, "voice-status", ringing())).status === 204 ? true : undefined));
  });

  it("are set from the console for a project that is there, by a name that is known", async () => {
    for (const args of [["999", "realtime_clients_max", "1"], [project, "calls", "1"], [project, "realtime_clients_max", "0"], [project, "realtime_clients_max", "many"], [project, "realtime_clients_max"], []])
      assert.notEqual((await tool(server, "quota", ...args)).code, 0, args.join(" "));
  });
});
