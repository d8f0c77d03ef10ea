// Peers that end in the middle: of a head, a body, an answer, a stream. Nothing of them stays.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { get } from "../lib/api.ts";
import { assertNothingLost, Load } from "../lib/load.ts";
import { portOf } from "../lib/raw.ts";
import { settled } from "../lib/settled.ts";
import { API_KEY, type Server, startServer } from "../lib/server.ts";
import { MEMORY_TELLS, residentMegabytes, sockets } from "../lib/system.ts";
import { until } from "../lib/wait.ts";

const EACH = 60;
const ROUNDS = Number(process.env["ROUNDS"] ?? 4);
const GROWTH_MB = 32; // less than one leaked exchange for each visitor; the heaps of the threads differ by run

const HOST = "Host: x\r\n";
const KEY = `Authorization: Bearer ${API_KEY}\r\n`;
const API = `POST /api/events/reprocess HTTP/1.1\r\n${HOST}${KEY}Content-Type: application/json\r\n`;
const GET = (path: string): string => `GET ${path} HTTP/1.1\r\n${HOST}${KEY}\r\n`;

/** What is sent; whether something must have come back before the peer goes. */
type Stage = { name: string; bytes: string; hears: boolean };

const stages = (asset: string): Stage[] => [
  { name: "nothing said", bytes: "", hears: false },
  { name: "half a head", bytes: `${API}Content-Le`, hears: false },
  { name: "a head", bytes: `${API}Content-Length: 1000\r\n\r\n`, hears: false },
  { name: "a body asked for", bytes: `${API}Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n`, hears: true },
  { name: "half a body", bytes: `${API}Content-Length: 1000\r\n\r\n${"x".repeat(500)}`, hears: false },
  { name: "half a chunk", bytes: `${API}Transfer-Encoding: chunked\r\n\r\nff\r\n${"x".repeat(100)}`, hears: false },
  { name: "a request whose answer is under way", bytes: GET("/api/calls?limit=100"), hears: false },
  { name: "fifty pipelined requests", bytes: GET("/api/calls?limit=100").repeat(50), hears: true },
  { name: "a refused request", bytes: "noise\r\n\r\n", hears: false },
  { name: "a large answer, not read", bytes: GET(asset).repeat(20), hears: true },
  { name: "a stream", bytes: GET("/events/calls"), hears: true },
  { name: "a stream from the start, not read", bytes: GET("/events/calls?last_seq=0"), hears: true },
];

/** How a peer goes. */
const WAYS: Record<string, (socket: Socket) => void> = {
  "is reset": (socket) => { socket.resetAndDestroy(); },
  "is closed": (socket) => { socket.destroy(); },
  "is half closed, then reset": (socket) => { socket.end(() => { socket.resetAndDestroy(); }); },
};

async function visit(server: Server, bytes: string, hears: boolean, go: (socket: Socket) => void): Promise<void> {
  const socket = connect(portOf(server), "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  if (bytes !== "") await new Promise<void>((sent) => socket.write(bytes, () => { sent(); }));
  if (hears) await once(socket, "readable"); // and reads no more than what has come
  const gone = once(socket, "close");
  go(socket);
  if (!socket.closed) await gone;
}

describe("peers that end", () => {
  let server: Server;
  before(async () => {
    server = await startServer({ SQLITE_CACHE_MB: "2" }); // pages that are kept would hide a leak
  });
  after(() => server.remove());

  it("F111: at any stage leave nothing behind, and nobody else notices", async () => {
    const page = await (await fetch(`${server.url}/app/`)).text();
    const asset = new URL(/src="([^"]*index-[^"]+\.js)"/.exec(page)?.[1] ?? assert.fail("the interface is not built in"), `${server.url}/app/`).pathname;
    const visits = async (): Promise<void> => {
      for (const { bytes, hears } of stages(asset))
        for (const go of Object.values(WAYS)) await Promise.all(Array.from({ length: EACH }, () => visit(server, bytes, hears, go)));
    };

    const live = new Load(server, { senders: 4 });
    await live.reaches(100);
    const files = await sockets(server);
    await visits();
    await live.more(20);
    await live.end();
    assert.deepEqual(live.unanswered, { connections: 0, refusals: 0 }, "live traffic was hurt");

    // Without events, which are kept: free lists and buffers have their size by now.
    await settled(server);
    await visits();
    const memory = await residentMegabytes(server);
    for (let again = 0; again < ROUNDS; again++) await visits();

    await until("no stream is left", async () => ((await get<{ clients: number }>(server, "/events/stats")).clients === 0 ? true : undefined));
    await until("all connections are gone", async () => ((await sockets(server)) <= files ? true : undefined));
    const grown = (await residentMegabytes(server)) - memory;
    assert.ok(!MEMORY_TELLS || grown < GROWTH_MB, `grown by ${grown.toFixed(1)} MB`);
    await assertNothingLost(server, live);
    assert.ok(!/level=error/.test(server.output()), server.output());
  });
});
