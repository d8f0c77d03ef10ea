// Disks that fill, files that vanish, ends in the middle of work: what was acknowledged is there.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, rename } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { ask, get, type InboxPage } from "../lib/api.ts";
import { converse } from "../lib/raw.ts";
import { ACCOUNT_SID, API_KEY, BINARY, OWNED_NUMBER, type Server, startServer } from "../lib/server.ts";
import { audit, settled } from "../lib/settled.ts";
import { sql } from "../lib/sql.ts";
import { limit } from "../lib/system.ts";
import { newCallSid, type Params, post } from "../lib/twilio.ts";
import { secondsSince, until } from "../lib/wait.ts";

const ON_SQLITE = process.env["STORE"] !== "postgres";

function ringing(sid = newCallSid()): Params {
  return { AccountSid: ACCOUNT_SID, CallSid: sid, CallStatus: "ringing", From: "+15085140320", To: OWNED_NUMBER, Direction: "inbound", SequenceNumber: "1" };
}

async function isHealthy(server: Server): Promise<boolean> {
  return (await fetch(`${server.url}/health`)).status === 200;
}

async function isKept(server: Server, sid: string): Promise<boolean> {
  return (await get<InboxPage>(server, `/api/events?call_sid=${sid}`)).total === 1;
}

/** Sends events one after the other until the server is gone; gives those that were acknowledged. */
async function sendUntilGone(server: Server): Promise<string[]> {
  const acknowledged: string[] = [];
  for (;;) {
    const sid = newCallSid();
    const answer = await post(server, "voice-status", ringing(sid)).catch(() => null);
    if (!answer) return acknowledged;
    if (answer.status === 204) acknowledged.push(sid);
  }
}

describe("the end", () => {
  let server: Server;
  before(async () => {
    server = await startServer();
  });
  after(() => server.remove());

  it("F010: by SIGTERM under load is clean, and loses nothing that was acknowledged", async () => {
    for (let round = 0; round < 3; round++) {
      const first = await post(server, "voice-status", ringing());
      assert.equal(first.status, 204);
      const senders = Array.from({ length: 50 }, () => sendUntilGone(server));
      const askers = Array.from({ length: 10 }, async () => {
        const head = `GET /events/calls HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${API_KEY}\r\n\r\n`;
        while ((await converse(server, head, 1)).statuses.length > 0) await fetch(`${server.url}/health`).catch(() => null);
      });
      await until("the load is there", async () => ((await get<InboxPage>(server, "/api/events?limit=1")).total > 200 * (round + 1) ? true : undefined));
      await server.stop();
      const acknowledged = (await Promise.all(senders)).flat();
      await Promise.all(askers);
      await server.start();
      await settled(server);
      for (const sid of acknowledged.slice(-100)) assert.ok(await isKept(server, sid), `${sid} was acknowledged and is lost`);
    }
    await audit(server);
  });

  it("F015: of a second process on the same file leaves the first one alone", { skip: !ON_SQLITE }, async () => {
    const second = spawn(BINARY, ["serve"], { env: { ...server.env, PORT: "0" }, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    second.stderr.on("data", (chunk) => (said += String(chunk)));
    const [code] = (await once(second, "exit")) as [number];
    assert.equal(code, 1);
    assert.match(said, /in use by process \d+/);
    assert.equal((await post(server, "voice-status", ringing())).status, 204);
  });
});

describe("a disk", { skip: !ON_SQLITE }, () => {
  let server: Server;
  before(async () => {
    server = await startServer();
  });
  after(() => server.remove());

  it("F029: that is full acknowledges nothing, is told, and is written to again when it has room", async () => {
    await limit(server, "fsize", 0);
    for (let i = 0; i < 5; i++) {
      const answer = await post(server, "voice-status", ringing());
      assert.equal(answer.status, 503);
      assert.ok(answer.headers.get("retry-after"));
    }
    const call = await post(server, "voice-inbound", ringing());
    assert.equal(call.status, 200);
    assert.match(await call.text(), /<Dial/);
    assert.equal(await isHealthy(server), false);
    await until("the store was asked again", () => ((server.output().match(/event=inbox\.refused/g)?.length ?? 0) > 0 ? true : undefined));
    assert.ok(!server.output().includes("event=inbox.store_back"));

    await limit(server, "fsize", "unlimited");
    await until("it is healthy again", async () => ((await isHealthy(server)) ? true : undefined));
    const sid = newCallSid();
    assert.equal((await post(server, "voice-status", ringing(sid))).status, 204);
    await settled(server);
    assert.ok(await isKept(server, sid));
    await audit(server);
  });

  const SWAPS: [what: string, swap: (path: string) => Promise<void>][] = [
    ["that loses the database's file", () => Promise.resolve()],
    ["on which another file takes the place of the database's", (path) => copyFile(`${path}.away`, path)],
  ];
  for (const [what, swap] of SWAPS)
    it(`F040: ${what} loses no event`, async (t) => {
      const path = (server.env["DATABASE_URL"] ?? "").slice("sqlite:".length);
      await rename(path, `${path}.away`);
      await swap(path);
      const began = performance.now();
      const acknowledged: string[] = [];
      await until("it is noticed", async () => {
        const sid = newCallSid();
        if ((await post(server, "voice-status", ringing(sid))).status === 204) acknowledged.push(sid);
        return (await isHealthy(server)) ? undefined : true;
      });
      t.diagnostic(`measured: health said so after ${secondsSince(began)} s (promised: 5 s)`);
      await rename(`${path}.away`, path);
      await server.restart();
      await settled(server);
      for (const sid of acknowledged) assert.ok(await isKept(server, sid), `${sid} was acknowledged and is lost`);
      await audit(server);
    });
});

const POISON = ["", "null", "[]", "12", "{", '{"CallSid":null}', '{"CallSid":[],"CallStatus":{}}', "[".repeat(100_000), "x".repeat(100_000), "\u202e", '{"CallSid":"\\u0000\\ud800"}'];

describe("rows that nobody can read", () => {
  it("F022: become dead letters with a reason that can be looked at, and the others flow", async () => {
    const server = await startServer();
    try {
      assert.equal((await post(server, "voice-status", ringing())).status, 204);
      await settled(server);
      const valid = ON_SQLITE ? () => true : (text: string): boolean => { try { return !text.includes("\\u0000") && JSON.parse(text) !== undefined; } catch { return false; } };
      const columns = "project_id, provider, source, event_type, call_sid, lane, payload, raw_body, trace_id";
      const payloads = POISON.filter(valid);
      for (const [i, text] of payloads.entries())
        await sql(server, `INSERT INTO webhook_inbox (dedupe_key, ${columns}) SELECT 'poison ${String(i)}', ${columns.replace("payload", `'${text}'`)} FROM webhook_inbox WHERE id = 1;`);
      await sql(server, `INSERT INTO webhook_inbox (dedupe_key, ${columns}) SELECT 'foreign', ${columns.replace(" provider", " 'nobody'")} FROM webhook_inbox WHERE id = 1;`);

      const sid = newCallSid();
      assert.equal((await post(server, "voice-status", ringing(sid))).status, 204);
      await settled(server);
      await get(server, `/api/calls/${sid}`);
      const dead = await get<InboxPage>(server, "/api/events?processing_status=dead_letter&limit=100");
      assert.equal(dead.total, payloads.length + 1);
      for (const { id, error } of dead.events) {
        assert.ok(error);
        assert.equal((await ask(server, `/api/events/${id}`)).status, 200);
      }
    } finally {
      await server.remove();
    }
  });
});
