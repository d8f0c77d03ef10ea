// A name server of one's own, for one process: it knows every name, until it is told to be silent.
import { createSocket, type RemoteInfo } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server as Listener } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The port is fixed; so the address is this process's alone. */
const ADDRESS = `127.77.${String((process.pid >> 8) & 255)}.${String(process.pid & 255)}`;
const TYPE_A = 1;

/** `one`: every name is 127.0.0.1 and has no other address. `many`: that, behind others where nobody listens;
 *  `thousand`: the same, which takes a connection. `failure`: SERVFAIL. */
export type Knowledge = "one" | "many" | "thousand" | "failure";

const OTHERS: Record<Knowledge, number> = { one: 0, many: 20, thousand: 999, failure: 0 };
const DATAGRAM_MAX = 512;
const SERVFAIL = 2;
const TRUNCATED = 2;

/** 127.0.0.1, or another of this machine; valid for 0 s. */
const address = (...last: [high: number, low: number]): Buffer => Buffer.from([0xc0, 12, 0, TYPE_A, 0, 1, 0, 0, 0, 0, 0, 4, 127, ...(last[0] + last[1] === 0 ? [0, 0, 1] : [99, ...last])]);

/** `room`: bytes that fit; an answer that is larger says so, and holds nothing. */
function answer(question: Buffer, knows: Knowledge, room: number): Buffer {
  const end = question.indexOf(0, 12) + 5; // name, type, class
  const asked = question.subarray(12, end);
  const isA = asked.readUInt16BE(asked.length - 4) === TYPE_A;
  const others = Array.from({ length: OTHERS[knows] }, (_, i) => address((i + 1) >> 8, (i + 1) & 255));
  const found = isA && knows !== "failure" ? [...others, address(0, 0)] : [];
  const fits = 12 + asked.length + found.length * address(0, 0).length <= room;
  const n = fits ? found.length : 0;
  const head = Buffer.from([question[0] ?? 0, question[1] ?? 0, 0x81 + (fits ? 0 : TRUNCATED), 0x80 + (knows === "failure" ? SERVFAIL : 0), 0, 1, n >> 8, n & 255, 0, 0, 0, 0]);
  return Buffer.concat([head, asked, ...found.slice(0, n)]);
}

/** Why there can be none here; false when there can. */
export const NO_NAME_SERVER = process.getuid?.() !== 0 && "takes root";

export type NameServer = {
  silent: boolean;
  knows: Knowledge;
  /** For how long it thinks about each answer. */
  slowMs: number;
  /** Questions, whatever came of them. */
  asked: number;
  /** Questions that got no answer. */
  unanswered: number;
  /** Before a command: what it executes asks this name server. Takes root. */
  by: string[];
  close: () => Promise<void>;
};

/** Over a connection each question and answer has its length before it; questions come whole, several at once. */
async function listen(server: NameServer): Promise<Listener> {
  const listener = createServer((connection) => {
    connection.on("error", () => undefined); // whoever asked has gone
    connection.on("data", (questions) => {
      for (let at = 0; at + 2 <= questions.length && !server.silent; at += 2 + questions.readUInt16BE(at)) {
        server.asked += 1;
        const given = answer(questions.subarray(at + 2), server.knows, 0xffff);
        setTimeout(() => connection.write(Buffer.concat([Buffer.from([given.length >> 8, given.length & 255]), given])), server.slowMs);
      }
    });
  }).listen(53, ADDRESS);
  await once(listener, "listening");
  return listener;
}

export async function startNameServer(): Promise<NameServer> {
  const directory = await mkdtemp(join(tmpdir(), "hookswitch-dns-"));
  const file = join(directory, "resolv.conf");
  await writeFile(file, `nameserver ${ADDRESS}\n`);
  const socket = createSocket("udp4").bind(53, ADDRESS);
  await once(socket, "listening");
  let closed = false;
  const server: NameServer = {
    silent: false,
    knows: "one",
    slowMs: 0,
    asked: 0,
    unanswered: 0,
    by: ["unshare", "--mount", "sh", "-c", `mount --bind ${file} /etc/resolv.conf && exec "$@"`, "sh"],
    close: async () => {
      const ended = Promise.all([once(socket, "close"), once(listener, "close")]);
      closed = true;
      socket.close();
      listener.close();
      await ended;
      await rm(directory, { recursive: true });
    },
  };
  const listener = await listen(server);
  const send = (given: Buffer, to: RemoteInfo): void => {
    if (!closed) socket.send(given, to.port, to.address);
  };
  socket.on("message", (question, from) => {
    server.asked += 1;
    if (server.silent) server.unanswered += 1;
    else setTimeout(send, server.slowMs, answer(question, server.knows, DATAGRAM_MAX), from);
  });
  return server;
}
