// A NATS server of the test's own, and somebody else on its bus.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { freePort } from "./server.ts";
import { until } from "./wait.ts";

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("data", () => socket.destroy() && resolve(true)).once("error", () => resolve(false));
  });

export class Nats {
  #child: ChildProcess | undefined;
  private constructor(readonly port: number) {}

  static async start(): Promise<Nats> {
    const nats = new Nats(await freePort());
    await nats.start();
    return nats;
  }

  get url(): string {
    return `nats://127.0.0.1:${String(this.port)}`;
  }

  async start(): Promise<void> {
    this.#child = spawn("nats-server", ["-a", "127.0.0.1", "-p", String(this.port)], { stdio: "ignore" });
    await until("the NATS server answers", async () => (await accepts(this.port)) || undefined);
  }

  async kill(): Promise<void> {
    if (!this.#child || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }

  /** Says something on the bus, in NATS's own words, and waits until the server has taken it. */
  async say(subject: string, ...texts: string[]): Promise<void> {
    const socket = connect(this.port, "127.0.0.1");
    let answers = "";
    socket.on("data", (data) => (answers += data.toString()));
    socket.write('CONNECT {"verbose":false}\r\n' + texts.map((text) => `PUB ${subject} ${String(Buffer.byteLength(text))}\r\n${text}\r\n`).join("") + "PING\r\n");
    await until("the NATS server has taken it", () => answers.includes("PONG") || undefined);
    socket.destroy();
  }
}
