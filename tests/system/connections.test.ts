// Several Twilio accounts in several projects at once: each event goes to the project whose account signed it.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ask, type Call, get } from "../lib/api.ts";
import { dump } from "../lib/dump.ts";
import { ACCOUNT_SID, AUTH_TOKEN, type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { FakeCall, newCallSid, type Params, post } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const EMAIL = "owner@example.com";
const PASSWORD = "a long enough password";
const OTHER_SID = "AC0000000000000000000000000000beef";
const OTHER_TOKEN = "the-auth-token-of-the-other-project";
const NEXT_TOKEN = "the-token-that-comes-after-it-0000";
const OTHER_NUMBER = "+442071838750";

describe("accounts of projects", () => {
  let server: Server;
  let bearer: Record<string, string>;
  let other: string;
  before(async () => {
    server = await startServer({ BOOTSTRAP_ADMIN_EMAIL: EMAIL, BOOTSTRAP_ADMIN_PASSWORD: PASSWORD });
    const login = await ask<{ access_token: string }>(server, "/auth/login", { method: "POST", key: null, body: { email: EMAIL, password: PASSWORD } });
    assert.equal(login.status, 200);
    bearer = { Authorization: `Bearer ${login.body.access_token}` };
    const made = await ask<{ id: string }>(server, "/projects", { method: "POST", key: null, headers: bearer, body: { name: "Other" } });
    assert.equal(made.status, 201);
    other = made.body.id;
  });
  after(() => server.remove());

  function there(path: string, method = "GET", body?: unknown): ReturnType<typeof ask<never>> {
    return ask<never>(server, path, { method, key: null, headers: { ...bearer, "X-Project-Id": other }, ...(body !== undefined && { body }) });
  }

  function knock(token: string, params: Params): Promise<Response> {
    return post(server, "voice-status", params, token);
  }

  function event(sid: string, To = OTHER_NUMBER): Params {
    return { AccountSid: OTHER_SID, CallSid: sid, CallStatus: "ringing", From: "+12125550123", To, Direction: "inbound", SequenceNumber: "0", Timestamp: new Date().toUTCString().replace("GMT", "+0000") };
  }

  async function accepted(token: string, params: Params): Promise<void> {
    await until("the account may knock", async () => ((await knock(token, params)).status === 204 ? true : undefined));
  }

  async function call(sid: string): Promise<Call> {
    return until("the call is there", async () => {
      const { status, body } = await ask<{ call: Call }>(server, `/api/calls/${sid}`, { key: null, headers: { ...bearer, "X-Project-Id": other } });
      return status === 200 ? body.call : undefined;
    });
  }

  it("an account is refused until it is connected, and then its events are its project's", async () => {
    assert.equal((await knock(OTHER_TOKEN, event(newCallSid()))).status, 403);
    assert.equal((await there("/api/settings", "PATCH", { owned_numbers: OTHER_NUMBER, region: "GB" })).status, 200);
    assert.equal((await there(`/api/connections/twilio/${OTHER_SID}`, "PUT", { secret: OTHER_TOKEN })).status, 204);
    const sid = newCallSid();
    await accepted(OTHER_TOKEN, event(sid));
    assert.equal((await call(sid)).direction, "inbound"); // by the project's own number
    assert.equal((await ask(server, `/api/calls/${sid}`)).status, 404); // the other project's key
    assert.equal((await knock("a-wrong-token-00000000000000000", event(newCallSid()))).status, 403);
  });

  it("the configured account goes on beside it, by its own numbers", async () => {
    const mine = new FakeCall(server, "+15085140320");
    await mine.arrives();
    const seen = await until("the call is there", async () => {
      const { status, body } = await ask<{ call: Call }>(server, `/api/calls/${mine.sid}`);
      return status === 200 ? body.call : undefined;
    });
    assert.equal(seen.direction, "inbound");
    assert.equal((await there(`/api/calls/${mine.sid}`)).status, 404);
  });

  it("tokens are rotated without an event lost", async () => {
    assert.equal((await there(`/api/connections/twilio/${OTHER_SID}`, "PUT", { secret: NEXT_TOKEN, secondary_secret: OTHER_TOKEN })).status, 204);
    await accepted(NEXT_TOKEN, event(newCallSid()));
    assert.equal((await knock(OTHER_TOKEN, event(newCallSid()))).status, 204);
    assert.equal((await there(`/api/connections/twilio/${OTHER_SID}`, "PUT", { secret: NEXT_TOKEN })).status, 204);
    await until("the old token is refused", async () => ((await knock(OTHER_TOKEN, event(newCallSid()))).status === 403 ? true : undefined));
  });

  it("a restart keeps what was connected, and shows no secret", async () => {
    await server.restart();
    assert.equal((await knock(NEXT_TOKEN, event(newCallSid()))).status, 204);
    const list = JSON.stringify((await there("/api/connections")).body);
    assert.match(list, new RegExp(OTHER_SID));
    for (const secret of [OTHER_TOKEN, NEXT_TOKEN]) {
      assert.ok(!list.includes(secret));
      assert.ok(!server.output().includes(secret));
    }
    const audit = JSON.stringify((await ask(server, "/api/audit", { key: null, headers: bearer })).body);
    assert.match(audit, /connection\.set/);
    assert.ok(!audit.includes(NEXT_TOKEN));
  });

  it("another project's account cannot be taken", async () => {
    const taken = await ask(server, `/api/connections/twilio/${OTHER_SID}`, { method: "PUT", key: null, headers: bearer, body: { secret: "mine now" } });
    assert.equal(taken.status, 409);
    assert.equal((await knock(NEXT_TOKEN, event(newCallSid()))).status, 204);
  });

  it("a project's token signs for no other project's account, and nothing of it is kept", async () => {
    const kept = async (): Promise<unknown> => {
      await settled(server);
      const { webhook_inbox, calls, call_events, conversations, feed_events } = await dump(server);
      return { webhook_inbox, calls, call_events, conversations, feed_events };
    };
    const mine = (): Params => ({ ...event(newCallSid()), AccountSid: ACCOUNT_SID });
    for (const [token, params] of [[AUTH_TOKEN, mine()], [NEXT_TOKEN, event(newCallSid())]] as const) assert.equal((await knock(token, params)).status, 204);
    const then = await kept();
    for (const door of ["voice-status", "voice-inbound", "recording-status"] as const)
      for (const [token, params] of [[AUTH_TOKEN, event(newCallSid())], [NEXT_TOKEN, mine()]] as const)
        assert.equal((await post(server, door, params, token)).status, 403, `${door} of ${params["AccountSid"] ?? ""}`);
    assert.deepEqual(await kept(), then);
  });

  it("what is wrong is told", async () => {
    assert.equal((await there("/api/settings", "PATCH", { owned_numbers: "not a number" })).status, 400);
    for (const wrong of [{ name: " " }, { region: "USA" }, { region: "1!" }, { sip_user: "a@b" }, { sip_domain: "a b" }, { sip_domain: "a\n" }, { time_zone: "somewhere else" }])
      assert.equal((await there("/api/settings", "PATCH", wrong)).status, 400, JSON.stringify(wrong));
    const named = await ask<{ name: string; presets: { sip_user: string | null } }>(server, "/api/settings", { method: "PATCH", key: null, headers: { ...bearer, "X-Project-Id": other }, body: { name: "Renamed", sip_domain: "pbx.example:5061;transport=tls" } });
    assert.deepEqual([named.body.name, named.body.presets.sip_user], ["Renamed", null]);
    assert.ok((await get<{ presets: { sip_user: string | null } }>(server, "/api/settings")).presets.sip_user !== null); // of the default project
    assert.equal((await there("/api/connections/nobody/AC1", "PUT", { secret: "x" })).status, 404);
    assert.equal((await there("/api/connections/twilio/AC%201", "PUT", { secret: "x" })).status, 400);
    assert.equal((await there("/api/connections/twilio/AC1", "PUT", { secret: "" })).status, 400);
    assert.equal((await there("/api/connections/twilio/AC1", "PUT", { secret: "x", project_id: "1" })).status, 400);
    assert.equal((await there("/api/connections/twilio/AC1", "DELETE")).status, 404);
  });

  it("who is disconnected is refused", async () => {
    assert.equal((await there(`/api/connections/twilio/${OTHER_SID}`, "DELETE")).status, 204);
    await until("the account is refused", async () => ((await knock(NEXT_TOKEN, event(newCallSid()))).status === 403 ? true : undefined));
    assert.deepEqual((await there("/api/connections")).body, { connections: [] });
    await get(server, "/api/health/sync");
  });
});

describe("the configuration's numbers, written as at home", () => {
  const HOME = "6175006181";
  let server: Server;
  before(async () => {
    server = await startServer({ OWNED_PHONE_NUMBERS: HOME, DEFAULT_REGION: "US", BOOTSTRAP_ADMIN_EMAIL: EMAIL, BOOTSTRAP_ADMIN_PASSWORD: PASSWORD });
  });
  after(() => server.remove());

  const settings = (body: Record<string, string>): Promise<number> => ask(server, "/api/settings", { method: "PATCH", body }).then(({ status }) => status);

  it("a region in which they are none is refused", async () => {
    assert.equal(await settings({ region: "DK" }), 400);
    assert.equal(await settings({ region: "DK", owned_numbers: OTHER_NUMBER }), 200);
    assert.equal(await settings({ owned_numbers: "" }), 400); // for then the configuration's count
    assert.equal(await settings({ region: "", owned_numbers: "" }), 200);
  });

  it("when they are none after all, what the provider sends is taken still", async () => {
    server.env["OWNED_PHONE_NUMBERS"] = `+1${HOME}`;
    await server.restart();
    assert.equal(await settings({ region: "DK" }), 200);
    server.env["OWNED_PHONE_NUMBERS"] = HOME;
    await server.restart();
    assert.match(server.output(), /accounts\.numbers/);
    await new FakeCall(server, "+15085140320").arrives();
  });
});
