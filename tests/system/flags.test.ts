// Switches that are turned while the server runs: by the API and the tool, for one project and for all, on every node.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ask, type Call, type Fault, get, type SyncHealth } from "../lib/api.ts";
import { auditOf, employ, found, must, OWNER, type Person, signIn } from "../lib/company.ts";
import { ACCOUNT_SID, OWNED_NUMBER, type Server, startServer } from "../lib/server.ts";
import { audit, settled, tool } from "../lib/settled.ts";
import { Stream } from "../lib/stream.ts";
import { FakeCall, newCallSid, post } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

type Flag = { name: string; value: string; project: string | null; installation: string | null; configuration: string; words: string[] };
type Flags = { flags: Flag[]; runs_installation: boolean };

describe("flags", () => {
  let server: Server;
  let owner: Person;
  before(async () => {
    server = await startServer(OWNER);
    owner = await signIn(server, OWNER.BOOTSTRAP_ADMIN_EMAIL);
  });
  after(() => server.remove());

  const set = (flags: Record<string, string>, path = "/api/flags"): Promise<Flags> => must<Flags>(server, owner.token, "PATCH", path, flags);
  const setAll = (flags: Record<string, string>): Promise<Flags> => set(flags, "/api/flags/installation");
  const value = ({ flags }: Flags, name: string): string | undefined => flags.find((flag) => flag.name === name)?.value;
  const reset = (): Promise<unknown> => {
    const none = { webhook_ingestion_enabled: "", realtime_push_enabled: "", reconcile_jobs_enabled: "", worker_percentage: "" };
    return setAll(none).then(() => set(none));
  };
  const health = (): Promise<SyncHealth> => get<SyncHealth>(server, "/api/health/sync");
  const ringing = (sid = newCallSid()): Promise<Response> =>
    post(server, "voice-status", { AccountSid: ACCOUNT_SID, CallSid: sid, CallStatus: "ringing", From: "+15085140320", To: OWNED_NUMBER, Direction: "inbound", SequenceNumber: "0" });
  const answered = (status: number): Promise<true> => until(`webhooks are answered ${String(status)}`, async () => ((await ringing()).status === status ? true : undefined));
  const known = async (sid: string): Promise<boolean> => (await ask<{ call: Call }>(server, `/api/calls/${sid}`)).status === 200;

  it("the narrower of the project's and the installation's counts", async () => {
    assert.equal(value(await setAll({ worker_percentage: "50" }), "worker_percentage"), "50");
    assert.equal(value(await set({ worker_percentage: "80" }), "worker_percentage"), "50");
    assert.equal(value(await set({ worker_percentage: "20" }), "worker_percentage"), "20");
    assert.equal(value(await setAll({ worker_percentage: "" }), "worker_percentage"), "20");
    assert.equal(value(await set({ worker_percentage: "" }), "worker_percentage"), "100");
  });

  it("what is no flag, and no value of one, is refused", async () => {
    for (const body of [{ worker_percentage: "101" }, { worker_percentage: 10 }, { webhook_ingestion_enabled: "maybe" }, { speed: "9" }]) {
      const { status } = await ask<Fault>(server, "/api/flags", { method: "PATCH", key: owner.token, body });
      assert.equal(status, 400, JSON.stringify(body));
    }
  });

  it("ingestion off: webhooks are refused, calls are steered, health says so; and back", async () => {
    await set({ webhook_ingestion_enabled: "off" });
    await answered(503);
    const inbound = await post(server, "voice-inbound", { AccountSid: ACCOUNT_SID, CallSid: newCallSid(), CallStatus: "ringing", From: "+15085140320", To: OWNED_NUMBER, Direction: "inbound" });
    assert.equal(inbound.status, 200);
    assert.match(await inbound.text(), /<Response>/);
    const state = await health();
    assert.equal(state.status, "degraded");
    assert.match(state.reasons.join(" "), /switched off: none is kept/);
    await reset();
    await answered(204);
    await settled(server);
    assert.equal((await health()).status, "ok");
  });

  it("R079 shadow: events are kept and not processed; R081 once it is on, each is processed once", async () => {
    await set({ webhook_ingestion_enabled: "shadow" });
    await until("the workers stand still", async () => {
      const sid = newCallSid();
      await ringing(sid);
      return (await health()).inbox.held > 0 ? true : undefined;
    });
    const calls = Array.from({ length: 20 }, () => new FakeCall(server, "+15085140320"));
    for (const call of calls) {
      await call.arrives();
      await call.status("completed", { CallDuration: "3" });
    }
    const state = await until("all are held", async () => {
      const now = await health();
      return now.inbox.held === now.inbox.pending && now.inbox.held >= 40 ? now : undefined;
    });
    assert.match(state.reasons.join(" "), /shadow mode/);
    assert.equal(state.inbox.oldest_pending_age_ms, 0); // they do not wait for a worker
    for (const call of calls) assert.equal(await known(call.sid), false);
    await server.restart(); // and it stays so
    owner = await signIn(server, OWNER.BOOTSTRAP_ADMIN_EMAIL);
    assert.equal((await health()).inbox.held, state.inbox.held);
    await reset();
    await settled(server);
    for (const call of calls) assert.equal((await get<{ call: Call }>(server, `/api/calls/${call.sid}`)).call.status, "completed");
    await audit(server);
  });

  it("R080 a share of the calls is worked, each as a whole; the rest once more is let through", async () => {
    await set({ worker_percentage: "10" });
    await until("the workers hold some back", async () => {
      await ringing();
      return (await health()).inbox.held > 0 ? true : undefined;
    });
    const calls = Array.from({ length: 60 }, () => new FakeCall(server, "+15085140320"));
    await Promise.all(calls.map(async (call) => {
      await call.arrives();
      await call.status("in-progress");
      await call.status("completed", { CallDuration: "3" });
    }));
    await until("whatever is let through is done", async () => {
      const { inbox } = await health();
      return inbox.pending === inbox.held ? true : undefined;
    });
    const statuses = await Promise.all(calls.map(async ({ sid }) => {
      const { status, body } = await ask<{ call: Call }>(server, `/api/calls/${sid}`);
      return status === 200 ? body.call.status : "unknown";
    }));
    const done = statuses.filter((status) => status === "completed").length;
    assert.equal(done + statuses.filter((status) => status === "unknown").length, calls.length, "no call is half there");
    assert.ok(done < calls.length / 2, String(done));
    await set({ worker_percentage: "100" });
    await settled(server);
    for (const { sid } of calls) assert.equal(await known(sid), true);
    await audit(server);
  });

  it("push off: streams end and are refused, pages go on; and back", async () => {
    const stream = await Stream.open(server);
    await set({ realtime_push_enabled: "off" });
    await until("the stream has ended", () => stream.ended || undefined);
    assert.equal((await ask(server, "/events/calls")).status, 503);
    assert.equal((await ask<{ features: { realtime_push: boolean } }>(server, "/api/me")).body.features.realtime_push, false);
    assert.equal((await ask(server, "/api/events?after_seq=0")).status, 200);
    assert.match((await health()).reasons.join(" "), /Live push is switched off/);
    await reset();
    const again = await until("there are streams again", () => Stream.open(server).catch(() => undefined));
    again.close();
  });

  it("of the whole installation only who runs it, and every change is in the audit log", async () => {
    const stranger = await found(server, "Other", "owner@other.example");
    const theirs = await must<Flags>(server, stranger.token, "GET", "/api/flags");
    assert.equal(theirs.runs_installation, false);
    assert.equal((await must<Flags>(server, owner.token, "GET", "/api/flags")).runs_installation, true);
    const refused = await ask<Fault>(server, "/api/flags/installation", { method: "PATCH", key: stranger.token, body: { webhook_ingestion_enabled: "off" } });
    assert.equal(refused.status, 403);
    const operator = await employ(server, owner, "operator@first.example", "operator");
    assert.equal((await ask(server, "/api/flags", { method: "PATCH", key: operator.token, body: { worker_percentage: "1" } })).status, 403);
    await must(server, stranger.token, "PATCH", "/api/flags", { webhook_ingestion_enabled: "off" });
    assert.equal((await ringing()).status, 204); // not theirs
    await set({ worker_percentage: "99" });
    const [last] = await auditOf(server, owner.token, "limit=1");
    assert.equal(last?.action, "flags.changed");
    assert.match(JSON.stringify(last.details), /worker_percentage=99/);
    await reset();
  });

  it("R084 the tool lists and sets them, without the server's help; the rollback is one command", async () => {
    const { code, output } = await tool(server, "flags", "set", "webhook_ingestion_enabled=shadow", "realtime_push_enabled=off");
    assert.equal(code, 0, output);
    assert.match(output, /webhook_ingestion_enabled +shadow +- +shadow +on/);
    await until("the server obeys", async () => (value(await get<Flags>(server, "/api/flags"), "realtime_push_enabled") === "off" && /shadow/.test((await health()).reasons.join()) ? true : undefined));
    assert.equal((await tool(server, "flags", "set", "webhook_ingestion_enabled=", "realtime_push_enabled=")).code, 0);
    assert.match((await tool(server, "flags", "list", "--project=1")).output, /worker_percentage +100/);
    assert.match((await tool(server, "flags", "set", "speed=9")).output, /no flag/);
    assert.match((await tool(server, "flags", "set", "worker_percentage=5", "--project=999")).output, /no such thing/);
    assert.ok((await auditOf(server, owner.token)).some(({ action, actor }) => action === "flags.changed" && actor.name === "console"));
    await settled(server);
    await audit(server);
  });
});

describe("flags of two nodes", { skip: process.env["STORE"] !== "postgres" && "SQLite has one" }, () => {
  it("what one of them is told, the other obeys, in shadow and back, and nothing is lost", async () => {
    const first = await startServer(OWNER);
    const second = await startServer({ ...OWNER, DATABASE_URL: first.env["DATABASE_URL"] });
    try {
      const { token } = await signIn(first, OWNER.BOOTSTRAP_ADMIN_EMAIL);
      const reasons = async (): Promise<string> => (await get<SyncHealth>(second, "/api/health/sync")).reasons.join();
      await must(first, token, "PATCH", "/api/flags/installation", { webhook_ingestion_enabled: "shadow" });
      await until("the other is in shadow mode", async () => (/shadow mode/.test(await reasons()) ? true : undefined));
      const call = new FakeCall(second, "+15085140320");
      await call.arrives();
      await until("it is held", async () => ((await get<SyncHealth>(second, "/api/health/sync")).inbox.held === 1 ? true : undefined));
      await must(first, token, "PATCH", "/api/flags/installation", { webhook_ingestion_enabled: "off" });
      await until("the other shuts its doors", async () => {
        const { status } = await post(second, "voice-status", { AccountSid: ACCOUNT_SID, CallSid: call.sid, CallStatus: "completed", SequenceNumber: "1" });
        return status === 503 ? true : undefined;
      });
      await must(first, token, "PATCH", "/api/flags/installation", { webhook_ingestion_enabled: "" });
      await settled(second);
      assert.equal((await get<{ call: Call }>(first, `/api/calls/${call.sid}`)).call.twilio_sid, call.sid);
      await audit(first);
    } finally {
      await second.remove();
      await first.remove();
    }
  });
});
