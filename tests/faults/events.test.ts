// What a provider may send that is late, doubled, out of order or odd: each case is a fault that the
// path must bear, on both databases, and the auditor has the last word.
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { after, before, describe, it } from "node:test";
import twilio from "twilio";
import { type Call, type CallDetail, type FeedPage, get, type InboxEvent, type InboxPage, type LogLine } from "../lib/api.ts";
import { ended, start } from "../lib/jobs.ts";
import { createDatabase, psql } from "../lib/postgres.ts";
import { ACCOUNT_SID, AUTH_TOKEN, OWNED_NUMBER, type Server, startServer } from "../lib/server.ts";
import { audit, settled, tool } from "../lib/settled.ts";
import { sql } from "../lib/sql.ts";
import { Stream } from "../lib/stream.ts";
import { answeredCall, deliver, FakeCall, newCallSid, type Params, post } from "../lib/twilio.ts";

const CALLER = "+15085140320";
const START = Math.floor(Date.now() / 1000) * 1000;
const CLUSTER = process.env["TEST_POSTGRES_URL"];

type Snapshot = Call & { sync_state: string; answered_at: string; end_time: string; last_event_time: string; from_number: string };

function rfc2822(ms: number): string {
  return new Date(ms).toUTCString().replace("GMT", "+0000");
}

function event(CallSid: string, CallStatus: string, at: number, more: Params = {}): Params {
  return {
    AccountSid: ACCOUNT_SID,
    CallSid,
    CallStatus,
    From: CALLER,
    To: OWNED_NUMBER,
    Direction: "inbound",
    SequenceNumber: String(at),
    Timestamp: rfc2822(START + at * 1000),
    ...more,
  };
}

/** A body as bytes, signed over what a form parser makes of it. */
async function postBytes(server: Server, pairs: [string, Buffer][]): Promise<number> {
  const url = `${server.url}/webhooks/twilio/voice-status`;
  const mac = createHmac("sha1", AUTH_TOKEN).update(url);
  for (const [name, value] of [...pairs].sort(([a], [b]) => (a < b ? -1 : 1))) mac.update(name).update(value);
  const escaped = ([name, value]: [string, Buffer]): string => `${name}=${value.toString("hex").replaceAll(/../g, "%$&")}`;
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": mac.digest("base64") },
    body: pairs.map(escaped).join("&"),
  });
  return answer.status;
}

/** A JSON body, signed by its digest. */
async function postJson(server: Server, body: string): Promise<number> {
  const url = `${server.url}/webhooks/twilio/voice-status?bodySHA256=${createHash("sha256").update(body).digest("hex")}`;
  const signature = twilio.getExpectedTwilioSignature(AUTH_TOKEN, url, {});
  const answer = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json", "X-Twilio-Signature": signature }, body });
  return answer.status;
}

for (const store of ["sqlite", "postgres"]) {
  describe(`events on ${store}`, { skip: store === "postgres" && CLUSTER === undefined }, () => {
    let server: Server;
    before(async () => {
      server = await startServer(store === "postgres" ? { DATABASE_URL: await createDatabase(CLUSTER ?? "") } : {});
    });
    after(() => server.remove());

    async function send(...events: Params[]): Promise<void> {
      for (const params of events) await deliver(server, "voice-status", params);
      await settled(server);
    }

    async function shown(sid: string): Promise<{ call: Snapshot; events: LogLine[] }> {
      const { call, events } = await get<CallDetail>(server, `/api/calls/${sid}`);
      return { call: call as Snapshot, events };
    }

    async function received(sid: string): Promise<InboxEvent[]> {
      return (await get<InboxPage>(server, `/api/events?call_sid=${sid}`)).events;
    }

    async function payloadOf(row: InboxEvent | undefined): Promise<Params> {
      return (await get<{ payload: Params }>(server, `/api/events/${row?.id ?? ""}`)).payload;
    }

    it("F070: an exact duplicate is acknowledged and is one event, one line, one change", async () => {
      const sid = newCallSid();
      const ring = event(sid, "ringing", 1);
      await send(ring, ring);
      const { call } = await shown(sid);
      await send(ring);
      assert.equal((await received(sid)).length, 1);
      const again = await shown(sid);
      assert.equal(again.events.length, 1);
      assert.deepEqual(again.call, call);
    });

    it("F074: the same status with another sequence number is an event of its own and no news", async () => {
      const sid = newCallSid();
      await send(event(sid, "ringing", 1));
      const { call } = await shown(sid);
      await send({ ...event(sid, "ringing", 1), SequenceNumber: "2" });
      assert.equal((await received(sid)).length, 2);
      const { call: later, events } = await shown(sid);
      assert.equal(events.length, 2);
      assert.deepEqual({ ...later, updated_at: "" }, { ...call, updated_at: "" });
    });

    it("F075: ringing after completed is kept in the log and refused for the status", async () => {
      const sid = newCallSid();
      await send(event(sid, "completed", 5, { CallDuration: "3" }), event(sid, "ringing", 6));
      const { call, events } = await shown(sid);
      assert.equal(call.status, "completed");
      assert.deepEqual(events.map(({ applied }) => applied), [true, false]);
    });

    it("F076: a call whose first event is its last is final at once, and early ones that follow only add", async () => {
      const sid = newCallSid();
      await send(event(sid, "completed", 9, { CallDuration: "4" }));
      assert.equal((await shown(sid)).call.is_final, true);
      await send(event(sid, "initiated", 1), event(sid, "in-progress", 5));
      const { call } = await shown(sid);
      assert.deepEqual([call.status, call.is_final, call.duration], ["completed", true, 4]);
    });

    it("F079: a recording that comes before its call waits, and is attached", async () => {
      const call = new FakeCall(server, CALLER);
      await call.recorded();
      await settled(server);
      assert.equal((await shown(call.sid)).call.visibility, "pending");
      await call.arrives();
      await settled(server);
      const { call: snapshot } = await shown(call.sid);
      assert.equal(snapshot.visibility, "visible");
      assert.match(snapshot.recording_url ?? "", /RE/);
    });

    it("F081: an event of a frozen call is applied, and the call stays frozen", async () => {
      const sid = newCallSid();
      await send(event(sid, "completed", 5, { CallDuration: "3" }));
      await sql(server, `UPDATE calls SET sync_state = 'frozen' WHERE twilio_sid = '${sid}'`);
      await send(event(sid, "completed", 5, { CallDuration: "3", SequenceNumber: "7" }));
      const { call, events } = await shown(sid);
      assert.equal(call.sync_state, "frozen");
      assert.equal(events.length, 2);
    });

    it("F082: an unknown status and unknown fields are kept as they came and flagged, never a 5xx", async () => {
      const sid = newCallSid();
      await send(event(sid, "ringing", 1), event(sid, "teleported", 2, { "Beam[]": "1", Ünicode: "ü" }));
      const { call, events } = await shown(sid);
      assert.equal(call.status, "ringing");
      assert.deepEqual(events.map(({ applied }) => applied), [true, false]);
      const payload = await payloadOf((await received(sid)).find(({ dedupe_key }) => dedupe_key.includes("teleported")));
      assert.deepEqual([payload["Beam[]"], payload["Ünicode"]], ["1", "ü"]);
    });

    it("F083: of two final statuses the first stands, and the log has both", async () => {
      const sid = newCallSid();
      await send(event(sid, "in-progress", 1), event(sid, "completed", 5), event(sid, "busy", 6));
      const { call, events } = await shown(sid);
      assert.equal(call.status, "completed");
      assert.deepEqual(events.map(({ applied }) => applied), [true, true, false]);
    });

    it("F084: an event that is seven days late is applied with its own time and marked as late, and health stays ok", async () => {
      const sid = newCallSid();
      const late = START - 7 * 86_400_000;
      const stream = await Stream.open(server);
      await stream.first("connected");
      await send(event(newCallSid(), "ringing", 0), event(sid, "completed", 0, { Timestamp: rfc2822(late), CallDuration: "3" }));
      assert.equal(Date.parse((await shown(sid)).call.end_time), late);
      assert.equal((await settled(server)).status, "ok");

      const { last_seq: last } = await get<FeedPage>(server, "/api/events?after_seq=0");
      await stream.reaches(last);
      stream.close();
      const streamed = stream.frames.filter(({ id }) => id !== null).map(({ data: { data } }) => [data["callSid"] === sid, data["late"]]);
      assert.deepEqual(streamed, [[false, false], [true, true]]);
      const { events } = await get<FeedPage>(server, `/api/events?after_seq=${String(last - 2)}`);
      assert.deepEqual(events.map(({ entity, late: isLate }) => [entity.id === sid, isLate]), streamed);
    });

    it("F088: a call's name under an account that is not ours is refused and touches nothing", async () => {
      const sid = newCallSid();
      await send(event(sid, "ringing", 1));
      const { call } = await shown(sid);
      const answer = await post(server, "voice-status", event(sid, "completed", 2, { AccountSid: `AC${"9".repeat(32)}` }));
      assert.equal(answer.status, 403);
      await settled(server);
      assert.deepEqual((await shown(sid)).call, call);
      assert.equal((await received(sid)).length, 1);
    });

    it("F089: a duplicate whose webhook was deleted meanwhile is told of once more, and the call and all totals stay", async () => {
      const { parent, events } = await answeredCall(server, CALLER);
      for (const deliverIt of events) await deliverIt();
      await settled(server);
      const clocks = (key: string, value: unknown): unknown => (key === "updated_at" || key === "last_event_time" ? undefined : value);
      const all = async (): Promise<unknown> =>
        JSON.parse(JSON.stringify([(await shown(parent.sid)).call, await get(server, "/api/calls"), await get(server, "/api/conversations")], clocks));
      const before = await all();
      const lines = (await shown(parent.sid)).events;

      await sql(server, `UPDATE webhook_inbox SET received_at = received_at - ${store === "postgres" ? "interval '400 days'" : "34560000000000"}`);
      await ended(server, await start(server, "retention"));
      assert.equal((await received(parent.sid)).length, 0);
      for (const deliverIt of events.toReversed()) await deliverIt();
      assert.equal((await settled(server)).inbox.dead_letter, 0);
      assert.deepEqual(await all(), before);
      const again = (await shown(parent.sid)).events;
      assert.deepEqual(again.slice(0, lines.length).map(({ seq }) => seq), lines.map(({ seq }) => seq));
      assert.equal(again.length, lines.length + lines.filter(({ source }) => source === "webhook").length);
      await audit(server);
    });

    it("F137: numbers that are too large, too long or none cost no event and no digit of an id", async () => {
      for (const [i, CallDuration] of ["1e400", "-0", "9007199254740993", "9".repeat(10_000), "NaN"].entries()) {
        const sid = newCallSid();
        await send(event(sid, "completed", i, { CallDuration, SequenceNumber: "9007199254740993" }));
        const [row] = await received(sid);
        assert.match(row?.dedupe_key ?? "", /:9007199254740993$/);
        assert.equal((await payloadOf(row))["CallDuration"], CallDuration);
        assert.equal((await shown(sid)).call.status, "completed");
      }
    });

    const FAR = ["Thu, 01 Jan 1970 00:00:00 +0000", "Wed, 31 Dec 1969 23:59:59 +0000", "Wed, 20 Jan 2038 03:14:08 +0000", "Fri, 31 Dec 9999 23:59:59 +0000", "Mon, 01 Jan 0001 00:00:00 +0000", "Fri, 31 Dec 99999 23:59:59 +0000", "-1", ""];
    for (const Timestamp of FAR)
      it(`F094: "${Timestamp}" is kept as what was said; when the call was answered and ended is when that was heard`, async () => {
        const began = Date.now();
        const sid = newCallSid();
        await send(event(sid, "in-progress", 1, { Timestamp }), event(sid, "completed", 2, { Timestamp, CallDuration: "7" }));
        const { call, events } = await shown(sid);
        assert.equal(call.status, "completed");
        assert.deepEqual(events.map(({ event_status }) => event_status), ["in-progress", "completed"]);
        for (const time of [call.answered_at, call.last_event_time, call.end_time])
          assert.ok(Date.parse(time) >= began - 1000 && Date.parse(time) <= Date.now() + 1000, time);
        for (const row of await received(sid)) assert.equal((await payloadOf(row))["Timestamp"], Timestamp);
        await audit(server);
      });

    it("F138: bytes that are no text, lone surrogates, a byte order mark and zero are kept and hold nobody up", async () => {
      const before_ = (await settled(server)).inbox.dead_letter;
      const names = ["fffe41", "eda080", "c0af", "e080af", "efbbbf61", "610062", Buffer.from("\\ud800").toString("hex")];
      for (const [i, name] of names.entries()) {
        const sid = newCallSid();
        const pairs = Object.entries(event(sid, "ringing", i)).map(([field, value]): [string, Buffer] => [field, Buffer.from(value)]);
        assert.equal(await postBytes(server, [...pairs, ["CallerName", Buffer.from(name, "hex")]]), 204);
        await settled(server);
        assert.equal((await shown(sid)).call.status, "ringing");
      }
      assert.equal((await settled(server)).inbox.dead_letter, before_);
    });

    it("F138: half a surrogate and U+0000 that a JSON body spells are kept as JSON, and hold nobody up", async () => {
      const before_ = (await settled(server)).inbox.dead_letter;
      for (const [spelled, read, name] of [["\\ud800", "\ufffd", "\ufffd"], ["\\udc00x", "\ufffdx", "\ufffdx"], ["a\\u0000b", "a\ufffdb", "a"]] as const) {
        const sid = newCallSid();
        const fields = JSON.stringify(event(sid, "ringing", 1));
        assert.equal(await postJson(server, `${fields.slice(0, -1)},"CallerName":"${spelled}","${spelled}":"x"}`), 204);
        await settled(server);
        assert.equal((await shown(sid)).call.status, "ringing");
        const payload = await payloadOf((await received(sid))[0]);
        assert.equal(payload["CallerName"], read);
        assert.equal(payload[name], "x"); // of a name, what stands before U+0000
        if (store === "postgres") assert.equal(await psql(server.env["DATABASE_URL"] ?? "", `SELECT payload ->> 'CallSid' FROM webhook_inbox WHERE payload ->> 'CallSid' = '${sid}'`), sid);
      }
      assert.equal((await settled(server)).inbox.dead_letter, before_);
    });

    it("F139: names with marks of direction and letters that look alike come back as they were sent", async () => {
      for (const CallerName of ["\u202egnp.exe", "a\u200bb", "р\u0430ypal", "<b>\u2066x\u2069</b>"]) {
        const sid = newCallSid();
        const stream = await Stream.open(server);
        await send(event(sid, "ringing", 1, { CallerName }));
        assert.equal((await payloadOf((await received(sid))[0]))["CallerName"], CallerName);
        await stream.first("call.created");
        stream.close();
      }
    });

    it("F139: such names are found by the text that they are, and by no other that looks the same", async () => {
      const total = async (q: string): Promise<number> => (await get<{ total: number }>(server, `/api/conversations?q=${encodeURIComponent(q)}`)).total;
      const names = ["\u202egnp.exe", "zero\u200bwidth", "р\u0430ypal", "<i>\u2066x\u2069</i>"];
      for (const [i, name] of names.entries()) {
        const From = `+1508514040${String(i)}`;
        await send(event(newCallSid(), "ringing", 1, { From }));
        await sql(server, `UPDATE contacts SET display_name = '${name}' WHERE phone_number = '${From}'`);
        assert.equal(await total(name), 1, JSON.stringify(name));
      }
      for (const looksLike of ["exe.png", "zerowidth", "paypal", "<i>x</i>"]) assert.equal(await total(looksLike), 0, looksLike);
    });

    it("F142: whatever stands for a number is normalised or kept as it is, and the call is there", async () => {
      const kept = ["+", "anonymous", "sip:desk@example.com", "client:anna"];
      for (const From of [...kept, "7".repeat(300), "٠١٢٣٤٥٦٧٨٩", "+1 (508) 514-0320"]) {
        const sid = newCallSid();
        await send(event(sid, "ringing", 1, { From }));
        const { from_number } = (await shown(sid)).call;
        if (kept.includes(From)) assert.equal(from_number, From);
        assert.ok(from_number.length > 0 && from_number.length <= 256, from_number);
        assert.equal((await payloadOf((await received(sid))[0]))["From"], From); // whole, whatever is shown
      }
    });

    it("keeps every promise over all of that", async () => {
      await audit(server);
    });

    it("F205: a schema newer than the program, or an older one that may not be migrated, is refused with what to do", async () => {
      await server.stop();
      const now = store === "postgres" ? "now()" : "0";
      await sql(server, `INSERT INTO schema_migrations (number, name, applied_at, checksum) VALUES (9999, 'from_the_future', ${now}, 'x')`);
      const newer = await tool(server, "doctor");
      assert.equal(newer.code, 1);
      assert.match(newer.output, /from_the_future[\s\S]*at least as new/);
      assert.equal((await tool(server, "migrate", "up")).code, 1);
      await sql(server, "DELETE FROM schema_migrations WHERE number = 9999");
      assert.equal((await tool(server, "migrate", "down", "1000")).code, 0);
      const older = await tool(server, "doctor");
      assert.equal(older.code, 1);
      assert.match(older.output, /lacks migration 0001[\s\S]*migrate up/);
      assert.equal((await tool(server, "migrate", "up")).code, 0);
      await server.start();
      await new FakeCall(server, CALLER).arrives();
      assert.equal((await settled(server)).feed.last_seq, 1);
    });
  });
}
