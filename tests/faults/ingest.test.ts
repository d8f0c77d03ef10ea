// kill -9 at each step of one event's way, in the thread that takes it.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import twilio from "twilio";
import { get, type InboxPage } from "../lib/api.ts";
import { callbacksOf } from "../lib/load.ts";
import { AUTH_TOKEN, type Server, startServer } from "../lib/server.ts";
import { audit, settled } from "../lib/settled.ts";
import { Strace, strace } from "../lib/strace.ts";
import { newCallSid, type Params, post } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const skip = await Strace.cannotAttach();

function event(): Params {
  const [first] = callbacksOf(newCallSid());
  assert.ok(first);
  return first;
}

async function rows(server: Server, params: Params): Promise<number> {
  return (await get<InboxPage>(server, `/api/events?call_sid=${params["CallSid"] ?? ""}`)).total;
}

/** After a crash: what is there, and that the provider's retry leaves one event with one effect. */
async function assertRetried(server: Server, params: Params, kept: (n: number) => boolean): Promise<void> {
  await server.start();
  assert.ok(kept(await rows(server, params)));
  assert.equal((await post(server, "voice-status", params)).status, 204);
  await settled(server);
  assert.equal(await rows(server, params), 1);
  const detail = await get<{ events: unknown[] }>(server, `/api/calls/${params["CallSid"] ?? ""}`);
  assert.equal(detail.events.length, 1);
  await audit(server);
}

type Step = {
  name: string;
  thread: string;
  calls: string;
  nth: number;
  /** How many rows may be there after the crash. */
  kept: (n: number) => boolean;
};

const none = (n: number): boolean => n === 0;
const one = (n: number): boolean => n === 1;
const whole = (n: number): boolean => n <= 1;

const STEPS: Step[] = [
  { name: "F002: after the signature, before the insert", thread: "inbox", calls: "read,futex,pread64,pwrite64", nth: 1, kept: none },
  { name: "F003: in the middle of the transaction", thread: "inbox", calls: "pwrite64", nth: 2, kept: none },
  { name: "F003: in the middle of the transaction, later", thread: "inbox", calls: "pwrite64", nth: 4, kept: whole },
  { name: "F004: after the commit is written, before its sync returned", thread: "inbox", calls: "fdatasync", nth: 1, kept: whole },
  { name: "F005: after the sync, before the loop is told", thread: "inbox", calls: "write", nth: 1, kept: one },
  { name: "F005: after the sync, before the answer is written", thread: "loop-0", calls: "write", nth: 1, kept: one },
];

describe("a kill", { skip }, () => {
  let server: Server;
  before(async () => {
    server = await startServer({ LOOPS: "1" });
    assert.equal((await post(server, "voice-status", event())).status, 204);
    await settled(server);
  });
  after(() => server.remove());

  it("F001: after the request's head, before its body, keeps nothing; the retry is kept once", async () => {
    const params = event();
    const path = "/webhooks/twilio/voice-status";
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    let heard = "";
    socket.on("data", (chunk) => (heard += String(chunk))).on("error", () => undefined);
    const head = [
      `POST ${path} HTTP/1.1`,
      "Host: x",
      "Content-Type: application/x-www-form-urlencoded",
      `Content-Length: ${String(new URLSearchParams(params).toString().length)}`,
      `X-Twilio-Signature: ${twilio.getExpectedTwilioSignature(AUTH_TOKEN, server.url + path, params)}`,
      "Expect: 100-continue",
    ];
    socket.write(`${head.join("\r\n")}\r\n\r\n`);
    await until("the server answers the head", () => (heard === "" ? undefined : true));
    assert.match(heard, /^HTTP\/1.1 100 Continue/);
    await server.kill();
    socket.destroy();
    assert.equal(heard, "HTTP/1.1 100 Continue\r\n\r\n");
    await assertRetried(server, params, none);
  });

  for (const { name, thread, calls, nth, kept } of STEPS)
    it(`${name}: ${kept === one ? "it is there once" : "it is whole or not at all"}, and was not acknowledged`, async () => {
      await settled(server);
      const trace = strace({ calls, fault: "signal=KILL", when: String(nth) });
      await trace.attach(server, thread);
      const params = event();
      const answer = await post(server, "voice-status", params).catch(() => null);
      await until("it was killed", server.ended);
      assert.equal(answer, null, "acknowledged before it was done");
      await trace.remove();
      await assertRetried(server, params, kept);
    });

  it("F016: of a worker between claim and effects: done again, once, and soon", async () => {
    for (const nth of [1, 2, 3, 4, 6, 8, 10]) {
      await settled(server);
      const trace = strace({ calls: "pwrite64", fault: "signal=KILL", when: String(nth) });
      await trace.attach(server, "queue-worker");
      const params = event();
      await post(server, "voice-status", params).catch(() => null);
      await until("it was killed", server.ended);
      await trace.remove();
      await assertRetried(server, params, whole);
    }
  });
});
