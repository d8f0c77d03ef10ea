// Getting to the provider: a name server that falls silent, fails, or names a thousand addresses.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { ask, type CallDetail, type Fault } from "../lib/api.ts";
import { Belongings } from "../lib/belongings.ts";
import { type NameServer, NO_NAME_SERVER, startNameServer } from "../lib/dns.ts";
import { isHealthy } from "../lib/health.ts";
import { ended, type Run } from "../lib/jobs.ts";
import { assertNothingLost, Load } from "../lib/load.ts";
import { type Media, plays, startMedia } from "../lib/media.ts";
import { API_KEY, type Server, startServer } from "../lib/server.ts";
import { FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const NAME = "api.hookswitch.test";
/** A system that asks the name server again and again, for minutes; nobody here may wait for it. */
const PATIENT = { RES_OPTIONS: "timeout:30 attempts:5" };

/** Less than the second that an answer has (`RES_OPTIONS`). */
const SLOW_MS = 200;
/** For both kinds of addresses, each tried twice at most. */
const QUESTIONS_MAX = 4;

/** As Twilio does: recordings, and lists of calls without any. */
const answers: Media["mood"] = (request, response) => {
  if (request.url?.includes("/Recordings/")) plays(request, response);
  else response.setHeader("Content-Type", "application/json").end('{"calls":[],"recordings":[],"next_page_uri":null}');
};

type Sync = { success: boolean; run: Run };

describe("the provider's name", { skip: NO_NAME_SERVER }, () => {
  const ours = new Belongings();
  let names: NameServer, media: Media, server: Server, load: Load, recorded: FakeCall;
  beforeEach(async () => {
    names = await ours.keep(startNameServer());
    media = Object.assign(await ours.keep(startMedia()), { mood: answers });
  });
  afterEach(() => ours.end());

  /** A server that knows the provider by its name only, has a recorded call, and receives events. */
  async function begin(env: NodeJS.ProcessEnv = {}): Promise<void> {
    const named = (url: string): string => url.replace("127.0.0.1", NAME);
    server = await ours.keep(startServer({ TWILIO_BASE_URL: named(media.url), ...env }, [], names.by));
    load = await ours.keep(new Load(server, { senders: 4 }));
    await ours.keep(names, (started) => { started.silent = false; }); // or nothing of them ends soon
    recorded = new FakeCall(server, "+15085140353");
    await recorded.arrives();
    await recorded.status("completed", { CallDuration: "9" });
    await recorded.recorded({ RecordingUrl: named(media.recording("RE1")), RecordingDuration: "9" });
    await until("the recording is known", async () => {
      const { status, body } = await ask<CallDetail>(server, `/api/calls/${recorded.sid}`);
      return status === 200 ? (body.call.recording_url ?? undefined) : undefined;
    });
  }

  const sync = async (): Promise<Sync> => (await ask<Sync>(server, "/api/sync/recent", { method: "POST" })).body;
  const listen = (): Promise<Response> =>
    fetch(`${server.url}/api/calls/${recorded.sid}/recording`, { headers: { Authorization: `Bearer ${API_KEY}` } });

  /** Both are asked for, fail with these words, and meanwhile everybody else is served. */
  async function bothFail(why: RegExp, as: [number, string] = [503, "SERVICE_UNAVAILABLE"]): Promise<void> {
    const asked = Promise.all([sync(), listen()]);
    await load.more(200);
    assert.equal(await isHealthy(server), true);
    const [{ success, run }, answer] = await asked;
    const body = (await answer.json()) as Fault;
    assert.equal(success, false);
    const kept = await ended(server, run);
    assert.deepEqual([kept.state, kept.error], ["failed", run.error]);
    assert.match(kept.error ?? "", why);
    assert.deepEqual([answer.status, body.error.code], as);
    assert.match(body.error.human_title, why);
    assert.equal(media.told.length, 0);
  }

  async function bothWork(): Promise<void> {
    await until("it may be asked again, and to a good end", async () => {
      const { run } = (await sync()) as Partial<Sync>; // none before it may
      return (run && (await ended(server, run)).state === "succeeded") || undefined;
    });
    assert.equal((await listen()).status, 200);
  }

  async function endsWell(): Promise<void> {
    await load.more(50);
    await load.end();
    await assertNothingLost(server, load);
    assert.equal(load.unanswered.refusals, 0);
  }

  it("F202: silence ends what is asked of the provider, with a word, and holds nobody else up", async () => {
    await begin();
    names.silent = true;
    await bothFail(/Twilio cannot be reached: its name has no address/);
    names.silent = false;
    await bothWork();
    await endsWell();
  });

  it("F202: silence that the system bears for minutes ends with the deadline, and does not keep the server from its end", async () => {
    await begin(PATIENT);
    names.silent = true;
    await bothFail(/Twilio did not answer in time/, [504, "INTEGRATION_TIMEOUT"]);
    const before = names.unanswered;
    const asked = [sync(), listen()];
    await until("the name is asked for", () => (names.unanswered > before ? true : undefined));
    await load.end();
    await server.stop();
    await Promise.allSettled(asked);
    await server.start();
    names.silent = false;
    await bothWork();
    await assertNothingLost(server, load);
  });

  it("F202: a failure is told at once, and costs no event", async () => {
    await begin();
    names.knows = "failure";
    await bothFail(/Twilio cannot be reached: its name has no address/);
    names.knows = "one";
    await bothWork();
    await endsWell();
  });

  it("F202: among a thousand addresses, valid for no time, the one is found where somebody is", async () => {
    await begin();
    names.knows = "thousand";
    await bothWork();
    await endsWell();
  });

  it("F202: slow answers are waited for, and cost no event", async () => {
    await begin();
    names.slowMs = SLOW_MS;
    const asked = Promise.all([sync(), listen()]);
    await load.more(200);
    const [{ run }, answer] = await asked;
    const { state, error } = await ended(server, run);
    assert.deepEqual([state, error, answer.status], ["succeeded", null, 200], await answer.text());
    await endsWell();
  });

  it("F202: a run connects anew by the address that the one before it found, valid for no time as it is", async () => {
    await begin();
    await bothWork();
    await until("a run asks the provider, and nobody for its name", async () => {
      const [questions, told] = [names.asked, media.told.length];
      media.hangUp();
      const { run } = (await sync()) as Partial<Sync>; // none before it may
      const succeeded = run && (await ended(server, run)).state === "succeeded";
      return (succeeded && media.told.length > told && names.asked === questions) || undefined;
    });
    await endsWell();
  });

  it("F202: of a name whose address is valid for no time, one request asks once", async () => {
    await begin();
    const [questions, told] = [names.asked, media.told.length];
    for (let i = 0; i < 20; i++) assert.equal((await listen()).status, 200);
    const requests = media.told.length - told;
    assert.ok(names.asked - questions <= QUESTIONS_MAX * requests, `${String(names.asked - questions)} questions for ${String(requests)} requests`);
    await endsWell();
  });
});
