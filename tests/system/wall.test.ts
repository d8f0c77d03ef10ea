// The second wall by itself: a program whose queries have lost their filters by project, on PostgreSQL.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { ask, type Call, type CallDetail, get, type InboxPage, type ReasonPage } from "../lib/api.ts";
import { healthIs } from "../lib/health.ts";
import { createDatabase, psql, urlWith } from "../lib/postgres.ts";
import { ACCOUNT_SID, type Server, startServer, UNFILTERED } from "../lib/server.ts";
import { audit, settled, tool } from "../lib/settled.ts";
import { sql } from "../lib/sql.ts";
import { deliverPoison, FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const CLUSTER = process.env["STORE"] === "postgres" ? process.env["TEST_POSTGRES_URL"] : undefined;
const NEIGHBOURS = "the-api-key-of-the-neighbours";
const OUTSIDE = "+15085140320";

/** A server without filters on a new database, and in it a company with a call and a dead letter, and its
 * neighbours, who have nothing. */
class Houses {
  readonly server: Server;
  readonly call: FakeCall;
  letter = "";
  conversation = "";

  private constructor(server: Server) {
    this.server = server;
    this.call = new FakeCall(server, OUTSIDE);
  }

  static async build(url: string): Promise<Houses> {
    const houses = new Houses(await startServer({ DATABASE_URL: url }, [], [], UNFILTERED));
    await houses.call.arrives();
    await deliverPoison(houses.server);
    await settled(houses.server);
    const { events } = await get<InboxPage>(houses.server, "/api/events?processing_status=dead_letter");
    houses.letter = events[0]?.id ?? "";
    houses.conversation = (await get<CallDetail>(houses.server, `/api/calls/${houses.call.sid}`)).call.conversation_id ?? "";
    const hash = createHash("sha256").update(NEIGHBOURS).digest("hex");
    await sql(houses.server, `INSERT INTO orgs (id, name) VALUES (2, 'neighbours');
      INSERT INTO projects (id, org_id, name) VALUES (2, 2, 'neighbours');
      INSERT INTO feed_heads (project_id, last_seq, epoch) VALUES (2, 0, 'theirs');
      INSERT INTO api_keys (project_id, name, key_hash) VALUES (2, 'theirs', '${hash}');`);
    return houses;
  }

  /** What the neighbours are told. */
  async told<T>(path: string): Promise<T> {
    const { status, body } = await ask<T>(this.server, path, { key: NEIGHBOURS });
    assert.equal(status, 200, path);
    return body;
  }

  /** The status of it when the neighbours give the company's account a secret. */
  async takesAccount(): Promise<number> {
    return (await ask(this.server, `/api/connections/twilio/${ACCOUNT_SID}`, { method: "PUT", key: NEIGHBOURS, body: { secret: "theirs" } })).status;
  }

  /** The status of what the neighbours ask for. */
  async status(path: string, method = "GET"): Promise<number> {
    return (await ask(this.server, path, { key: NEIGHBOURS, method })).status;
  }
}

describe("row-level security without the filters of our queries", { skip: CLUSTER === undefined && "STORE=postgres with TEST_POSTGRES_URL" }, () => {
  let houses: Houses;
  before(async () => {
    houses = await Houses.build(await createDatabase(CLUSTER ?? ""));
  });
  after(() => houses.server.remove());

  it("shows a project its own", async () => {
    const { calls, total } = await get<{ calls: Call[]; total: number }>(houses.server, "/api/calls");
    assert.equal(total, 1);
    assert.equal(calls[0]?.twilio_sid, houses.call.sid);
    assert.equal((await get<ReasonPage>(houses.server, "/api/events/reasons")).total, 1);
    assert.match(await audit(houses.server), /0 findings/);
  });

  it("shows its neighbours nothing of it", async () => {
    for (const list of ["calls", "calls?status=ringing", "conversations", "conversations?q=508", "conversations?status=ringing", "events", "events?processing_status=dead_letter", "events/reasons"])
      assert.equal((await houses.told<{ total: number }>(`/api/${list}`)).total, 0, list);
    assert.deepEqual((await houses.told<{ calls: Call[] }>("/api/calls/active")).calls, []);
    assert.deepEqual((await houses.told<{ events: object[] }>("/api/events?after_seq=0")).events, []);
    assert.equal((await houses.told<InboxPage>(`/api/events?ids=${houses.letter}`)).total, 0);
    for (const one of [`calls/${houses.call.sid}`, `calls/${houses.call.sid}/recording`, `events/${houses.letter}`, `conversations/${houses.conversation}`, `conversations/${houses.conversation}/messages`])
      assert.equal(await houses.status(`/api/${one}`), 404, one);
  });

  it("lets its neighbours change nothing of it", async () => {
    assert.equal(await houses.status(`/api/events/${houses.letter}/reprocess`, "POST"), 404);
    for (const body of [{ ids: [houses.letter] }, { filter: { processing_status: "dead_letter" } }]) {
      const { body: did } = await ask<{ requested: number }>(houses.server, "/api/events/reprocess", { method: "POST", key: NEIGHBOURS, body });
      assert.equal(did.requested, 0);
    }
    const { events } = await get<InboxPage>(houses.server, `/api/events?ids=${houses.letter}`);
    assert.equal(events[0]?.processing_status, "dead_letter");
  });

  it("goes on with a project's own work", async () => {
    const { last_seq: before } = await get<{ last_seq: number }>(houses.server, "/api/events?after_seq=0");
    await houses.call.status("completed", { CallDuration: "35" });
    await settled(houses.server);
    assert.equal((await get<CallDetail>(houses.server, `/api/calls/${houses.call.sid}`)).call.status, "completed");
    const { events, epoch, last_seq } = await get<{ events: object[]; epoch: string; last_seq: number }>(houses.server, `/api/events?after_seq=${String(before)}`);
    assert.equal(events.length, last_seq - before);
    assert.notEqual(epoch, "theirs");
    assert.equal((await houses.told<{ last_seq: number }>("/api/events?after_seq=0")).last_seq, 0);
    assert.match(await audit(houses.server), /0 findings/);
  });

  it("leaves an account with the project that has it", async () => {
    assert.equal(await houses.takesAccount(), 409);
    assert.equal(await psql(houses.server.env["DATABASE_URL"] ?? "", "SELECT project_id, secret IS NULL FROM provider_accounts"), "1|t");
  });

  it("is in force, says the doctor", async () => {
    assert.match((await tool(houses.server, "doctor")).output, /^ok +the database keeps projects apart$/m);
    assert.doesNotMatch(houses.server.output(), /store\.one_wall/);
  });

  const GAPS: [opening: string, mend: string, told: RegExp][] = [
    ["ALTER TABLE orgs DISABLE ROW LEVEL SECURITY", "ALTER TABLE orgs ENABLE ROW LEVEL SECURITY", /row-level security is off on the table orgs/],
    ["CREATE POLICY everybody ON calls USING (true)", "DROP POLICY everybody ON calls", /the policy everybody on the table calls is none of ours/],
  ];
  for (const [opening, mend, told] of GAPS)
    it(`is found open by a start and by the doctor after ${opening}`, async () => {
      await sql(houses.server, opening);
      const { code, output } = await tool(houses.server, "doctor");
      const heard = houses.server.output().length;
      await houses.server.restart();
      await sql(houses.server, mend);
      assert.equal(code, 1);
      assert.match(output, new RegExp(`^FAILED +the database keeps projects apart: .*${told.source}`, "m"));
      assert.match(houses.server.output().slice(heard), new RegExp(`event=store\\.one_wall .*${told.source}`));
      assert.match((await tool(houses.server, "doctor")).output, /^ok +the database keeps projects apart$/m);
    });
});

// Otherwise what is above would show nothing.
describe("the same program as a superuser", { skip: CLUSTER === undefined && "STORE=postgres with TEST_POSTGRES_URL" }, () => {
  let houses: Houses;
  before(async () => {
    houses = await Houses.build(urlWith(await createDatabase(CLUSTER ?? ""), { username: "postgres" }));
  });
  after(() => houses.server.remove());

  it("shows everybody everything", async () => {
    assert.equal((await houses.told<{ total: number }>("/api/calls")).total, 1);
    assert.equal(await houses.status(`/api/calls/${houses.call.sid}`), 200);
    assert.equal(await houses.status(`/api/events/${houses.letter}`), 200);
    assert.equal(await houses.status(`/api/events/${houses.letter}/reprocess`, "POST"), 202);
    assert.equal(await houses.takesAccount(), 204);
  });

  it("is warned of it, and the doctor finds it", async () => {
    assert.match(houses.server.output(), /event=store\.one_wall .*superuser/);
    const { code, output } = await tool(houses.server, "doctor");
    assert.equal(code, 1);
    assert.match(output, /^FAILED +the database keeps projects apart: .*superuser[\s\S]*runbook/m);
  });
});

describe("production as a superuser", { skip: CLUSTER === undefined && "STORE=postgres with TEST_POSTGRES_URL" }, () => {
  const role = `above_${randomBytes(6).toString("hex")}`;
  const above = urlWith(CLUSTER ?? "postgres://", { username: "postgres" });
  let server: Server;
  before(async () => {
    await psql(above, `CREATE ROLE ${role} LOGIN SUPERUSER`);
    server = await startServer({ DATABASE_URL: await createDatabase(urlWith(above, { username: role })) });
  });
  after(async () => {
    const [, database] = new URL(server.env["DATABASE_URL"] ?? "").pathname.split("/");
    await server.remove();
    await psql(above, `DROP DATABASE ${database ?? ""} WITH (FORCE)`, `DROP ROLE ${role}`);
  });

  it("waits, spools, and goes on when the role is held", async () => {
    await server.stop();
    server.env["NODE_ENV"] = "production";
    server.launch();
    await until("it says for what it waits", () => /event=store\.waiting .*superuser/.test(server.output()) || undefined);
    const call = new FakeCall(server, OUTSIDE);
    await call.arrives();
    await call.status("completed", { CallDuration: "3" });
    assert.equal((await ask(server, "/api/calls")).status, 503);
    await psql(above, `ALTER ROLE ${role} NOSUPERUSER`);
    await healthIs(server, "green");
    await settled(server);
    assert.equal((await get<CallDetail>(server, `/api/calls/${call.sid}`)).call.status, "completed");
    await audit(server);
  });
});
