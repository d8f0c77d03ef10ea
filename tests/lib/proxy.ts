// A wire that can be cut: a TCP proxy that understands nothing of what it carries. A fault strikes
// when given bytes come along, or after so many of them; what carries them then goes no further.
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { onFreePort } from "./listen.ts";
import { until } from "./wait.ts";

export type Fault = {
  /** Strikes at the piece in which these bytes are, coming from the server … */
  sees?: string;
  /** … or at the piece with which this many bytes have come from it since now. */
  after?: number;
  /** Only on connections whose client has said this at some time. */
  on?: string;
  /** With `sees`: what comes up to their end goes through still, so that what they are in is torn. */
  torn?: true;
  /** cut: both ends are closed. stall: both stay open, and nothing comes through any more. refuse: every
   * wire is reset, and so is each that is tried, until allow(). */
  how: "cut" | "stall" | "refuse";
};

type Armed = Fault & { struck: boolean; bytes: number };

class Wire {
  said = ""; // by the client, its beginning
  stalled = false;
  #tail = Buffer.alloc(0);

  constructor(
    readonly client: Socket,
    readonly server: Socket,
    readonly faults: Set<Armed>,
    readonly hooks: { carried: (n: number) => void; refuse: () => void },
  ) {
    client.on("data", (bytes) => {
      if (this.said.length < 2048) this.said += bytes.toString("latin1");
      if (!this.stalled) server.write(bytes);
    });
    server.on("data", (bytes) => { this.#answer(bytes); });
    for (const end of [client, server]) end.on("error", () => { this.cut(); }).on("close", () => { this.cut(); });
  }

  #answer(bytes: Buffer): void {
    this.hooks.carried(bytes.length);
    for (const fault of this.faults)
      if (this.#strikes(fault, bytes)) {
        if (fault.torn === true) this.client.write(this.#upTo(fault.sees ?? "", bytes));
        this.#suffer(fault);
      }
    this.#tail = Buffer.concat([this.#tail, bytes]).subarray(-64); // a pattern may be torn in two
    if (!this.stalled && this.client.writable) this.client.write(bytes);
  }

  #upTo(seen: string, bytes: Buffer): Buffer {
    const known = Buffer.concat([this.#tail, bytes]);
    return bytes.subarray(0, known.indexOf(seen) + seen.length - this.#tail.length);
  }

  #strikes(fault: Armed, bytes: Buffer): boolean {
    if (fault.on !== undefined && !this.said.includes(fault.on)) return false;
    fault.bytes += bytes.length;
    if (fault.sees !== undefined) return Buffer.concat([this.#tail, bytes]).includes(fault.sees);
    return fault.bytes >= (fault.after ?? 0);
  }

  #suffer(fault: Armed): void {
    this.faults.delete(fault);
    fault.struck = true;
    if (fault.how === "cut" && fault.torn === true) this.client.destroySoon(); // behind what was written; the other end follows
    else if (fault.how === "cut") this.cut();
    else if (fault.how === "refuse") this.hooks.refuse();
    else this.stalled = true;
  }

  reset(): void {
    this.client.resetAndDestroy();
    this.server.destroy();
  }

  cut(): void {
    this.client.destroy();
    this.server.destroy();
  }
}

export class Proxy {
  readonly #faults = new Set<Armed>();
  readonly #wires = new Set<Wire>();
  #refuses = false;
  /** What has come from the server since it was opened. */
  bytes = 0;

  private constructor(
    readonly port: number,
    readonly close: () => Promise<void>,
  ) {}

  /** Listens on a free port of 127.0.0.1 and carries everything to that one. */
  static async open(to: { host: string; port: number }): Promise<Proxy> {
    const hooks = { carried: (n: number) => (proxy.bytes += n), refuse: () => { proxy.#refuse(); } };
    const listener = createServer((client) => {
      if (proxy.#refuses) {
        client.on("error", () => undefined).resetAndDestroy();
        return;
      }
      const wire = new Wire(client, connect(to.port, to.host), proxy.#faults, hooks);
      proxy.#wires.add(wire);
      client.once("close", () => proxy.#wires.delete(wire));
    });
    const proxy: Proxy = new Proxy(await onFreePort(listener), async () => {
      const closed = once(listener, "close");
      listener.close();
      for (const wire of proxy.#wires) wire.cut();
      await closed;
    });
    return proxy;
  }

  #refuse(): void {
    this.#refuses = true;
    for (const wire of this.#wires) wire.reset();
  }

  /** Ends a refusal. */
  allow(): void {
    this.#refuses = false;
  }

  /** Arms a fault, waits until it has struck. It strikes once. */
  async strike(fault: Fault): Promise<void> {
    const armed: Armed = { ...fault, struck: false, bytes: 0 };
    this.#faults.add(armed);
    await until(`the wire is ${fault.how} at ${fault.sees ?? String(fault.after)}`, () => (armed.struck ? true : undefined));
  }
}
