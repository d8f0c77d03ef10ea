// A connection goes down when its provider refuses it, and up again when it answers: each is told once, to its project.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ask } from "../lib/api.ts";
import { must, OWNER, signIn } from "../lib/company.ts";
import { idle, ended, start } from "../lib/jobs.ts";
import { type Message, Realtime } from "../lib/realtime.ts";
import { type Sandbox, startSandbox } from "../lib/sandbox.ts";
import { ACCOUNT_SID, AUTH_TOKEN, freePort, type Server, startServer } from "../lib/server.ts";
import { audit } from "../lib/settled.ts";
import { sql } from "../lib/sql.ts";
import { newCallSid } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const WRONG_TOKEN = "a-token-that-was-never-the-right-one";
/** A store that takes no word of who is down. */
const DEAF = {
  sqlite: "CREATE TRIGGER deaf BEFORE UPDATE OF down_since ON provider_accounts BEGIN SELECT RAISE(ABORT, 'not now'); END",
  postgres: `CREATE FUNCTION not_now() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not now'; END $$;
    CREATE TRIGGER deaf BEFORE UPDATE OF down_since ON provider_accounts FOR EACH ROW EXECUTE FUNCTION not_now()`,
};
const HEARING = { sqlite: "DROP TRIGGER deaf", postgres: "DROP FUNCTION not_now CASCADE" };
const PATH = `/api/connections/twilio/${ACCOUNT_SID}`;

type Down = { since: string; code: string; human_title: string };
type Connections = { connections: { account: string; origin: string; down: Down | null }[] };
type Told = Message & { entity: { type: string; id: string }; payload: Record<string, unknown>; ts: string };

describe("a connection whose provider refuses it", () => {
  let server: Server, sandbox: Sandbox, token: string, other: string, ours: Realtime, theirs: Realtime;
  before(async () => {
    const port = await freePort();
    server = await startServer({ ...OWNER, TWILIO_BASE_URL: `http://127.0.0.1:${String(port)}` });
    sandbox = await startSandbox(server.url, ["--rate", "0", "--port", String(port)]);
    ({ token } = await signIn(server, OWNER.BOOTSTRAP_ADMIN_EMAIL));
    ({ id: other } = await must<{ id: string }>(server, token, "POST", "/projects", { name: "Other" }));
    const query = "?topics=integration.*&last_seq=0";
    ours = await Realtime.open(server, "sse", { query });
    theirs = await Realtime.open(server, "ws", { query, key: token, headers: { "X-Project-Id": other } });
  });
  after(async () => {
    ours.close();
    theirs.close();
    await sandbox.stop();
    await server.remove();
  });

  const told = (by = ours): Told[] => by.messages.filter(({ type }) => type.startsWith("integration.")) as Told[];
  const types = (): string[] => told().map(({ type }) => type);

  async function give(secret: string): Promise<void> {
    assert.equal((await ask(server, PATH, { method: "PUT", body: { secret } })).status, 204);
  }

  async function down(language = "en"): Promise<Down | null> {
    const { status, body } = await ask<Connections>(server, "/api/connections", { headers: { "Accept-Language": language } });
    assert.equal(status, 200);
    return body.connections.find(({ account }) => account === ACCOUNT_SID)?.down ?? null;
  }

  async function run(): Promise<string> {
    await idle(server, "sync_recent");
    return (await ended(server, await start(server, "sync_recent"))).state;
  }

  /** Nodes have another secret within a second or two. */
  const runUntil = (state: string): Promise<true> => until(`a run has ${state}`, async () => ((await run()) === state ? true : undefined));

  it("is told to be down by a run, once, with why and since when", async () => {
    await runUntil("succeeded");
    assert.equal(await down(), null);
    await give(WRONG_TOKEN);
    await runUntil("failed");
    const event = (await ours.first("integration.down")) as Told;
    assert.deepEqual(event.entity, { type: "integration", id: `twilio/${ACCOUNT_SID}` });
    assert.deepEqual(event.payload, { provider: "twilio", account: ACCOUNT_SID, code: "INTEGRATION_AUTH_FAILED", since: event.ts });
    assert.deepEqual(await down(), { since: event.ts, code: "INTEGRATION_AUTH_FAILED", human_title: "The other system refused our credentials." });
    assert.match((await down("ru"))?.human_title ?? "", /[а-я]{4}/);
    assert.equal(await run(), "failed");
    await give(`${WRONG_TOKEN}-either`);
    assert.equal(await run(), "failed");
    assert.deepEqual(types(), ["integration.down"]);
  });

  it("is told to be up again when the provider answers, once", async () => {
    const { payload } = told()[0] ?? assert.fail("nothing was told");
    await give(AUTH_TOKEN);
    await runUntil("succeeded");
    const event = (await ours.first("integration.up")) as Told;
    assert.deepEqual(event.payload, payload);
    assert.equal(await down(), null);
    assert.equal(await run(), "succeeded");
    assert.deepEqual(types(), ["integration.down", "integration.up"]);
  });

  it("is found down by the check, and up by who asks about a call", async () => {
    const compare = async (): Promise<number> => (await ask(server, `/api/sync/call/${newCallSid()}`, { method: "POST" })).status;
    await give(WRONG_TOKEN);
    await until("the check finds it down", async () => {
      assert.equal((await ask(server, "/api/connections/check", { method: "POST" })).status, 200);
      return (await down()) ?? undefined;
    });
    await give(AUTH_TOKEN);
    await until("the provider answers", async () => ((await compare()) === 404 ? true : undefined));
    assert.equal(await down(), null);
    await until("all is told", () => (types().length >= 4 ? true : undefined));
    assert.deepEqual(types(), ["integration.down", "integration.up", "integration.down", "integration.up"]);
  });

  it("is none of another project's business, and its events are in no call's log", async () => {
    assert.deepEqual(told(theirs), []);
    const seqs = ours.seqs();
    assert.deepEqual(seqs, [...seqs.keys()].map((i) => i + 1));
    const page = await ask<{ events: unknown[] }>(server, "/api/events?after_seq=0&limit=100");
    assert.equal(page.body.events.length, 4);
    assert.ok(!JSON.stringify([page.body, ours.messages]).includes(WRONG_TOKEN));
    await audit(server);
  });

  it("begins anew as one that is not down when it was removed meanwhile", async () => {
    await give(WRONG_TOKEN);
    await until("it is down", async () => {
      await run();
      return (await down()) ?? undefined;
    });
    assert.equal((await ask(server, PATH, { method: "DELETE" })).status, 204);
    await give(AUTH_TOKEN);
    assert.equal(await down(), null);
    await until("the provider answers", async () => ((await run()) === "succeeded" ? true : undefined));
    assert.equal(told().at(-1)?.type, "integration.down", "what is gone does not come back");
  });

  it("fails no run by what cannot be told, and is told by the next", async () => {
    const engine = (server.env["DATABASE_URL"] ?? "").startsWith("sqlite:") ? "sqlite" : "postgres";
    await give(WRONG_TOKEN);
    await until("it is down", async () => {
      await run();
      return (await down()) ?? undefined;
    });
    const n = types().length;
    await sql(server, DEAF[engine]);
    await give(AUTH_TOKEN);
    await runUntil("succeeded");
    assert.notEqual(await down(), null);
    await sql(server, HEARING[engine]);
    assert.equal(await run(), "succeeded");
    assert.equal(await down(), null);
    await until("it is told", () => (types().length > n ? true : undefined));
    assert.deepEqual(types().slice(n), ["integration.up"]);
  });
});
