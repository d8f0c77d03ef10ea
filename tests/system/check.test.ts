// The check of a project's connections says exactly what is wrong: with our address, an account, each number, the events.
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { after, afterEach, before, describe, it } from "node:test";
import type { Twilio } from "twilio";
import { ask, type Fault } from "../lib/api.ts";
import { Belongings } from "../lib/belongings.ts";
import { listen, type Listener } from "../lib/listen.ts";
import { clientOf, type Sandbox, startSandbox } from "../lib/sandbox.ts";
import { ACCOUNT_SID, AUTH_TOKEN, freePort, OWNED_NUMBER, type Server, startServer } from "../lib/server.ts";
import { FakeCall, newCallSid, post } from "../lib/twilio.ts";

type Finding = { code: string; state: string; account: string | null; number: string | null; found: string | null; expected: string | null };
type Check = { state: string; findings: Finding[] };

async function check(server: Server): Promise<Check> {
  const { status, body } = await ask<Check>(server, "/api/connections/check", { method: "POST" });
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

async function codes(server: Server): Promise<string[]> {
  return (await check(server)).findings.map(({ code }) => code);
}

function one({ findings }: Check, code: string): Finding {
  return findings.find((x) => x.code === code) ?? assert.fail(`${code} is not among ${JSON.stringify(findings)}`);
}

describe("beside a provider", () => {
  let server: Server;
  let sandbox: Sandbox;
  let client: Twilio;
  before(async () => {
    const port = await freePort();
    server = await startServer({ TWILIO_BASE_URL: `http://127.0.0.1:${String(port)}`, DEMO_CALLS: "true" });
    sandbox = await startSandbox(server.url, ["--rate", "0", "--port", String(port)]);
    client = clientOf(sandbox);
  });
  after(async () => {
    await sandbox.stop();
    await server.remove();
  });

  /** What the one number leads to, until the next time. */
  async function lead(to: Parameters<ReturnType<Twilio["incomingPhoneNumbers"]>["update"]>[0]): Promise<Check> {
    const [number] = await client.incomingPhoneNumbers.list({ phoneNumber: OWNED_NUMBER });
    await client.incomingPhoneNumbers(number?.sid ?? "").update({
      voiceUrl: `${server.url}/webhooks/twilio/voice-inbound`,
      voiceMethod: "POST",
      voiceApplicationSid: "",
      trunkSid: "",
      statusCallback: `${server.url}/webhooks/twilio/voice-status`,
      statusCallbackMethod: "POST",
      ...to,
    });
    return check(server);
  }

  it("all is well but that nothing has come yet", async () => {
    assert.deepEqual(await codes(server), ["address_ok", "account_ok", "number_ok", "events_none"]);
    const all = await check(server);
    assert.equal(all.state, "unknown");
    assert.equal(one(all, "number_ok").number, OWNED_NUMBER);
    assert.equal(one(all, "account_ok").account, ACCOUNT_SID);
  });

  it("tells a number that leads elsewhere, where to, and where it should lead", async () => {
    const wrong = one(await lead({ voiceUrl: "https://demo.twilio.com/welcome/voice/" }), "number_elsewhere");
    assert.deepEqual([wrong.state, wrong.number, wrong.found], ["bad", OWNED_NUMBER, "https://demo.twilio.com/welcome/voice/"]);
    assert.equal(wrong.expected, `${server.url}/webhooks/twilio/voice-inbound`);
    one(await lead({ voiceUrl: "" }), "number_elsewhere");
    one(await lead({ voiceUrl: `${server.url}/webhooks/twilio/voice-inbound/` }), "number_elsewhere");
    one(await lead({ voiceUrl: `${server.url}/webhooks/twilio/voice-inbound#rc=5&rp=ct,rt,5xx` }), "number_ok");
    assert.equal(one(await lead({ voiceMethod: "GET" }), "number_method").found, "GET");
    assert.equal(one(await lead({ voiceApplicationSid: "AP1" }), "number_application").found, "AP1");
    assert.equal(one(await lead({ voiceApplicationSid: "AP1", trunkSid: "TK1" }), "number_trunk").found, "TK1");
  });

  it("warns when the end of a call is told elsewhere", async () => {
    const nowhere = await lead({ statusCallback: "" });
    assert.equal(nowhere.state, "warn");
    assert.equal(one(nowhere, "number_status").expected, `${server.url}/webhooks/twilio/voice-status`);
    one(await lead({ statusCallbackMethod: "GET" }), "number_status_method");
    one(await lead({}), "number_ok");
  });

  it("knows numbers that no account has, and those that nobody has named", async () => {
    const set = async (owned_numbers: string): Promise<void> => {
      assert.equal((await ask(server, "/api/settings", { method: "PATCH", body: { owned_numbers } })).status, 200);
      await server.restart();
    };
    await set("+442071838750");
    const other = await check(server);
    assert.deepEqual([one(other, "number_missing").number, one(other, "number_unlisted").number], ["+442071838750", OWNED_NUMBER]);
    await set("");
    one(await check(server), "number_ok"); // the configuration names it
  });

  it("tells whether events come in, and why one was refused", async () => {
    const call = new FakeCall(server, "+15085140320");
    await call.arrives();
    const well = await check(server);
    assert.equal(well.state, "good");
    assert.ok(Date.parse(one(well, "events_arrive").found ?? "") > 0);

    const answer = await post(server, "voice-status", { AccountSid: ACCOUNT_SID, CallSid: newCallSid(), CallStatus: "ringing" }, "another token");
    assert.equal(answer.status, 403);
    const refused = await check(server);
    assert.deepEqual([refused.state, one(refused, "events_refused").found], ["bad", "bad_signature"]);
  });

  it("tells that the secret is wrong, and shows none", async () => {
    const put = (secret: string): ReturnType<typeof ask> => ask(server, `/api/connections/twilio/${ACCOUNT_SID}`, { method: "PUT", body: { secret } });
    assert.equal((await put("a token that Twilio does not know")).status, 204);
    await server.restart();
    const wrong = await check(server);
    assert.equal(one(wrong, "account_refused").found, "401");
    assert.ok(!JSON.stringify(wrong).includes("a token that"));
    assert.ok(!wrong.findings.some(({ code }) => code.startsWith("number")));
    assert.equal((await put(AUTH_TOKEN)).status, 204);
  });

  it("says that the provider could not be asked", async () => {
    await server.restart();
    await sandbox.stop();
    const unasked = one(await check(server), "account_unknown");
    assert.match(unasked.found ?? "", /^Twilio cannot be reached/);
  });
});

describe("a provider with moods", () => {
  let server: Server;
  let other: Listener;
  let asked: string[];
  let answer: (path: string, response: ServerResponse) => void;
  const json = (response: ServerResponse, body: unknown, status = 200): void => {
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  };
  before(async () => {
    other = await listen((request, response) => {
      asked.push(request.url ?? "");
      answer(request.url ?? "", response);
    });
    server = await startServer({ API_THREADS: "4", TWILIO_BASE_URL: other.url });
  });
  after(async () => {
    await server.remove();
    await other.close();
  });

  async function found(how: typeof answer): Promise<Check> {
    asked = [];
    answer = how;
    return check(server);
  }

  it("says that the account is suspended", async () => {
    const all = await found((_, response) => { json(response, { status: "suspended" }); });
    assert.equal(one(all, "account_inactive").found, "suspended");
    assert.equal(asked.length, 1);
  });

  it("takes what is no answer for none", async () => {
    for (const how of [
      (_: string, response: ServerResponse): void => { json(response, {}, 503); },
      (_: string, response: ServerResponse): void => { response.end("<html>"); },
      (_: string, response: ServerResponse): void => { response.end("null"); },
      (_: string, response: ServerResponse): void => { response.destroy(); },
    ])
      one(await found(how), "account_unknown");
    one(await found((_, response) => { json(response, {}, 429); }), "account_unknown");
    assert.equal(one(await found((path, response) => { json(response, path.includes("Incoming") ? { incoming_phone_numbers: 7 } : { status: "active" }); }), "number_missing").number, OWNED_NUMBER);
  });

  it("follows pages at the provider and nowhere else", async () => {
    const first = `/2010-04-01/Accounts/${ACCOUNT_SID}/IncomingPhoneNumbers.json`;
    const page = (numbers: unknown[], next_page_uri: string | null): unknown => ({ incoming_phone_numbers: numbers, next_page_uri });
    const mine = { phone_number: OWNED_NUMBER, voice_url: "", voice_method: "POST", status_callback: null };
    const paged = await found((path, response) => {
      json(response, path.includes("Page=1") ? page([mine], null) : path.startsWith(first) ? page([], `${first}?Page=1`) : { status: "active" });
    });
    assert.equal(one(paged, "number_elsewhere").number, OWNED_NUMBER);
    assert.equal(asked.length, 3);
    for (const evil of ["http://127.0.0.1:1/", "@127.0.0.1:1/", ".evil.example/", "//127.0.0.1:1/"]) {
      await found((path, response) => { json(response, path.startsWith(first) ? page([], evil) : { status: "active" }); });
      assert.equal(asked.length, 2, evil);
    }
    const endless = await found((path, response) => { json(response, path.startsWith(first) ? page([], `${first}?again`) : { status: "active" }); });
    assert.equal(asked.length, 11);
    assert.equal(endless.state, "bad");
  });

  it("looks into the application that takes a number's calls", async () => {
    const number = { phone_number: OWNED_NUMBER, voice_url: "https://elsewhere.example/", voice_application_sid: "AP7" };
    const ours = { voice_url: `${server.url}/webhooks/twilio/voice-inbound`, voice_method: "POST", status_callback: `${server.url}/webhooks/twilio/voice-status`, status_callback_method: "POST" };
    const taking = (application: unknown, status = 200) => (path: string, response: ServerResponse): void => {
      if (path.includes("/Applications/AP7.json")) json(response, application, status);
      else json(response, path.includes("Incoming") ? { incoming_phone_numbers: [number] } : { status: "active" });
    };
    assert.equal(one(await found(taking(ours)), "number_ok").number, OWNED_NUMBER);
    one(await found(taking({ ...ours, status_callback: "" })), "number_status");
    for (const how of [taking({ ...ours, voice_url: "https://elsewhere.example/" }), taking({ ...ours, voice_method: "GET" }), taking({}, 404), taking({}, 500)]) {
      const all = await found(how);
      assert.equal(one(all, "number_application").found, "AP7");
      one(all, "account_ok");
    }
  });

  it("one check of a project at a time with four threads, and a stop does not wait for it", async () => {
    const arrived = new Promise<void>((resolve) => {
      asked = [];
      answer = () => { resolve(); };
    });
    const first = ask(server, "/api/connections/check", { method: "POST" }).catch(() => undefined);
    await arrived;
    const second = await ask<Fault>(server, "/api/connections/check", { method: "POST", headers: { "Accept-Language": "ru" } });
    assert.equal(second.status, 503);
    assert.match(second.body.error.human_title, /ждёт ответа провайдера/);
    await server.stop();
    await first;
    await server.start();
  });
});

describe("our own address", () => {
  const ours = new Belongings();
  afterEach(() => ours.end());
  const addressOf = async (WEBHOOK_BASE_URL: string, more: NodeJS.ProcessEnv = {}): Promise<string | undefined> => {
    const server = await startServer({ WEBHOOK_BASE_URL, TWILIO_ACCOUNT_SID: "", TWILIO_AUTH_TOKEN: "", OWNED_PHONE_NUMBERS: "", ...more });
    try {
      const all = await codes(server);
      assert.deepEqual(all.slice(1), ["no_account", "no_numbers", "events_none"]);
      return all[0];
    } finally {
      await server.remove();
    }
  };

  it("must be public, and https", async () => {
    for (const address of ["https://localhost:3000", "https://127.0.0.1", "https://10.1.2.3", "https://172.31.0.1", "https://[fd00::1]", "https://pbx.local", "http://192.168.1.1"])
      assert.equal(await addressOf(address), "address_private", address);
    assert.equal(await addressOf("http://203.0.113.7"), "address_not_https");
  });

  it("must be ours", async () => {
    const other = await ours.keep(listen((_, response) => { response.end("<h1>It works!</h1>"); }));
    const near = { DEMO_CALLS: "true", TWILIO_BASE_URL: "http://127.0.0.1:1" };
    assert.equal(await addressOf(other.url, near), "address_elsewhere");
    assert.equal(await addressOf(`http://127.0.0.1:${String(await freePort())}`, near), "address_unreachable");
  });
});
