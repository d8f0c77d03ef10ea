// The live feed: every event once, in order, whatever happens to the connection or the server.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ask, get, type FeedPage } from "../lib/api.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { Stream } from "../lib/stream.ts";
import { FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

async function someCalls(server: Server, n: number): Promise<void> {
  await Promise.all(
    Array.from({ length: n }, async (_, i) => {
      const call = new FakeCall(server, `+1508514${String(1000 + i)}`);
      await call.arrives();
      await call.status("in-progress");
      await call.status("completed", { CallDuration: "3" });
    }),
  );
}

async function lastSeq(server: Server): Promise<number> {
  return (await get<FeedPage>(server, "/api/events?after_seq=0&limit=1")).last_seq;
}

function assertDense(seqs: number[], from: number): void {
  assert.deepEqual(seqs, seqs.map((_, i) => from + i));
}

describe("the live feed", () => {
  let server: Server;
  before(async () => {
    server = await startServer();
  });
  after(() => server.remove());

  it("greets, then tells each event as it happens, as documented", async () => {
    const stream = await Stream.open(server);
    const hello = await stream.first("connected");
    assert.equal(hello.data.data["last_seq"], 0);
    const call = new FakeCall(server, "+15085140320");
    await call.arrives();
    await call.status("completed", { CallDuration: "29" });
    await stream.reaches(2);
    const [created, updated] = stream.frames.filter((frame) => frame.id !== null);
    assert.equal(created?.event, "call.created");
    assert.equal(updated?.event, "call.updated");
    assert.equal(created?.id, "1");
    assert.deepEqual(
      { callSid: updated?.data.data["callSid"], status: updated?.data.data["status"], duration: updated?.data.data["duration"] },
      { callSid: call.sid, status: "completed", duration: 29 },
    );
    stream.close();
  });

  it("tells of a recording", async () => {
    const stream = await Stream.open(server);
    const call = new FakeCall(server, "+15085140321");
    await call.arrives();
    await call.recorded();
    const frame = await stream.first("recording.updated");
    assert.equal(frame.data.data["callSid"], call.sid);
    stream.close();
  });

  it("goes on where a client left off, by Last-Event-ID or by last_seq", async () => {
    await someCalls(server, 5);
    await settled(server);
    const head = await lastSeq(server);
    const byHeader = await Stream.open(server, "", { "Last-Event-ID": "3" });
    const byQuery = await Stream.open(server, "?last_seq=3");
    for (const stream of [byHeader, byQuery]) {
      await stream.reaches(head);
      assertDense(stream.seqs(), 4);
      stream.close();
    }
  });

  it("agrees with the pages of the feed", async () => {
    const head = await lastSeq(server);
    const stream = await Stream.open(server, "?last_seq=0");
    await stream.reaches(head);
    const page = await get<FeedPage>(server, "/api/events?after_seq=0&limit=1000");
    assert.deepEqual(stream.seqs(), page.events.map((event) => event.seq));
    assert.deepEqual(
      stream.frames.flatMap(({ data }) => (data.data["callSid"] === undefined ? [] : [data.data["callSid"]])),
      page.events.map((event) => event.entity.id),
    );
    stream.close();
  });

  it("tells a client from another history, or from the future, to start anew", async () => {
    const ahead = await Stream.open(server, "?last_seq=1000000");
    assert.equal((await ahead.first("resync")).data.data["reason"], "ahead");
    ahead.close();
    const other = await Stream.open(server, "?last_seq=1&epoch=another");
    assert.equal((await other.first("resync")).data.data["reason"], "epoch_changed");
    other.close();
    assert.equal((await ask(server, "/events/calls?last_seq=x")).status, 400);
  });

  it("has no gap and no doubling for clients that come and go under load", async () => {
    const start = await lastSeq(server);
    const load = someCalls(server, 60);
    const streams = await Promise.all(Array.from({ length: 8 }, () => Stream.open(server, `?last_seq=${String(start)}`)));
    const seen: number[] = [];
    let after_ = start;
    while (seen.length < 60) {
      const visit = await Stream.open(server, `?last_seq=${String(after_)}`);
      await visit.reaches(after_ + 1);
      visit.close();
      seen.push(...visit.seqs());
      after_ = seen.at(-1) ?? after_;
    }
    await load;
    await settled(server);
    const head = await lastSeq(server);
    assertDense(seen, start + 1);
    for (const stream of streams) {
      await stream.reaches(head);
      assertDense(stream.seqs(), start + 1);
      stream.close();
    }
  });

  it("has no gap across a restart of the server", async () => {
    const start = await lastSeq(server);
    const before_ = await Stream.open(server, `?last_seq=${String(start)}`);
    await someCalls(server, 3);
    await before_.reaches(start + 1);
    await server.restart();
    await someCalls(server, 3);
    await settled(server);
    const head = await lastSeq(server);
    const seen = before_.seqs();
    const after_ = await Stream.open(server, `?last_seq=${String(seen.at(-1))}`);
    await after_.reaches(head);
    assertDense([...seen, ...after_.seqs()], start + 1);
    after_.close();
  });

  it("counts its clients", async () => {
    const streams = await Promise.all([Stream.open(server), Stream.open(server)]);
    for (const stream of streams) await stream.first("connected");
    const stats = await get<{ clients: number }>(server, "/events/stats");
    assert.ok(stats.clients >= 2);
    for (const stream of streams) stream.close();
  });

  it("lets nobody in without a key", async () => {
    assert.equal((await ask(server, "/events/calls", { key: null })).status, 401);
    assert.equal((await ask(server, "/events/stats", { key: "wrong" })).status, 401);
  });

  it("ends its streams when the server ends", async () => {
    const stream = await Stream.open(server);
    await stream.first("connected");
    await server.stop();
    await until("the stream ends", () => (stream.ended ? true : undefined));
    await server.start();
  });
});

describe("the live feed, switched off", () => {
  it("answers 503 and points to the pages, which go on", async () => {
    const server = await startServer({ REALTIME_PUSH_ENABLED: "false" });
    try {
      assert.equal((await ask(server, "/events/calls")).status, 503);
      await someCalls(server, 1);
      await settled(server);
      assert.equal((await get<FeedPage>(server, "/api/events?after_seq=0")).events.length, 3);
    } finally {
      await server.remove();
    }
  });
});
