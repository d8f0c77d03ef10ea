// Streams whose readers stall, whose data is malicious, and whose way leads through a proxy.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { get, type FeedPage } from "../lib/api.ts";
import { feedIsDense } from "../lib/load.ts";
import { startNginx } from "../lib/nginx.ts";
import { converse, portOf } from "../lib/raw.ts";
import { ACCOUNT_SID, API_KEY, OWNED_NUMBER, type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { sql } from "../lib/sql.ts";
import { Stream } from "../lib/stream.ts";
import { MEMORY_TELLS, residentMegabytes } from "../lib/system.ts";
import { newCallSid, type Params, post } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const STALLED = Number(process.env["STALLED"] ?? 1000);
const RESUMED = 20;
const GROWTH_MB = 96;
const HEARTBEAT_MS = 40_000; // the server says something every 30 s at the latest

type StreamStats = { clients: number; slow_clients_closed: number };

function ringing(more: Params = {}): Params {
  return { AccountSid: ACCOUNT_SID, CallSid: newCallSid(), CallStatus: "ringing", From: "+15085140320", To: OWNED_NUMBER, Direction: "inbound", SequenceNumber: "1", ...more };
}

async function lastSeq(server: Server): Promise<number> {
  await settled(server);
  return (await get<FeedPage>(server, "/api/events?after_seq=0&limit=1")).last_seq;
}

function watch(path = "/events/calls"): string {
  return `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${API_KEY}\r\n\r\n`;
}

async function withServer(work: (server: Server) => Promise<void>): Promise<void> {
  const server = await startServer();
  try {
    await work(server);
  } finally {
    await server.remove();
  }
}

/** A stream through a proxy. */
function through(port: number, server: Server, query = ""): Promise<Stream> {
  return Stream.open({ ...server, url: `http://127.0.0.1:${String(port)}` }, query);
}

describe("streams", { concurrency: true }, () => {
  it("F161: a thousand clients that stop reading are cut off, cost little, and miss nothing when they come back", () =>
    withServer(async (server) => {
      const before_ = await residentMegabytes(server);
      const child = spawn("python3", [resolve(import.meta.dirname, "../lib/stalled.py"), String(portOf(server)), String(STALLED)], { stdio: ["pipe", "pipe", "inherit"] });
      try {
        const says = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
        child.stdin.end(watch());
        assert.equal((await says.next()).value, "ready");
        await until("all watch", async () => ((await get<StreamStats>(server, "/events/stats")).clients === STALLED ? true : undefined));
        let most = 0;
        const name = "n".repeat(3000);
        await until("all are cut off", async () => {
          await Promise.all(Array.from({ length: 50 }, () => post(server, "voice-status", ringing({ CallerName: name }))));
          most = Math.max(most, await residentMegabytes(server));
          return (await get<StreamStats>(server, "/events/stats")).slow_clients_closed >= STALLED ? true : undefined;
        });
        console.log(`# ${String(STALLED)} stalled readers: ${(most - before_).toFixed(0)} MB at most`);
        assert.ok(!MEMORY_TELLS || most - before_ < GROWTH_MB, `grown by ${(most - before_).toFixed(0)} MB`);

        const head = await lastSeq(server);
        assert.equal(await feedIsDense(server), head);
        child.kill("SIGUSR1");
        const heard = String((await says.next()).value).split(" ").map(Number);
        assert.equal(heard.length, STALLED);
        for (const seq of heard.filter((_, i) => i % Math.ceil(STALLED / RESUMED) === 0)) {
          const back = await Stream.open(server, `?last_seq=${String(seq)}`);
          await back.reaches(head);
          assert.deepEqual(back.seqs(), Array.from({ length: head - seq }, (_, i) => seq + 1 + i));
          back.close();
        }
      } finally {
        child.kill("SIGKILL");
      }
    }));

  it("F164: ends of lines in what callers say of themselves do not end a line of the stream", () =>
    withServer(async (server) => {
      const evil = "sip:a\r\nid: 999\rdata: x\n\nevent: evil\ndata: {}\n\n\u2028\u2029\u0085\u000b@x.example";
      assert.equal((await post(server, "voice-status", ringing({ From: evil, CallerName: evil }))).status, 204);
      const head = await lastSeq(server);
      assert.ok(head > 0);
      const stream = await Stream.open(server, "?last_seq=0");
      await stream.reaches(head);
      stream.close();
      const told = stream.frames.filter(({ data }) => data.seq !== undefined);
      assert.ok(told.some(({ data }) => data.data["from"] === evil), JSON.stringify(told[0]));
      assert.ok(!stream.frames.some(({ event, id }) => event === "evil" || id === "999"));

      const { text } = await converse(server, watch("/events/calls?last_seq=0"), Infinity, false);
      const frames = text.slice(text.indexOf("\r\n\r\n") + 4);
      assert.ok(!frames.includes("\r"), "a bare CR ends a line for a browser");
      for (const line of frames.split("\n").filter((text_) => text_ !== "")) assert.match(line, /^(id|event|data|retry|:)/);
    }));

  it("F165: through a proxy that buffers, and cuts who is silent, every event comes at once, and resuming leaves no gap", () =>
    withServer(async (server) => {
      const nginx = await startNginx([`proxy_buffering on; proxy_read_timeout 1s; location / { proxy_pass ${server.url}; }`]);
      try {
        const port = nginx.ports[0] ?? 0;
        const seen: number[] = [];
        for (let visit = 0; visit < 4; visit++) {
          const stream = await through(port, server, `?last_seq=${String(seen.at(-1) ?? 0)}`);
          await stream.first("connected");
          const at = seen.at(-1) ?? 0;
          assert.equal((await post(server, "voice-status", ringing())).status, 204);
          await stream.reaches(at + 1); // while the proxy still has the stream open
          await until("the proxy cuts the silent stream", () => (stream.ended ? true : undefined));
          await post(server, "voice-status", ringing()); // nobody watches
          seen.push(...stream.seqs());
        }
        const head = await lastSeq(server);
        const rest = await through(port, server, `?last_seq=${String(seen.at(-1))}`);
        await rest.reaches(head);
        seen.push(...rest.seqs());
        rest.close();
        assert.deepEqual(seen, Array.from({ length: head }, (_, i) => i + 1));
        await until("no stream is left", async () => ((await get<StreamStats>(server, "/events/stats")).clients === 0 ? true : undefined));
      } finally {
        await nginx.stop();
      }
    }));

  it("F165: a silent stream has a heartbeat, often enough for a proxy that waits a minute", () =>
    withServer(async (server) => {
      const nginx = await startNginx([`proxy_read_timeout 60s; location / { proxy_pass ${server.url}; }`]);
      try {
        const stream = await through(nginx.ports[0] ?? 0, server);
        await stream.first("connected");
        const late = AbortSignal.timeout(HEARTBEAT_MS);
        while (!stream.frames.some(({ event }) => event === "keepalive")) {
          late.throwIfAborted();
          assert.ok(!stream.ended);
          await new Promise((next) => setTimeout(next, 100));
        }
        stream.close();
      } finally {
        await nginx.stop();
      }
    }));

  it("F166: who comes back from before what is kept is told to load anew, and from where", () =>
    withServer(async (server) => {
      await Promise.all(Array.from({ length: 30 }, () => post(server, "voice-status", ringing())));
      const head = await lastSeq(server);
      await server.stop();
      await sql(server, `DELETE FROM feed_events WHERE seq <= 20`);
      await server.start();
      const old = await Stream.open(server, "?last_seq=5");
      const { data } = (await old.first("resync")).data;
      assert.deepEqual([data["reason"], data["first_seq"], data["last_seq"]], ["too_old", 21, head]);
      assert.equal((await get<FeedPage>(server, "/api/events?after_seq=5")).resync, true);
      old.close();
      const edge = await Stream.open(server, "?last_seq=20");
      await edge.reaches(head);
      assert.equal(edge.seqs()[0], 21);
      edge.close();
    }));
});

