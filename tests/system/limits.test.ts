// Too many, too slow, too long: what is asked of the server is bounded, and so is what it says.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { ask, type Fault, get } from "../lib/api.ts";
import { converse } from "../lib/raw.ts";
import { ACCOUNT_SID, API_KEY, AUTH_TOKEN, OWNED_NUMBER, type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { Stream } from "../lib/stream.ts";
import { limit, MEMORY_TELLS, residentMegabytes } from "../lib/system.ts";
import { FakeCall, newCallSid, type Params, post } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const CALLER = "+15085140320";
const WATCH = `GET /events/calls HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${API_KEY}\r\n\r\n`;

function ringing(more: Params = {}): Params {
  return { AccountSid: ACCOUNT_SID, CallSid: newCallSid(), CallStatus: "ringing", From: CALLER, To: OWNED_NUMBER, Direction: "inbound", SequenceNumber: "1", ...more };
}

async function knock(server: Server): Promise<Socket> {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

/** Opens connections and keeps them while the work is done. */
async function holding(server: Server, n: number, begin: (socket: Socket) => void, work: () => Promise<void>): Promise<void> {
  const sockets = await Promise.all(Array.from({ length: n }, () => knock(server)));
  sockets.forEach(begin);
  try {
    await work();
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

type StreamStats = { clients: number; slow_clients_closed: number; last_seq: number };

describe("limits", () => {
  let server: Server;
  before(async () => {
    server = await startServer({ LOG_LEVEL: "debug" });
  });
  after(() => server.remove());

  it("F117: 1,000 connections that say nothing, or half of something, cost little and hinder nobody", async () => {
    const before_ = await residentMegabytes(server);
    const say = (socket: Socket): void => {
      socket.write("POST /webhooks/twilio/voice-status HTTP/1.1\r\nHost: ");
    };
    await holding(server, 500, () => undefined, () =>
      holding(server, 500, say, async () => {
        assert.equal((await post(server, "voice-status", ringing())).status, 204);
        const grown = (await residentMegabytes(server)) - before_;
        assert.ok(!MEMORY_TELLS || grown < 12, `grown by ${String(grown)} MB`);
      }),
    );
  });

  it("F161: streams that nobody reads are cut off, and memory stays bounded", async () => {
    const before_ = await residentMegabytes(server);
    const watch = (socket: Socket): void => {
      socket.pause();
      socket.write(WATCH);
    };
    await holding(server, 100, watch, async () => {
      await until("all watch", async () => ((await get<StreamStats>(server, "/events/stats")).clients === 100 ? true : undefined));
      const name = "n".repeat(3000);
      await until("all are cut off", async () => {
        await Promise.all(Array.from({ length: 50 }, () => post(server, "voice-status", ringing({ CallerName: name }))));
        const { slow_clients_closed } = await get<StreamStats>(server, "/events/stats");
        return slow_clients_closed === 100 ? true : undefined;
      });
    });
    const grown = (await residentMegabytes(server)) - before_;
    assert.ok(!MEMORY_TELLS || grown < 64, `grown by ${String(grown)} MB`);
  });

  it("who comes back from the beginning, all at once, is given everything", async () => {
    await settled(server);
    const { last_seq } = await get<StreamStats>(server, "/events/stats");
    const from = Math.max(0, last_seq - 300);
    const streams = await Promise.all(Array.from({ length: 50 }, () => Stream.open(server, `?last_seq=${String(from)}`)));
    await Promise.all(streams.map((stream) => stream.reaches(last_seq)));
    const expected = Array.from({ length: last_seq - from }, (_, i) => from + 1 + i);
    for (const stream of streams) {
      assert.deepEqual(stream.seqs(), expected);
      stream.close();
    }
  });

  it("F116: without a descriptor left, who is connected is served, and the others when there is one again", async () => {
    const first = await knock(server);
    const serves = async (socket: Socket): Promise<void> => {
      const answer = once(socket, "data");
      socket.write("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
      assert.match(String((await answer)[0]), /^HTTP\/1\.1 200 /);
    };
    await serves(first);
    await limit(server, "nofile", 64);
    try {
      await holding(server, 200, () => undefined, () => serves(first));
    } finally {
      await limit(server, "nofile", 4096);
    }
    await serves(first);
    first.destroy();
    assert.equal((await post(server, "voice-status", ringing())).status, 204);
  });

  it("whatever a path or query says is answered, and never with 5xx", async () => {
    const values = ["", "0", "-1", "99999999999999999999", "1e400", "%00", "a%00b", "%ff%fe", "%25_", "%zz", "'%20OR%201=1--", "%E2%80%AE", "%ED%A0%80", "[]", "9999-99-99", "a".repeat(3000), "%0d%0aX-Injected:%201"];
    const paths = ["/api/conversations", "/api/calls", "/api/events"];
    const names = ["page", "limit", "after_seq", "processing_status", "call_sid", "from", "to", "status", "visibility", "source"];
    const targets = values.flatMap((value) => [
      ...paths.flatMap((path) => names.map((name) => `${path}?${name}=${value}`)),
      ...paths.map((path) => `${path}/${value}`),
      `/api/conversations/${value}/messages`,
    ]);
    for (const target of targets) {
      const { statuses, text } = await converse(server, `GET ${target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${API_KEY}\r\nConnection: close\r\n\r\n`);
      assert.ok(statuses.length === 1 && (statuses[0] ?? 500) < 500, `${target}: ${text.slice(0, 300)}`);
      assert.ok(!/^X-Injected/im.test(text), target);
    }
  });

  it("a browser's session works for this site alone", async () => {
    const login = await fetch(server.loginLink, { redirect: "manual" });
    const session = { Cookie: (login.headers.get("set-cookie") ?? "").split(";")[0] ?? "" };
    const path = "/api/events/reprocess";
    for (const origin of [null, "null", "https://evil.example", `${server.url}.evil.example`, server.url.replace("//", "//evil@")]) {
      const headers = { ...session, ...(origin !== null && { Origin: origin }) };
      const { status } = await ask<Fault>(server, path, { method: "POST", body: { ids: ["1"] }, key: null, headers });
      assert.equal(status, 403, String(origin));
    }
  });

  it("of all that, the log has no secret, no number and no name", async () => {
    const call = new FakeCall(server, CALLER);
    await call.arrives();
    await call.status("completed", { CallDuration: "3", CallerName: "Zebulon Quill" });
    await ask(server, "/api/me", { key: "a-key-that-nobody-has" });
    await settled(server);
    const log = server.output();
    for (const secret of [API_KEY, AUTH_TOKEN, CALLER.slice(1), OWNED_NUMBER.slice(1), "Zebulon", "a-key-that-nobody-has"])
      assert.ok(!log.includes(secret), `${secret} stands in the log`);
  });
});
