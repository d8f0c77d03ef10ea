// Thousands of connections that do nothing, held by processes of their own: each has its own descriptors.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import type { Server } from "./server.ts";
import { portOf } from "./raw.ts";

const AT_ONCE = 100;

export class Crowd {
  private constructor(readonly n: number, readonly child: ChildProcess) {}

  /** Resolves when all are connected, from this address of the loopback network. */
  static async gather(server: Server, n: number, from: string): Promise<Crowd> {
    const child = fork(fileURLToPath(import.meta.url), [String(portOf(server)), String(n), from]);
    const died = once(child, "exit").then(() => ["it ended"]);
    const [said] = (await Promise.race([once(child, "message"), died])) as [string];
    if (said !== "connected") throw new Error(`the crowd of ${from}: ${said}`);
    return new Crowd(n, child);
  }

  /** All of them close, at once. */
  async leave(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await gone;
  }
}

// --- in the process of its own -------------------------------------------------------------------

const kept: Socket[] = [];

async function connectOne(port: number, localAddress: string): Promise<void> {
  const socket = connect({ port, host: "127.0.0.1", localAddress });
  kept.push(socket);
  await once(socket, "connect");
  socket.on("error", () => undefined);
  socket.pause();
}

async function connectAll(port: number, n: number, from: string): Promise<void> {
  let left = n;
  const work = async (): Promise<void> => {
    while (left-- > 0) await connectOne(port, from);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

if (process.send && process.argv[1] === fileURLToPath(import.meta.url)) {
  const [port, n, from] = process.argv.slice(2);
  process.once("disconnect", () => process.exit(0)); // never outlives the test
  connectAll(Number(port), Number(n), from ?? "127.0.0.1").then(
    () => process.send?.("connected"),
    (failure: unknown) => process.send?.(String(failure)),
  );
}
