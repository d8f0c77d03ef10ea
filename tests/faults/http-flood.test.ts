// Floods of forged events, and true ones that somebody has captured: the true ones get through, once.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import twilio from "twilio";
import { type FeedPage, get, type InboxPage } from "../lib/api.ts";
import { wrongClock } from "../lib/faketime.ts";
import { assertNothingLost, callbacksOf, Load } from "../lib/load.ts";
import { converse, portOf } from "../lib/raw.ts";
import { ACCOUNT_SID, AUTH_TOKEN, type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { MEMORY_TELLS, residentMegabytes } from "../lib/system.ts";
import { newCallSid } from "../lib/twilio.ts";

const GENERATOR = resolve(import.meta.dirname, "../../build/bench-load");
const RATE = 10_000;
const SECONDS = Number(process.env["FLOOD_SECONDS"] ?? 5);
const GROWTH_MB = 32;

type Flood = { sent: number; acked: number; refused: number; broken: number; seconds: number };

/** Events of a generator in C, signed with a token that is not ours. */
async function flood(server: Server): Promise<Flood> {
  const options = { port: portOf(server), connections: 256, rate: RATE, count: RATE * SECONDS, presign: RATE * SECONDS, warmup: 0, seconds: SECONDS * 4, drain: 5, token: "not-the-token-of-the-tests", account: ACCOUNT_SID, base_url: server.url };
  const { stdout } = await promisify(execFile)(GENERATOR, ["send", ...Object.entries(options).map(([name, value]) => `${name}=${String(value)}`)]);
  const end = stdout.trim().split("\n").at(-1) ?? "";
  return JSON.parse(end) as Flood;
}

function request(server: Server, params: Record<string, string>): string {
  const body = new URLSearchParams(params).toString();
  const signature = twilio.getExpectedTwilioSignature(AUTH_TOKEN, `${server.url}/webhooks/twilio/voice-status`, params);
  return `POST /webhooks/twilio/voice-status HTTP/1.1\r\nHost: x\r\nX-Twilio-Signature: ${signature}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${String(body.length)}\r\nConnection: close\r\n\r\n${body}`;
}

/** As large as a body may be, with a signature that only the digest of all of it can refute. */
function largeForgery(i: number): string {
  const body = `AccountSid=${ACCOUNT_SID}&CallSid=${String(i)}&${Array.from({ length: 500 }, (_, k) => `Field${String(k)}=${"%2Fx".repeat(28)}`).join("&")}`;
  const signature = createHmac("sha1", String(i)).digest("base64");
  return `POST /webhooks/twilio/voice-status?x=${String(i)}'%7C HTTP/1.1\r\nHost: x\r\nX-Twilio-Signature: ${signature}\r\nContent-Length: ${String(body.length)}\r\nConnection: close\r\n\r\n${body}`;
}

describe("floods", () => {
  let server: Server;
  before(async () => {
    server = await startServer();
  });
  after(() => server.remove());

  it("F133: 10,000 forged events a second, small and large, cost no true one; memory and log stay small", async () => {
    const live = new Load(server, { senders: 4 });
    await live.reaches(50);
    const memory = await residentMegabytes(server);
    const began = performance.now();
    const large = Promise.all(Array.from({ length: 8 }, async (_, i) => {
      for (let k = 0; k < 25; k++) assert.match(String((await converse(server, largeForgery(i * 1000 + k))).statuses), /^(403|429)$/);
    })).catch((failure: unknown) => failure);
    const seen = await flood(server);
    const failure = await large;
    await live.more(20);
    await live.end();
    const seconds = (performance.now() - began) / 1000;

    assert.ok(!(failure instanceof Error), String(failure));
    console.log(`# ${String(seen.refused)} forgeries refused in ${seen.seconds.toFixed(1)} s, ${String(seen.broken)} connections lost; ${String(live.acknowledged.size)} true events acknowledged meanwhile`);
    assert.equal(seen.acked, 0);
    assert.ok(seen.refused > (RATE * SECONDS) / 2, "the flood did not come");
    assert.deepEqual(live.unanswered, { connections: 0, refusals: 0 });
    const grown = (await residentMegabytes(server)) - memory;
    assert.ok(!MEMORY_TELLS || grown < GROWTH_MB, `grown by ${grown.toFixed(1)} MB`);
    const told = server.output().split("\n").filter((line) => line.includes("door.refused"));
    assert.ok(told.length > 0 && told.length < 64 * (seconds + 2), `${String(told.length)} lines of log`); // one a second and loop
    assert.match(told.at(-1) ?? "", /unlogged=\d{2}/);
    await assertNothingLost(server, live);
  });

  it("F070 F132: a captured request, sent again a hundred times, now, after a restart and an hour later, does nothing", async () => {
    const params = callbacksOf(newCallSid())[0] ?? {};
    const captured = request(server, params);
    assert.deepEqual((await converse(server, captured)).statuses, [204]);
    await settled(server);
    const state = async (): Promise<unknown> => [(await get<InboxPage>(server, "/api/events?limit=1")).total, (await get<FeedPage>(server, "/api/events?after_seq=0&limit=1")).last_seq];
    const before_ = await state();
    const anHourLater = async (): Promise<void> => {
      Object.assign(server.env, wrongClock({ offset: "+3600s" }));
      await server.restart();
      const [, started = ""] = server.output().match(/.*ts=(\S+).*event=server\.ready/s) ?? [];
      assert.ok(Date.parse(started) > Date.now() + 3_500_000, `its clock says ${started}`);
    };
    for (const again of [() => Promise.resolve(), () => server.restart(), anHourLater]) {
      await again();
      const heard = await Promise.all(Array.from({ length: 100 }, () => converse(server, captured)));
      assert.deepEqual(new Set(heard.flatMap(({ statuses }) => statuses)), new Set([204]));
      await settled(server);
      assert.deepEqual(await state(), before_);
    }
  });
});
