// As many connections as the system has descriptors, and more: who is connected is served, the others wait.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { Crowd } from "../lib/crowd.ts";
import { portOf } from "../lib/raw.ts";
import { ACCOUNT_SID, OWNED_NUMBER, type Server, startServer } from "../lib/server.ts";
import { cpuSeconds, descriptors, limit, MEMORY_TELLS, residentMegabytes, sockets } from "../lib/system.ts";
import { newCallSid, post } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const DESCRIPTORS = 20_000;
const RESERVED = 256; // of http/server.c: for the store and files
const EACH = 10_400; // of two crowds: together more than the server can hold
const LOOK_MS = 2000;

async function knock(server: Server): Promise<Socket> {
  const socket = connect(portOf(server), "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

async function serves(socket: Socket): Promise<void> {
  const answer = once(socket, "data");
  socket.write("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
  assert.match(String((await answer)[0]), /^HTTP\/1\.1 200 /);
}

/** The part of one core that the server uses while nobody can be let in and one is served. */
async function burden(server: Server, friend: Socket): Promise<number> {
  const [began, cpu] = [performance.now(), await cpuSeconds(server)];
  while (performance.now() - began < LOOK_MS) {
    await serves(friend);
    await new Promise((next) => setTimeout(next, 50));
  }
  return ((await cpuSeconds(server)) - cpu) / ((performance.now() - began) / 1000);
}

describe("a crowd", () => {
  let server: Server;
  let friend: Socket;
  let empty: number; // sockets, while only the friend is there
  let others: number; // descriptors, once every thread and loop has opened what it needs
  const crowds: Crowd[] = [];

  before(async () => {
    await limit({ pid: () => process.pid }, "nofile", DESCRIPTORS); // the server inherits it
    server = await startServer({ LOG_LEVEL: "debug" });
    friend = await knock(server);
    await serves(friend);
    empty = await sockets(server);
  });
  after(async () => {
    friend.destroy();
    await Promise.all(crowds.map((crowd) => crowd.leave()));
    await server.remove();
  });

  it("F116 F117: 20,000 that say nothing are held for little, the friend is served, and the server rests", async () => {
    const memory = await residentMegabytes(server);
    crowds.push(...(await Promise.all([Crowd.gather(server, EACH, "127.0.0.2"), Crowd.gather(server, EACH, "127.0.0.3")])));
    const most = DESCRIPTORS - RESERVED;
    await until("the server is full", async () => ((await sockets(server)) - empty >= most - 1 ? true : undefined));
    const used = await burden(server, friend);
    const held = (await sockets(server)) - empty;
    others = (await descriptors(server)) - empty - held;
    assert.ok(held <= most, `${String(held)} connections`);
    assert.ok(used < 0.5, `${used.toFixed(2)} of a core, while nothing happens`);

    const each = (((await residentMegabytes(server)) - memory) * 1024 * 1024) / held;
    console.log(`# ${String(held)} idle connections: ${each.toFixed(0)} bytes each; ${used.toFixed(3)} of a core meanwhile`);
    assert.ok(!MEMORY_TELLS || each < 1024, `${each.toFixed(0)} bytes each`);
  });

  it("F116: with no descriptor left the server rests too, and lets people in when there are some again", async () => {
    await limit(server, "nofile", 64);
    await crowds.pop()?.leave(); // now there is room, and nothing to make use of it
    await until("the server has noticed", async () => ((await sockets(server)) - empty <= EACH + 1 ? true : undefined));
    const late = await knock(server);
    const used = await burden(server, friend);
    assert.ok(used < 0.5, `${used.toFixed(2)} of a core`);
    await limit(server, "nofile", DESCRIPTORS);
    await serves(late);
    late.destroy();

    await Promise.all(crowds.map((crowd) => crowd.leave()));
    await until("all descriptors are back", async () => ((await descriptors(server)) <= empty + others ? true : undefined));
    await serves(friend);
    const params = { AccountSid: ACCOUNT_SID, CallSid: newCallSid(), CallStatus: "ringing", From: "+15085140320", To: OWNED_NUMBER, SequenceNumber: "1" };
    assert.equal((await post(server, "voice-status", params)).status, 204);
    assert.ok(server.output().split("\n").length < 200, "the log is flooded");
  });
});
