// Order of arrival, repetition and lateness change nothing: the call is what its events say.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type CallDetail, type Call, get } from "../lib/api.ts";
import { ACCOUNT_SID, OWNED_NUMBER, type Server, startServer } from "../lib/server.ts";
import { audit, settled } from "../lib/settled.ts";
import { answeredCall, deliver, FakeCall, type Params } from "../lib/twilio.ts";

/** What a person sees of a call; not when we learnt it. */
function seen(call: Call): Partial<Call> {
  const { status, display_status, direction, duration, talk_time, wait_time, total_duration, is_final, visibility } = call;
  return { status, display_status, direction, duration, talk_time, wait_time, total_duration, is_final, visibility };
}

/** A reproducible shuffle: multiplicative congruence over the indices. */
function shuffled<T>(items: T[], seed: number): T[] {
  return items
    .map((item, i) => ({ item, key: ((i + 1) * 7919 * (seed + 1)) % 104729 }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

describe("order", () => {
  let server: Server;
  before(async () => {
    server = await startServer();
  });
  after(() => server.remove());

  it("does not matter, nor do duplicates: thirty calls told in thirty ways end alike", async () => {
    const calls = await Promise.all(
      Array.from({ length: 30 }, async (_, seed) => {
        const { parent, events } = await answeredCall(server, `+1508514${String(2000 + seed)}`);
        const told = seed % 3 === 0 ? [...events, ...events] : events;
        for (const send of shuffled(told, seed)) await send();
        return parent;
      }),
    );
    await settled(server);
    const snapshots = await Promise.all(calls.map(async ({ sid }) => seen((await get<CallDetail>(server, `/api/calls/${sid}`)).call)));
    const [first] = snapshots;
    assert.equal(first?.status, "completed");
    assert.deepEqual([first.total_duration, first.talk_time, first.wait_time], [35, 29, 6]);
    for (const snapshot of snapshots) assert.deepEqual(snapshot, first);
    await audit(server);
  });

  it("keeps a refused status in the log, and the call as it was", async () => {
    const call = new FakeCall(server, "+15085140390");
    await call.status("completed", { CallDuration: "3" });
    await call.status("ringing");
    await settled(server);
    const { call: snapshot, events } = await get<CallDetail>(server, `/api/calls/${call.sid}`);
    assert.equal(snapshot.status, "completed");
    assert.deepEqual(events.map((e) => e.applied), [true, false]);
  });

  it("says what happened to the person, not only to the leg", async () => {
    const parent = new FakeCall(server, "+15085140391");
    const leg = new FakeCall(server, "+15085140391", "sip:dispatcher@abchomes.sip.us1.twilio.com", parent);
    await parent.arrives();
    await leg.status("ringing");
    await leg.status("no-answer");
    await parent.dialEnds(leg, "no-answer");
    await parent.status("completed", { CallDuration: "30" });
    await settled(server);
    const { call } = await get<CallDetail>(server, `/api/calls/${parent.sid}`);
    assert.equal(call.status, "completed");
    assert.equal(call.display_status, "no-answer");
  });

  it("attaches a recording that comes before its call", async () => {
    const call = new FakeCall(server, "+15085140392");
    await call.recorded();
    await settled(server);
    const stub = await get<CallDetail>(server, `/api/calls/${call.sid}`);
    assert.equal(stub.call.visibility, "pending");
    await call.arrives();
    await settled(server);
    const { call: snapshot } = await get<CallDetail>(server, `/api/calls/${call.sid}`);
    assert.equal(snapshot.visibility, "visible");
    assert.match(snapshot.recording_url ?? "", /Recordings\/RE/);
  });

  it("keeps odd statuses, times and numbers without a fault", async () => {
    const odd: Params[] = [
      { CallStatus: "teleported" },
      { Timestamp: "Thu, 01 Jan 1970 00:00:00 +0000" },
      { Timestamp: "Fri, 31 Dec 9999 23:59:59 +0000" },
      { Timestamp: "not a time" },
      { CallDuration: "99999999999999999999" },
      { CallDuration: "-5" },
      { From: "x".repeat(300) },
      { From: "٠١٢٣٤٥٦٧٨٩" },
      { From: "anonymous" },
      { CallerName: "<script>alert(1)</script>\u0000\u202e" },
    ];
    const sids: string[] = [];
    for (const [i, fields] of odd.entries()) {
      const CallSid = `CA${String(i).padStart(32, "e")}`;
      sids.push(CallSid);
      await deliver(server, "voice-status", {
        AccountSid: ACCOUNT_SID,
        CallSid,
        CallStatus: "ringing",
        From: "+15085140393",
        To: OWNED_NUMBER,
        Direction: "inbound",
        SequenceNumber: "0",
        Timestamp: "Fri, 12 Mar 2027 16:29:59 +0000",
        ...fields,
      });
    }
    const health = await settled(server);
    assert.equal(health.inbox.dead_letter, 0);
    for (const sid of sids) await get<CallDetail>(server, `/api/calls/${sid}`);
    await audit(server);
  });
});
