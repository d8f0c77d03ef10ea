// The simulator, judged by Twilio's own library: its client, its signatures, its TwiML.
import assert from "node:assert/strict";
import { readFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import twilio from "twilio";
import { type Call, get, type InboxPage } from "../lib/api.ts";
import { type Receiver, startReceiver, type Webhook } from "../lib/receiver.ts";
import { type Sandbox, clientOf, startSandbox } from "../lib/sandbox.ts";
import { ACCOUNT_SID, AUTH_TOKEN, OWNED_NUMBER, startServer } from "../lib/server.ts";
import { audit, settled } from "../lib/settled.ts";
import type { Params } from "../lib/twilio.ts";

const { VoiceResponse } = twilio.twiml;
const FINAL = ["completed", "busy", "no-answer", "canceled", "failed"];
const ALL_EVENTS = ["initiated", "ringing", "answered", "completed"];
/** Numbers whose calls always fare the same (docs/sandbox.md). */
const ANSWERS = "+12025550190";
const BUSY = "+12025550191";

/** What a small office answers: ring the desk; calls from the desk go out. */
function office({ path, params }: Webhook): string | undefined {
  if (path === "/webhooks/twilio/dial-action") return new VoiceResponse().toString();
  if (path !== "/webhooks/twilio/voice-inbound") return undefined;
  const outgoing = /^sip:(\+\d+)@/.exec(params["To"] ?? "")?.[1];
  const answer = new VoiceResponse();
  const callbacks = {
    statusCallback: "/webhooks/twilio/voice-status?leg=child&n=1",
    statusCallbackEvent: ALL_EVENTS as ("initiated" | "ringing" | "answered" | "completed")[],
  };
  if (params["From"]?.startsWith("sip:") && outgoing === undefined) {
    answer.reject({ reason: "busy" });
  } else {
    const dial = answer.dial({ action: "dial-action", timeout: 20, callerId: outgoing && OWNED_NUMBER });
    if (outgoing === undefined) dial.sip(callbacks, "sip:desk@office.example.com");
    else dial.number(callbacks, outgoing);
  }
  return answer.toString();
}

const statusOf = (sid: string, status: string) => (webhook: Webhook) =>
  webhook.params["CallSid"] === sid && webhook.params["CallStatus"] === status;

describe("calls of the sandbox", () => {
  let receiver: Receiver;
  let sandbox: Sandbox;

  before(async () => {
    receiver = await startReceiver(office);
    sandbox = await startSandbox(receiver.url, ["--calls", "60", "--rate", "6000", "--speed", "200", "--seed", "5"]);
    assert.equal(await sandbox.ended, 0, sandbox.said());
  });
  after(async () => {
    await receiver.close();
  });

  test("every webhook is signed so that Twilio's library accepts it", () => {
    assert.ok(receiver.webhooks.length > 300);
    assert.deepEqual(receiver.webhooks.filter((webhook) => !webhook.valid), []);
  });

  test("requests look like Twilio's", () => {
    for (const { headers } of receiver.webhooks) {
      assert.equal(headers["user-agent"], "TwilioProxy/1.1");
      assert.equal(headers["content-type"], "application/x-www-form-urlencoded; charset=UTF-8");
      assert.match(String(headers["i-twilio-idempotency-token"]), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  test("every call begins once, and ends once", () => {
    const sids = new Set(receiver.webhooks.map((webhook) => webhook.params["CallSid"]));
    for (const sid of sids) {
      const ends = receiver.webhooks.filter(
        ({ params }) => params["CallSid"] === sid && "SequenceNumber" in params && FINAL.includes(params["CallStatus"] ?? ""),
      );
      assert.equal(ends.length, 1, `${sid}: ${JSON.stringify(ends)}`);
    }
    const begins = receiver.webhooks.filter(({ path }) => path === "/webhooks/twilio/voice-inbound");
    assert.equal(new Set(begins.map(({ params }) => params["CallSid"])).size, begins.length);
  });

  test("callbacks of a leg are numbered without gaps, and name its parent", () => {
    const children = receiver.webhooks.filter(({ path }) => path.includes("leg=child"));
    const sids = new Set(children.map(({ params }) => params["CallSid"]));
    assert.ok(sids.size > 20);
    for (const sid of sids) {
      const webhooks = children.filter(({ params }) => params["CallSid"] === sid);
      const numbers = webhooks.map(({ params }) => Number(params["SequenceNumber"])).sort((a, b) => a - b);
      assert.deepEqual(numbers, [...numbers.keys()], String(sid));
      for (const { params } of webhooks) {
        assert.match(params["ParentCallSid"] ?? "", /^CA[0-9a-f]{32}$/);
        assert.equal(params["Direction"], "outbound-dial");
      }
    }
  });

  test("the Dial's action learns how the child leg went", () => {
    const actions = receiver.webhooks.filter(({ path }) => path === "/webhooks/twilio/dial-action");
    const outcomes = new Set(actions.map(({ params }) => params["DialCallStatus"]));
    assert.ok(outcomes.has("completed") && outcomes.has("no-answer"), [...outcomes].join());
    for (const { params } of actions) {
      const end = receiver.webhooks.find(statusOf(params["DialCallSid"] ?? "", params["DialCallStatus"] ?? ""));
      assert.equal(end?.params["ParentCallSid"], params["CallSid"]);
      assert.equal(params["DialBridged"], String("DialCallDuration" in params));
    }
  });

  test("recordings are ready after the call", () => {
    const recordings = receiver.webhooks.filter(({ path }) => path === "/webhooks/twilio/recording-status");
    assert.ok(recordings.length > 0);
    for (const { params } of recordings) {
      assert.match(params["RecordingSid"] ?? "", /^RE[0-9a-f]{32}$/);
      assert.equal(params["RecordingStatus"], "completed");
      assert.ok(Date.parse(params["RecordingStartTime"] ?? "") > 0);
    }
  });

  test("what our answer refuses ends as refused", () => {
    const codes = receiver.webhooks.filter(({ params, path }) => path.endsWith("voice-inbound") && params["To"]?.startsWith("sip:*"));
    for (const { params } of codes) assert.ok(receiver.webhooks.some(statusOf(params["CallSid"] ?? "", "busy")));
  });
});

describe("the REST API of the sandbox", () => {
  let receiver: Receiver;
  let sandbox: Sandbox;

  before(async () => {
    receiver = await startReceiver(office);
    sandbox = await startSandbox(receiver.url, ["--rate", "0", "--speed", "100", "--price-after", "0"]);
  });
  after(async () => {
    await sandbox.stop();
    await receiver.close();
  });

  /** Places a call and waits for its end. */
  async function call(to: string): Promise<string> {
    const { sid } = await clientOf(sandbox).calls.create({
      to,
      from: OWNED_NUMBER,
      twiml: new VoiceResponse().say("Good morning.").toString(),
      statusCallback: `${receiver.url}/status`,
      statusCallbackEvent: ALL_EVENTS,
      record: true,
      recordingStatusCallback: `${receiver.url}/recorded`,
    });
    await receiver.next(({ path, params }) => path === "/status" && params["CallSid"] === sid && FINAL.includes(params["CallStatus"] ?? ""));
    return sid;
  }

  test("a call that is placed runs, calls back and can be fetched", async () => {
    const sid = await call(ANSWERS);
    const told = receiver.webhooks.filter(({ path, params }) => path === "/status" && params["CallSid"] === sid);
    assert.deepEqual(told.map(({ params }) => params["CallStatus"]).sort(), ["completed", "in-progress", "initiated", "ringing"]);

    const fetched = await clientOf(sandbox).calls(sid).fetch();
    assert.equal(fetched.status, "completed");
    assert.equal(fetched.direction, "outbound-api");
    assert.equal(fetched.to, ANSWERS);
    assert.equal(fetched.toFormatted, "(202) 555-0190");
    assert.equal(fetched.accountSid, ACCOUNT_SID);
    assert.match(fetched.duration, /^\d+$/);
    assert.ok(fetched.endTime.getTime() >= fetched.startTime.getTime());
  });

  test("a busy number is busy, and costs nothing", async () => {
    const fetched = await clientOf(sandbox).calls(await call(BUSY)).fetch();
    assert.equal(fetched.status, "busy");
    assert.equal(fetched.duration, "0");
    assert.equal(fetched.price, null);
    assert.equal(fetched.priceUnit, "USD");
  });

  test("a document that dials brings about a second leg", async () => {
    const client = clientOf(sandbox);
    const parent = await client.calls.create({ to: ANSWERS, from: OWNED_NUMBER, url: `${receiver.url}/webhooks/twilio/voice-inbound` });
    const end = await receiver.next(({ path, params }) => path.includes("leg=child") && params["ParentCallSid"] === parent.sid && params["CallStatus"] === "completed");
    const legs = await client.calls.list({ parentCallSid: parent.sid });
    assert.deepEqual(legs.map(({ sid, to, direction }) => ({ sid, to, direction })), [
      { sid: end.params["CallSid"], to: "sip:desk@office.example.com", direction: "outbound-dial" },
    ]);
  });

  test("lists go through all pages, newest first, each call once", async () => {
    const client = clientOf(sandbox);
    const placed: string[] = [];
    for (let i = 0; i < 7; i++) placed.push(await call(BUSY));
    const listed = await client.calls.list({ to: BUSY, pageSize: 2 });
    assert.deepEqual(listed.map(({ sid }) => sid).slice(0, 7), placed.reverse());
    assert.equal(new Set(listed.map(({ sid }) => sid)).size, listed.length);

    const first = await client.calls.page({ to: BUSY, pageSize: 3 });
    const second = await first.nextPage();
    const back = await second?.previousPage();
    assert.deepEqual(back?.instances.map(({ sid }) => sid), first.instances.map(({ sid }) => sid));
  });

  test("lists are filtered by status, number and time", async () => {
    const client = clientOf(sandbox);
    const sid = await call(ANSWERS);
    const { startTime } = await client.calls(sid).fetch();
    const hour = 3_600_000;
    const sids = async (filter: Parameters<typeof client.calls.list>[0]): Promise<string[]> =>
      (await client.calls.list(filter)).map((found) => found.sid);

    assert.ok((await sids({ status: "completed" })).includes(sid));
    assert.ok(!(await sids({ status: "busy" })).includes(sid));
    assert.ok((await sids({ from: OWNED_NUMBER })).includes(sid));
    assert.deepEqual(await sids({ from: "+12025550100" }), []);
    assert.ok((await sids({ startTimeAfter: new Date(startTime.getTime() - hour) })).includes(sid));
    assert.deepEqual(await sids({ startTimeAfter: new Date(startTime.getTime() + hour) }), []);
    assert.deepEqual(await sids({ startTimeBefore: new Date(startTime.getTime() - hour) }), []);
    assert.ok((await sids({ endTimeAfter: new Date(startTime.getTime() - hour) })).includes(sid));
  });

  test("a call under way can be ended; one that is over cannot", async () => {
    const client = clientOf(sandbox);
    const { sid } = await client.calls.create({
      to: ANSWERS, from: OWNED_NUMBER, twiml: "<Response><Pause/></Response>",
      statusCallback: `${receiver.url}/status`, statusCallbackEvent: ALL_EVENTS,
    });
    await client.calls(sid).update({ status: "completed" });
    await receiver.next(({ params }) => params["CallSid"] === sid && FINAL.includes(params["CallStatus"] ?? ""));
    await assert.rejects(client.calls(sid).update({ status: "completed" }), { code: 21220, status: 400 });
  });

  test("recordings are listed by call and fetched", async () => {
    const client = clientOf(sandbox);
    const sid = await call(ANSWERS);
    const told = await receiver.next(({ path, params }) => path === "/recorded" && params["CallSid"] === sid);
    const [recording, ...others] = await client.recordings.list({ callSid: sid });
    assert.deepEqual(others, []);
    assert.equal(recording?.sid, told.params["RecordingSid"]);
    assert.equal(recording?.source, "OutboundAPI");
    assert.equal((await client.recordings(recording?.sid ?? "").fetch()).callSid, sid);
    const media = await fetch(`${told.params["RecordingUrl"]}.wav`);
    assert.equal(media.headers.get("content-type"), "audio/x-wav");
    assert.equal((await media.text()).slice(0, 4), "RIFF");
    const smaller = await fetch(`${told.params["RecordingUrl"]}.mp3`);
    assert.equal(smaller.headers.get("content-type"), "audio/mpeg");
    assert.deepEqual((await client.calls(sid).recordings.list()).map((found) => found.sid), [recording?.sid]);
  });

  test("the account and its numbers are told, and set", async () => {
    const client = clientOf(sandbox);
    assert.equal((await client.api.v2010.accounts(ACCOUNT_SID).fetch()).status, "active");
    const [number, ...rest] = await client.incomingPhoneNumbers.list();
    assert.deepEqual([number?.phoneNumber, number?.voiceMethod, rest], [OWNED_NUMBER, "POST", []]);
    assert.match(number?.voiceUrl ?? "", /\/webhooks\/twilio\/voice-inbound$/);
    assert.deepEqual(await client.incomingPhoneNumbers.list({ phoneNumber: "+15550100" }), []);
    const set = await client.incomingPhoneNumbers(number?.sid ?? "").update({ voiceUrl: "https://example.com/", trunkSid: "TK1" });
    assert.deepEqual([set.voiceUrl, set.trunkSid, set.statusCallback], ["https://example.com/", "TK1", number?.statusCallback]);
    assert.equal((await client.incomingPhoneNumbers(set.sid).fetch()).voiceUrl, "https://example.com/");
    await assert.rejects(client.incomingPhoneNumbers("PN0").fetch(), { status: 404, code: 20404 });
  });

  test("refusals have Twilio's codes", async () => {
    const client = clientOf(sandbox);
    const unknown = `CA${"0".repeat(32)}`;
    await assert.rejects(clientOf(sandbox, "wrong").calls.list(), { status: 401, code: 20003 });
    await assert.rejects(client.calls(unknown).fetch(), { status: 404, code: 20404 });
    await assert.rejects(client.calls(unknown).update({ status: "completed" }), { status: 404, code: 20404 });
    await assert.rejects(client.recordings(`RE${"0".repeat(32)}`).fetch(), { status: 404, code: 20404 });
    await assert.rejects(client.calls.create({ to: "nobody", from: OWNED_NUMBER, url: receiver.url }), { status: 400, code: 21211 });
    await assert.rejects(client.calls.create({ to: ANSWERS, from: OWNED_NUMBER }), { status: 400, code: 21205 });
  });
});

describe("chaos", () => {
  test("forged copies, duplicates, delays and losses are what they say", async () => {
    const receiver = await startReceiver(office);
    const directory = await mkdtemp(join(tmpdir(), "hookswitch-sandbox-"));
    const log = join(directory, "acknowledged");
    const sandbox = await startSandbox(receiver.url, [
      "--calls", "40", "--rate", "6000", "--speed", "200", "--burst", "10", "--ack-log", log,
      "--duplicates", "0.3", "--reorder", "0.3", "--delay", "0.3:10", "--lose", "0.1", "--bad-signature", "0.2",
    ]);
    assert.equal(await sandbox.ended, 0, sandbox.said());

    const genuine = receiver.webhooks.filter(({ valid }) => valid);
    const tokens = genuine.map(({ headers }) => headers["i-twilio-idempotency-token"]);
    assert.ok(receiver.webhooks.length > genuine.length, "forged ones came");
    assert.ok(new Set(tokens).size < tokens.length, "duplicates came, with the token of the original");
    const acknowledged = (await readFile(log, "utf8")).trimEnd().split("\n");
    assert.equal(acknowledged.length, genuine.length, "each acknowledged one is in the log");
    for (const line of acknowledged) assert.match((JSON.parse(line) as { CallSid: string }).CallSid, /^CA/);
    await receiver.close();
    await rm(directory, { recursive: true });
  });

  test("the same seed brings the same calls", async () => {
    const seen: string[][] = [];
    for (let i = 0; i < 2; i++) {
      const receiver = await startReceiver(office);
      const sandbox = await startSandbox(receiver.url, ["--calls", "15", "--rate", "6000", "--speed", "400", "--seed", "77", "--lose", "0.2"]);
      assert.equal(await sandbox.ended, 0, sandbox.said());
      seen.push(receiver.webhooks.map(({ path, params }) => `${path} ${params["CallSid"]} ${params["CallStatus"]}`).sort());
      await receiver.close();
    }
    assert.deepEqual(seen[0], seen[1]);
  });

  test("the exit code tells of webhooks that were not acknowledged", async () => {
    const deaf = await startReceiver(() => undefined);
    await deaf.close();
    const sandbox = await startSandbox(deaf.url, ["--calls", "2", "--rate", "6000", "--speed", "400"]);
    assert.equal(await sandbox.ended, 1, sandbox.said());
  });

  test("a limited API is got through with the client's retries", async () => {
    const sandbox = await startSandbox("http://127.0.0.1:9", ["--rate", "0", "--rate-limit", "0.5"]);
    for (let i = 0; i < 10; i++) assert.deepEqual(await clientOf(sandbox).calls.list(), []);
    await sandbox.stop();
  });

  test("an API with a limit says when to come again", async () => {
    const sandbox = await startSandbox("http://127.0.0.1:9", ["--rate", "0", "--rest-per-second", "1"]);
    const Authorization = `Basic ${Buffer.from(`${ACCOUNT_SID}:${AUTH_TOKEN}`).toString("base64")}`;
    const many = await Promise.all(Array.from({ length: 12 }, () => fetch(`${sandbox.url}/2010-04-01/Accounts/${ACCOUNT_SID}/Calls.json`, { headers: { Authorization } })));
    const refused = many.filter(({ status }) => status === 429);
    assert.ok(refused.length > 0 && refused.length < 12);
    for (const { headers } of refused) assert.equal(headers.get("retry-after"), "1");
    await sandbox.stop();
  });

  test("ends of calls can stay untold, and the API tells of them when all is over", async () => {
    const receiver = await startReceiver(office);
    const sandbox = await startSandbox(receiver.url, ["--calls", "10", "--rate", "60000", "--speed", "400", "--lose-ends", "1", "--stay"]);
    await sandbox.over;
    const told = receiver.webhooks.filter(({ path }) => path.includes("voice-status")).map(({ params }) => params["CallStatus"] ?? "");
    assert.ok(told.length > 0);
    assert.deepEqual(told.filter((status) => FINAL.includes(status)), []);
    const calls = await clientOf(sandbox).calls.list();
    assert.ok(calls.length >= 10);
    for (const { status } of calls) assert.ok(FINAL.includes(status), status);
    await sandbox.stop();
    await receiver.close();
  });
});

test("what the server acknowledged is kept once, and tells how the calls went", async () => {
  const server = await startServer();
  const directory = await mkdtemp(join(tmpdir(), "hookswitch-sandbox-"));
  const log = join(directory, "acknowledged");
  const sandbox = await startSandbox(server.url, [
    "--calls", "80", "--rate", "6000", "--speed", "200", "--burst", "20", "--ack-log", log,
    "--duplicates", "0.3", "--reorder", "0.3", "--delay", "0.3:30", "--bad-signature", "0.05",
  ]);
  assert.equal(await sandbox.ended, 0, sandbox.said());
  await settled(server);
  await audit(server);

  const events = new Set((await readFile(log, "utf8")).trimEnd().split("\n"));
  assert.equal((await get<InboxPage>(server, "/api/events?limit=1")).total, events.size);

  const ends = [...events]
    .map((line) => JSON.parse(line) as Params)
    .filter((event) => "SequenceNumber" in event && FINAL.includes(event["CallStatus"] ?? ""));
  assert.ok(ends.length > 100);
  for (const end of ends) {
    const { call } = await get<{ call: Call }>(server, `/api/calls/${end["CallSid"]}`);
    assert.equal(call.status, end["CallStatus"], end["CallSid"]);
  }
  await server.remove();
  await rm(directory, { recursive: true });
});
