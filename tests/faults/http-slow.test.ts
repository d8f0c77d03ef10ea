// slowhttptest's attacks, all at once, beside live traffic. The deadlines are the server's own: header 10 s,
// body 500 B/s after 5 s, write 30 s and then 500 B/s, and 60 s before it looks whether an idle peer has taken what
// it was given. ATTACK_SECONDS and ATTACKERS make it longer.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { assertNothingLost, Load } from "../lib/load.ts";
import { portOf } from "../lib/raw.ts";
import { type Server, startServer } from "../lib/server.ts";
import { descriptors, MEMORY_TELLS, residentMegabytes } from "../lib/system.ts";
import { until } from "../lib/wait.ts";

const SECONDS = Number(process.env["ATTACK_SECONDS"] ?? 105);
const ATTACKERS = Number(process.env["ATTACKERS"] ?? 500);
const GROWTH_MB = 48;

/** Ten answers of 0.1 MB: the system takes all of it from the server, which has to see to it nevertheless. */
const LARGE = ["-k", "10", "-c", String(ATTACKERS / 5)];

const ATTACKS: Record<string, string[]> = {
  "F103 slow headers": ["-H", "-i", "5", "-t", "POST"],
  "F104 slow body": ["-B", "-i", "5", "-s", "60000", "-x", "10"],
  "F105 no read": ["-X", "-n", "5", "-w", "100", "-y", "500", "-z", "20", ...LARGE],
  "F105 slow read": ["-X", "-n", "1", "-w", "1000", "-y", "2000", "-z", "150", ...LARGE],
  "ranges": ["-R", "-a", "5", "-b", "3000"],
};

/** What the tool says at its end, without its colours. */
async function attack(url: string, args: string[]): Promise<string> {
  const all = ["-c", String(ATTACKERS), "-r", String(ATTACKERS), "-l", String(SECONDS), "-p", "3", "-v", "1", "-u", url, ...args];
  const { stdout } = await promisify(execFile)("slowhttptest", all, { maxBuffer: 64 * 1024 * 1024 });
  return stdout.replaceAll(/\x1b\[[0-9;]*[A-Za-z]/g, "");
}

/** A head that asks before it sends a body, and sends none. Gives the answers. */
async function asksAndIsSilent(server: Server): Promise<string> {
  const socket = connect(portOf(server), "127.0.0.1");
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  socket.on("error", () => undefined);
  socket.write("POST /api/events/reprocess HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 60000\r\n\r\n");
  await once(socket, "close");
  return text;
}

/** Connections, closed by the server or not, for which the system holds a large part of an answer. */
async function unread(server: Server): Promise<number> {
  const { stdout } = await promisify(execFile)("ss", ["-tnH", "sport", "=", `:${String(portOf(server))}`]);
  return stdout.split("\n").filter((line) => Number(line.trim().split(/\s+/)[2]) > 100_000).length;
}

describe("slow peers", () => {
  let server: Server;
  let script: string;
  before(async () => {
    server = await startServer();
    const page = await (await fetch(`${server.url}/app/`)).text();
    script = /src="([^"]*index-[^"]+\.js)"/.exec(page)?.[1] ?? assert.fail("the interface is not built in");
  });
  after(() => server.remove());

  it("F103 F104 F105 F109: are dropped by the deadlines, and all of the live traffic is served", async () => {
    const live = new Load(server, { senders: 4 });
    await live.reaches(100);
    const [files, memory] = [await descriptors(server), await residentMegabytes(server)];

    let [most, mostFiles, mostHeld, held] = [0, 0, 0, 0];
    let over = false;
    const looking = (async () => {
      while (!over) {
        most = Math.max(most, await residentMegabytes(server));
        mostFiles = Math.max(mostFiles, await descriptors(server));
        held = await unread(server);
        mostHeld = Math.max(mostHeld, held);
        await new Promise((next) => setTimeout(next, 100));
      }
    })();
    const silent = Promise.all(Array.from({ length: 50 }, () => asksAndIsSilent(server)));
    const target = (name: string): string => (name.startsWith("F105") ? new URL(script, `${server.url}/app/`).href : `${server.url}/api/events/reprocess`);
    const ends = await Promise.all(Object.entries(ATTACKS).map(async ([name, args]) => [name, await attack(target(name), args)] as const));
    over = true;
    await looking;
    await live.end();

    for (const answer of await silent) assert.match(answer, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 408 /);
    // The tool ends early when the server has closed every connection, else by its own clock.
    for (const [name, said] of ends.filter(([of]) => /^F10[34]/.test(of))) assert.match(said, /Exit status:\s+No open connections left/, `${name}: ${said.slice(-800)}`);
    console.log(`# ${String(live.acknowledged.size)} live events acknowledged; at most ${String(mostFiles - files)} attackers, ${(most - memory).toFixed(1)} MB`);
    // The tool does not look whether its slow readers are still there; the system knows.
    assert.ok(mostHeld > ATTACKERS / 5, `slow readers did not come: ${String(mostHeld)}`);
    assert.equal(held, 0, "answers that nobody takes are still held by the system");
    assert.ok(mostFiles - files > ATTACKERS, `the attack did not come: ${String(mostFiles - files)} connections`);
    assert.deepEqual(live.unanswered, { connections: 0, refusals: 0 });
    assert.ok(!MEMORY_TELLS || most - memory < GROWTH_MB, `grown by ${(most - memory).toFixed(1)} MB`);
    await until("the attackers are gone", async () => ((await descriptors(server)) <= files ? true : undefined));
    await assertNothingLost(server, live);
  });
});
