// What a container gives it is used up: memory, and then the kernel kills it; threads.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { Belongings } from "../lib/belongings.ts";
import { cannotLimit, makeGroup } from "../lib/cgroup.ts";
import { assertNothingLost, Load } from "../lib/load.ts";
import { type Server, startServer } from "../lib/server.ts";
import { until } from "../lib/wait.ts";

const MB = 1024 * 1024;
const ROOM_MB = 16; // that it has left before others take it
const BODY = 60 * 1024;
const HELD = 1000;
const ROUNDS = 3;

/** Requests whose bodies are all there but for the last bytes, so that they have to be kept; until it is called. */
function holdBodies(server: Server): () => void {
  const sockets = Array.from({ length: HELD }, () => {
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    socket.on("error", () => undefined); // of a server that is killed
    socket.write(`POST /webhooks/twilio/voice-status HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nX-Twilio-Signature: ${"A".repeat(27)}=\r\nContent-Length: ${String(BODY + 9)}\r\n\r\n`);
    socket.write("a".repeat(BODY));
    return socket;
  });
  return () => { for (const socket of sockets) socket.destroy(); };
}

const NO_MEMORY = await cannotLimit("memory");
const NO_PIDS = await cannotLimit("pids");

describe("at the limit of a control group", () => {
  it("F201: of memory, the kernel kills it under load: what was acknowledged is there, and it starts again", { skip: NO_MEMORY }, async () => {
    const ours = new Belongings();
    try {
      const group = await ours.keep(makeGroup("memory"));
      const server = await ours.keep(startServer());
      for (let round = 1; round <= ROUNDS; round++) {
        await server.stop();
        server.under = group.by;
        await group.limit(1024 * MB);
        await server.start();
        const load = await ours.keep(new Load(server, { senders: 8 }));
        await load.more(100 * round);
        await group.limit((await group.used()) + ROOM_MB * MB);
        const letGo = await ours.keep(holdBodies(server), (go) => { go(); });
        const end = await until("the kernel has killed it", server.ended);
        assert.deepEqual([end.signal, await group.kills()], ["SIGKILL", round]);
        letGo();
        await load.end();
        server.under = [];
        await server.start();
        await assertNothingLost(server, load);
      }
    } finally {
      await ours.end();
    }
  });

  it("F201: of threads, a start ends with a word; one that runs goes on", { skip: NO_PIDS }, async () => {
    const ours = new Belongings();
    try {
      const group = await ours.keep(makeGroup("pids"));
      const server = await ours.keep(startServer());
      await server.stop();
      server.under = group.by;
      await group.limit(8);
      await assert.rejects(server.start(), /hookswitch: .*thread/);
      await group.limit(1000);
      await server.start();
      await group.limit(await group.used());
      const load = await ours.keep(new Load(server, { senders: 8 }));
      await load.more(300);
      await load.end();
      await assertNothingLost(server, load);
    } finally {
      await ours.end();
    }
  });
});
