// A name server of one's own, for one process: it knows every name, until it is told to be silent.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ADDRESS = "127.77.53.1"; // the port is fixed; so it is one of ours that nobody else has
const TYPE_A = 1;

/** Every name is 127.0.0.1 and has no other address. */
function answer(question: Buffer): Buffer {
  const end = question.indexOf(0, 12) + 5; // name, type, class
  const asked = question.subarray(12, end);
  const isA = asked.readUInt16BE(asked.length - 4) === TYPE_A;
  const head = Buffer.from([question[0] ?? 0, question[1] ?? 0, 0x81, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0]);
  const found = Buffer.from([0xc0, 12, 0, TYPE_A, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1]); // valid for 0 s
  return Buffer.concat([head, asked, ...(isA ? [found] : [])]);
}

export type NameServer = {
  silent: boolean;
  /** Questions that got no answer. */
  unanswered: number;
  /** Before a command: what it executes asks this name server. Takes root. */
  by: string[];
  close: () => Promise<void>;
};

export async function startNameServer(): Promise<NameServer> {
  const directory = await mkdtemp(join(tmpdir(), "hookswitch-dns-"));
  const file = join(directory, "resolv.conf");
  await writeFile(file, `nameserver ${ADDRESS}\n`);
  const socket = createSocket("udp4").bind(53, ADDRESS);
  await once(socket, "listening");
  const server: NameServer = {
    silent: false,
    unanswered: 0,
    by: ["unshare", "--mount", "sh", "-c", `mount --bind ${file} /etc/resolv.conf && exec "$@"`, "sh"],
    close: async () => {
      const closed = once(socket, "close");
      socket.close();
      await closed;
      await rm(directory, { recursive: true });
    },
  };
  socket.on("message", (question, from) => {
    if (server.silent) server.unanswered += 1;
    else socket.send(answer(question), from.port, from.address);
  });
  return server;
}
