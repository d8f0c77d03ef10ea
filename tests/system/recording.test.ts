// A recording on its way from the provider to who asked for it, and what can go wrong there.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";
import twilio from "twilio";
import { ask, type CallDetail, type Fault, get } from "../lib/api.ts";
import { floods, leadsTo, type Media, type Mood, plays, refuses, saysNothing, SECONDS, startMedia } from "../lib/media.ts";
import { clientOf, type Sandbox, startSandbox } from "../lib/sandbox.ts";
import { API_KEY, AUTH_TOKEN, freePort, OWNED_NUMBER, type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { sql } from "../lib/sql.ts";
import { FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";
import { wav } from "../lib/wav.ts";

const { VoiceResponse } = twilio.twiml;
const ANSWERS = "+12025550190"; // docs/sandbox.md
const CALLER = "+15085140320";
const OTHER_KEY = "the-api-key-of-the-neighbours";
const LONG_S = "4000"; // longer than two channels fit

const pathOf = (call: FakeCall): string => `/api/calls/${call.sid}/recording`;

describe("a recording", () => {
  let server: Server, media: Media, storage: Media;
  let recorded: FakeCall, long: FakeCall, silent: FakeCall, elsewhere: FakeCall;

  async function call(recording?: Record<string, string>): Promise<FakeCall> {
    const made = new FakeCall(server, CALLER);
    await made.arrives();
    await made.status("completed", { CallDuration: "35" });
    if (recording !== undefined) await made.recorded(recording);
    return made;
  }

  before(async () => {
    media = await startMedia();
    storage = await startMedia();
    storage.isOpen = true;
    server = await startServer({ TWILIO_BASE_URL: media.url });
    recorded = await call({ RecordingUrl: media.recording("RE1"), RecordingDuration: String(SECONDS) });
    long = await call({ RecordingUrl: media.recording("RE2"), RecordingDuration: LONG_S });
    elsewhere = await call({ RecordingUrl: storage.recording("RE3") });
    silent = await call();
    const hash = createHash("sha256").update(OTHER_KEY).digest("hex");
    await sql(server, `INSERT INTO projects (org_id, name) SELECT id, 'neighbours' FROM orgs;
      INSERT INTO api_keys (project_id, name, key_hash) SELECT max(id), 'theirs', '${hash}' FROM projects;`);
    await settled(server);
  });
  beforeEach(() => {
    for (const each of [media, storage]) Object.assign(each, { mood: plays, told: [], paths: [] });
  });
  after(async () => {
    await server.remove();
    await media.close();
    await storage.close();
  });

  const listen = (asked: FakeCall): Promise<Response> =>
    fetch(server.url + pathOf(asked), { headers: { Authorization: `Bearer ${API_KEY}` } });

  /** What is said while the provider has a mood. */
  async function fault(mood: Mood, asked: FakeCall = recorded): Promise<{ status: number; body: Fault; headers: Headers }> {
    media.mood = mood;
    const answer = await ask<Fault>(server, pathOf(asked));
    assert.equal(answer.headers.get("cache-control"), "no-store");
    assert.ok(!JSON.stringify(answer.body).includes(AUTH_TOKEN));
    return answer;
  }

  it("is fetched with the project's account, and given as the audio that it is", async () => {
    const answer = await listen(recorded);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("content-type"), "audio/x-wav");
    assert.equal(answer.headers.get("cache-control"), "private");
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), wav(SECONDS, 2));
    assert.equal(media.told.length, 1);
    assert.match(media.paths[0] ?? "", /\/Recordings\/RE1\.wav$/);
  });

  it("is asked for in its smaller form when two channels do not fit", async () => {
    assert.equal((await listen(long)).status, 200);
    assert.match(media.paths[0] ?? "", /\/Recordings\/RE2\.mp3$/);
  });

  it("is nobody else's, and is not told from a call that is not there", async () => {
    const foreign = await ask<Fault>(server, pathOf(recorded), { key: OTHER_KEY });
    const missing = await ask<Fault>(server, "/api/calls/CA0/recording");
    assert.equal(foreign.status, 404);
    assert.equal(missing.status, 404);
    assert.equal(foreign.body.error.human_title, missing.body.error.human_title);
    assert.equal((await ask(server, pathOf(recorded), { key: null })).status, 401);
    assert.equal(media.told.length, 0);
  });

  it("says so when there is none", async () => {
    const { status, body } = await fault(plays, silent);
    assert.equal(status, 404);
    assert.equal(body.error.human_title, "this call has no recording");
  });

  it("is not asked for where the account does not belong", async () => {
    const { status, body } = await fault(plays, elsewhere);
    assert.equal(status, 409);
    assert.deepEqual(body.error.human_how_to_fix, ["open it where it is kept"]);
    assert.equal(storage.told.length, 0);
  });

  it("comes from where the provider leads, which does not learn the password", async () => {
    media.mood = leadsTo(`${storage.url}/kept`);
    assert.equal((await listen(recorded)).status, 200);
    assert.equal(media.told.length, 1);
    assert.deepEqual(storage.told, [undefined]);
  });

  it("says whose fault it is, and what to do", async () => {
    const said: [Mood, number, string, RegExp][] = [
      [refuses(401), 502, "INTEGRATION_AUTH_FAILED", /refused our credentials/],
      [refuses(403), 502, "INTEGRATION_AUTH_FAILED", /does not let our account hear/],
      [refuses(404), 404, "NOT_FOUND", /was deleted at Twilio/],
      [refuses(429), 503, "SERVICE_UNAVAILABLE", /asked too often/],
      [refuses(500), 503, "SERVICE_UNAVAILABLE", /troubles of its own/],
      [leadsTo("file:///etc/passwd"), 502, "UPSTREAM_FAILED", /not safe/],
      [(_, response) => response.setHeader("Content-Type", "text/html").end("<p>sign in</p>"), 502, "UPSTREAM_FAILED", /no audio/],
      [(_, response) => response.destroy(), 503, "SERVICE_UNAVAILABLE", /without an answer/],
    ];
    for (const [mood, status, code, title] of said) {
      const answer = await fault(mood);
      assert.equal(answer.status, status, String(title));
      assert.equal(answer.body.error.code, code);
      assert.match(answer.body.error.human_title, title);
      assert.equal(answer.headers.has("retry-after"), status === 503);
    }
  });

  it("is at most as large as an answer may be, whether or not its size is told", async () => {
    const told: Mood = (_, response) => {
      response.writeHead(200, { "Content-Type": "audio/mpeg", "Content-Length": String(17 * 1024 * 1024) });
      response.flushHeaders();
    };
    for (const mood of [told, floods]) {
      const { status, body } = await fault(mood);
      assert.equal(status, 413);
      assert.equal(body.error.code, "LIMIT_EXCEEDED");
      assert.ok(body.error.human_how_to_fix.includes("open the recording at the provider"));
    }
  });

  it("leaves threads to everybody else while the provider is slow", async () => {
    media.mood = saysNothing;
    const slow = [listen(recorded), listen(recorded)];
    await media.asked(2);
    const third = await fault(saysNothing);
    assert.equal(third.status, 503);
    assert.match(third.body.error.human_title, /under way with a provider/);
    assert.equal(third.headers.get("retry-after"), "1");
    await get(server, "/api/calls");
    assert.equal(media.told.length, 2);
    await server.stop(); // does not wait for the provider, which would take a minute
    for (const answer of await Promise.all(slow)) assert.equal(answer.status, 503);
    await server.start();
  });

  it("keeps the account's token out of the log", () => {
    assert.ok(!server.output().includes(AUTH_TOKEN));
    assert.match(server.output(), /refused our credentials/);
  });
});

describe("a recording of the sandbox", () => {
  let server: Server, sandbox: Sandbox;

  before(async () => {
    const port = await freePort();
    server = await startServer({ TWILIO_BASE_URL: `http://127.0.0.1:${String(port)}` });
    sandbox = await startSandbox(server.url, ["--rate", "0", "--speed", "20", "--port", String(port)]);
  });
  after(async () => {
    await sandbox.stop();
    await server.remove();
  });

  it("can be heard through us", async () => {
    const door = (name: string): string => `${server.url}/webhooks/twilio/${name}`;
    const { sid } = await clientOf(sandbox).calls.create({
      to: ANSWERS,
      from: OWNED_NUMBER,
      twiml: new VoiceResponse().say("Good morning.").toString(),
      statusCallback: door("voice-status"),
      record: true,
      recordingStatusCallback: door("recording-status"),
    });
    await until("the recording is told", async () => {
      const { status, body } = await ask<CallDetail>(server, `/api/calls/${sid}`);
      return status === 200 ? (body.call.recording_url ?? undefined) : undefined;
    });
    const answer = await fetch(`${server.url}/api/calls/${sid}/recording`, { headers: { Authorization: `Bearer ${API_KEY}` } });
    const body = Buffer.from(await answer.arrayBuffer());
    assert.match(answer.headers.get("content-type") ?? "", /^audio\//, body.toString());
    assert.ok(body.length > 100, `${String(body.length)} bytes`);
  });
});
