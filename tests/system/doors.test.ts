// The doors: what is let in, what is refused, and what the provider is told.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import twilio from "twilio";
import { ask, type Doors, type Fault, get, type InboxPage } from "../lib/api.ts";
import { ACCOUNT_SID, AUTH_TOKEN, OWNED_NUMBER, type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { newCallSid, type Params, post } from "../lib/twilio.ts";

const SECOND_TOKEN = "the-second-token-during-rotation";
const CALLER = "+15085140320";

function status(more: Params = {}): Params {
  return {
    AccountSid: ACCOUNT_SID,
    CallSid: newCallSid(),
    CallStatus: "ringing",
    From: CALLER,
    To: OWNED_NUMBER,
    Direction: "inbound",
    SequenceNumber: "1",
    Timestamp: "Fri, 12 Mar 2027 16:29:59 +0000",
    ...more,
  };
}

async function rows(server: Server): Promise<number> {
  return (await get<InboxPage>(server, "/api/events?limit=1")).total;
}

async function raw(server: Server, params: Params, headers: Record<string, string>): Promise<Response> {
  return fetch(`${server.url}/webhooks/twilio/voice-status`, {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams(params).toString(),
  });
}

function sign(server: Server, params: Params, token = AUTH_TOKEN): string {
  return twilio.getExpectedTwilioSignature(token, `${server.url}/webhooks/twilio/voice-status`, params);
}

describe("doors", () => {
  let server: Server;
  before(async () => {
    server = await startServer({ TWILIO_AUTH_TOKEN_SECONDARY: SECOND_TOKEN });
  });
  after(() => server.remove());

  it("acknowledges a signed event with 204, after it is in the inbox", async () => {
    const before_ = await rows(server);
    const answer = await post(server, "voice-status", status());
    assert.equal(answer.status, 204);
    assert.equal(await rows(server), before_ + 1);
  });

  it("F118 F119: refuses a wrong signature with 403 and keeps nothing", async () => {
    const before_ = await rows(server);
    const params = status();
    const wrong = [
      {},
      { "X-Twilio-Signature": "" },
      { "X-Twilio-Signature": "not-base64" },
      { "X-Twilio-Signature": sign(server, params, "another-token") },
      { "X-Twilio-Signature": sign(server, { ...params, From: "+15085140321" }) },
    ];
    for (const headers of wrong) {
      const answer = await raw(server, params, headers as Record<string, string>);
      assert.equal(answer.status, 403);
      const { error } = (await answer.json()) as Fault;
      assert.equal(error.code, "FORBIDDEN");
      assert.ok(error.human_title.length > 0);
    }
    assert.equal(await rows(server), before_);
  });

  it("refuses an account that it does not know, however well signed", async () => {
    const params = status({ AccountSid: "AC99999999999999999999999999999999" });
    assert.equal((await raw(server, params, { "X-Twilio-Signature": sign(server, params) })).status, 403);
  });

  it("tells why it refused, and an address that is not ours from a token that is not", async () => {
    const params = status();
    const elsewhere = `http://localhost:${new URL(server.url).port}/webhooks/twilio/voice-status`;
    const told = async (): Promise<Record<string, number>> =>
      Object.fromEntries((await get<Doors>(server, "/api/doors")).refused.map(({ reason, count }) => [reason, count]));
    const before_ = await told();
    for (const token of [AUTH_TOKEN, "another-token"]) {
      const signature = twilio.getExpectedTwilioSignature(token, elsewhere, params);
      const answer = await fetch(elsewhere, {
        method: "POST",
        headers: { "Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature },
        body: new URLSearchParams(params).toString(),
      });
      assert.equal(answer.status, 403);
    }
    const after_ = await told();
    const more = (reason: string): number => (after_[reason] ?? 0) - (before_[reason] ?? 0);
    assert.deepEqual([more("wrong_url"), more("bad_signature")], [1, 1]);
    const { here, accounts, kept } = await get<Doors>(server, "/api/doors");
    assert.deepEqual([here, accounts, kept > 0], [true, 1, true]);
  });

  it("F130: accepts both tokens while they are rotated", async () => {
    const params = status();
    assert.equal((await raw(server, params, { "X-Twilio-Signature": sign(server, params, SECOND_TOKEN) })).status, 204);
  });

  it("F121: signs the query string as it was asked for", async () => {
    const params = status();
    const url = `${server.url}/webhooks/twilio/voice-status?leg=a%2Fb&x=1`;
    const signature = twilio.getExpectedTwilioSignature(AUTH_TOKEN, url, params);
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature },
      body: new URLSearchParams(params).toString(),
    });
    assert.equal(answer.status, 204);
  });

  it("F070: keeps one of fifty copies that come at once", async () => {
    const before_ = await rows(server);
    const params = status();
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(server, "voice-status", params)));
    assert.deepEqual(new Set(answers.map((answer) => answer.status)), new Set([204]));
    assert.equal(await rows(server), before_ + 1);
  });

  it("F074: keeps a legitimate repeat, told apart by its sequence number", async () => {
    const before_ = await rows(server);
    const params = status();
    await post(server, "voice-status", params);
    await post(server, "voice-status", { ...params, SequenceNumber: "2" });
    assert.equal(await rows(server), before_ + 2);
  });

  it("answers a call from outside with TwiML that rings the dispatcher", async () => {
    const answer = await post(server, "voice-inbound", status({ Timestamp: "", SequenceNumber: "" }));
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get("content-type") ?? "", /^text\/xml/);
    const twiml = await answer.text();
    assert.match(twiml, /<Dial timeout="60" action="\/webhooks\/twilio\/dial-action" method="POST">/);
    assert.match(twiml, /<Sip statusCallback="\/webhooks\/twilio\/voice-status" statusCallbackEvent="initiated ringing answered completed" statusCallbackMethod="POST">sip:dispatcher@abchomes\.sip\.us1\.twilio\.com<\/Sip>/);
  });

  it("answers a call of a SIP user with TwiML that dials the number, with our caller id", async () => {
    const answer = await post(server, "voice-inbound", status({ From: "sip:anna@abchomes.sip.twilio.com", To: "sip:+15085140320@abchomes.sip.twilio.com" }));
    const twiml = await answer.text();
    assert.match(twiml, /<Dial timeout="60" callerId="\+16175006181" action="\/webhooks\/twilio\/dial-action" method="POST">/);
    assert.match(twiml, /<Number [^>]*>\+15085140320<\/Number>/);
  });

  it("answers the end of a dial with an empty response", async () => {
    const answer = await post(server, "dial-action", status({ DialCallStatus: "no-answer" }));
    assert.equal(answer.status, 200);
    assert.match(await answer.text(), /<Response\s*\/>/);
  });

  it("answers another method with 405 and what is allowed", async () => {
    const answer = await fetch(`${server.url}/webhooks/twilio/voice-status`);
    assert.equal(answer.status, 405);
    assert.equal(answer.headers.get("allow"), "POST");
  });

  it("F107: refuses a body over the limit before it reads it", async () => {
    const params = status({ Padding: "x".repeat(70_000) });
    const answer = await raw(server, params, { "X-Twilio-Signature": sign(server, params) });
    assert.equal(answer.status, 413);
  });

  it("F140: bounds the fields of a form; names that begin and end alike are kept, each with its own value", async () => {
    const before_ = await rows(server);
    const fields = (n: number, name: (i: number) => string): Params => ({ ...status(), ...Object.fromEntries(Array.from({ length: n }, (_, i) => [name(i), String(i)])) });
    for (const n of [9_000, 100_000]) assert.equal((await post(server, "voice-status", fields(n, String))).status, 413);
    const alike = fields(480, (i) => `AAAAAAAA${String(i).padStart(4, "0")}BBBBBBBB`);
    assert.equal((await post(server, "voice-status", alike)).status, 204);
    assert.equal(await rows(server), before_ + 1);
    await settled(server);
    const { events } = await get<InboxPage>(server, `/api/events?call_sid=${alike["CallSid"] ?? ""}`);
    const { payload } = await get<{ payload: Params }>(server, `/api/events/${String(events[0]?.id)}`);
    assert.deepEqual(Object.entries(payload).sort(), Object.entries(alike).sort());
  });

  it("F130: after the rotation the old token opens nothing", async () => {
    const rotated = await startServer({ TWILIO_AUTH_TOKEN: SECOND_TOKEN });
    try {
      const params = status();
      assert.equal((await raw(rotated, params, { "X-Twilio-Signature": sign(rotated, params) })).status, 403);
      assert.equal((await raw(rotated, params, { "X-Twilio-Signature": sign(rotated, params, SECOND_TOKEN) })).status, 204);
    } finally {
      await rotated.remove();
    }
  });

  it("F133: limits who sends invalid requests, and never a valid event", async () => {
    const wrong = status();
    const seen = new Set<number>();
    for (let i = 0; i < 200; i++) seen.add((await raw(server, wrong, { "X-Twilio-Signature": sign(server, wrong, "x") })).status);
    assert.deepEqual(seen, new Set([403, 429]));
    assert.equal((await post(server, "voice-status", status())).status, 204);
  });

  it("keeps what it cannot understand, shows why, and goes on", async () => {
    const answer = await post(server, "voice-status", { AccountSid: ACCOUNT_SID, CallStatus: "ringing", Nonce: newCallSid() });
    assert.equal(answer.status, 204);
    await settled(server);
    const dead = await get<InboxPage>(server, "/api/events?processing_status=dead_letter");
    assert.equal(dead.total, 1);
    assert.ok(dead.events[0]?.error);
  });

  it("F125 F138: survives text that is no text", async () => {
    const before_ = await rows(server);
    const body = `AccountSid=${ACCOUNT_SID}&CallSid=${newCallSid()}&CallStatus=ringing&From=%FF%FE%00&To=%E2%80%AE&CallerName=%ED%A0%80&FromCity=%C0%AF&FromState=%E0%80%AF`;
    const fields: Params = {};
    const bytes = (s: string): string => Buffer.from(s.replaceAll(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))), "latin1").toString("latin1");
    for (const pair of body.split("&")) {
      const [name = "", value = ""] = pair.split("=");
      fields[name] = bytes(value);
    }
    const { createHmac } = await import("node:crypto");
    const url = `${server.url}/webhooks/twilio/voice-status`;
    const signed = url + Object.keys(fields).sort().map((name) => name + (fields[name] ?? "")).join("");
    const signature = createHmac("sha1", AUTH_TOKEN).update(Buffer.from(signed, "latin1")).digest("base64");
    const answer = await fetch(url, { method: "POST", headers: { "Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature }, body });
    assert.equal(answer.status, 204);
    await settled(server);
    assert.equal(await rows(server), before_ + 1);
  });
});

describe("doors that are closed", () => {
  it("answer 503 when ingestion is switched off, but never leave a caller without TwiML", async () => {
    const server = await startServer({ WEBHOOK_INGESTION_ENABLED: "false" });
    try {
      assert.equal((await post(server, "voice-status", status())).status, 503);
      assert.equal((await post(server, "voice-inbound", status())).status, 200);
      assert.equal(await rows(server), 0);
    } finally {
      await server.remove();
    }
  });

  it("let in only the addresses of the list, when there is one", async () => {
    const server = await startServer({ WEBHOOK_ALLOWED_CIDRS: "203.0.113.0/24" });
    try {
      assert.equal((await post(server, "voice-status", status())).status, 403);
    } finally {
      await server.remove();
    }
  });

  it("believe the address that a trusted proxy tells", async () => {
    const server = await startServer({ WEBHOOK_ALLOWED_CIDRS: "203.0.113.0/24", TRUSTED_PROXIES: "127.0.0.1" });
    try {
      const params = status();
      const headers = { "X-Twilio-Signature": sign(server, params) };
      assert.equal((await raw(server, params, { ...headers, "X-Forwarded-For": "203.0.113.7" })).status, 204);
      assert.equal((await raw(server, status(), { ...headers, "X-Forwarded-For": "198.51.100.7" })).status, 403);
    } finally {
      await server.remove();
    }
  });

  it("know no account when none is configured", async () => {
    const server = await startServer({ TWILIO_ACCOUNT_SID: "", TWILIO_AUTH_TOKEN: "" });
    try {
      assert.equal((await post(server, "voice-status", status())).status, 403);
      assert.equal((await ask<InboxPage>(server, "/api/events")).body.total, 0);
    } finally {
      await server.remove();
    }
  });
});
