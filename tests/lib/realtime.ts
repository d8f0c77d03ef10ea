// A client of /realtime/stream that notes what it is told, by either protocol; the WebSocket is npm's `ws`.
import assert, { AssertionError } from "node:assert/strict";
import { text } from "node:stream/consumers";
import WebSocket from "ws";
import { checkSchema } from "./openapi.ts";
import { API_KEY, type Server } from "./server.ts";
import { until } from "./wait.ts";

export type Kind = "sse" | "ws";
export type Message = { type: string; seq?: number; epoch?: string; [member: string]: unknown };
export type Way = {
  query?: string;
  headers?: Record<string, string>;
  key?: string | null;
  /** Instead of the server's own. */
  port?: number;
};

const SCHEMAS: Record<string, string> = {
  "feed.connected": "RealtimeConnected",
  "feed.keepalive": "RealtimeKeepalive",
  "job.progress": "RealtimeProgress",
  "feed.position": "RealtimePosition",
  "feed.resync": "RealtimeResync",
  "feed.subscribed": "RealtimeSubscribed",
  "feed.error": "RealtimeError",
  "feed.ended": "RealtimeEnded",
};

/** What is left of a message's frame of server-sent events; its id must be the message's own place. */
function unframed(block: string): string | undefined {
  const data = /^data: (.*)$/m.exec(block)?.[1];
  const id = /^id: (.*)$/m.exec(block)?.[1];
  if (data === undefined) return undefined;
  const { seq, epoch } = JSON.parse(data) as Message;
  assert.equal(id, seq === undefined ? undefined : `${String(epoch)}:${String(seq)}`);
  return data;
}

export class Realtime {
  /** All but keepalives. */
  readonly messages: Message[] = [];
  /** How it ended: the code of a Close, or of a stream 0. */
  ended: { code: number; reason: string } | undefined;
  #failure: AssertionError | undefined;
  readonly #abort = new AbortController();
  #socket: WebSocket | undefined;

  /** Connects; every message is held against its schema as it comes. */
  static async open(server: Server, kind: Kind, way: Way = {}): Promise<Realtime> {
    const { query = "", key = API_KEY, port } = way;
    const client = new Realtime();
    const url = new URL(`/realtime/stream${query}`, server.url);
    if (port !== undefined) url.port = String(port);
    const headers = { ...(key !== null && { Authorization: `Bearer ${key}` }), ...way.headers };
    await (kind === "sse" ? client.#stream(url, headers) : client.#upgrade(url, headers));
    return client;
  }

  async #stream(url: URL, headers: Record<string, string>): Promise<void> {
    const answer = await fetch(url, { headers, signal: this.#abort.signal });
    if (!answer.ok || !answer.body) throw new Error(`stream: ${String(answer.status)} ${await answer.text()}`);
    assert.equal(answer.headers.get("content-type"), "text/event-stream; charset=utf-8");
    void this.#read(answer.body);
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    try {
      for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
        rest += decoder.decode(chunk, { stream: true });
        const blocks = rest.split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) this.#note(unframed(block));
      }
    } catch (failure) {
      // A server that went away is no surprise to a test; a message of the wrong shape is.
      if (failure instanceof AssertionError) this.#failure = failure;
    }
    this.ended = { code: 0, reason: "" };
  }

  async #upgrade(url: URL, headers: Record<string, string>): Promise<void> {
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url, { headers, perMessageDeflate: false });
    this.#socket = socket;
    socket.on("message", (data, binary) => {
      assert.equal(binary, false);
      this.#note((data as Buffer).toString());
    });
    socket.on("close", (code, reason) => { this.ended = { code, reason: reason.toString() }; });
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("unexpected-response", (_, answer) => {
        void text(answer).then((body) => { reject(new Error(`stream: ${String(answer.statusCode)} ${body}`)); });
      });
      socket.on("error", reject);
    });
  }

  #note(said: string | undefined): void {
    if (said === undefined) return;
    const message = JSON.parse(said) as Message;
    try {
      checkSchema(SCHEMAS[message.type] ?? "Envelope", message);
    } catch (failure) {
      this.#failure = failure as AssertionError;
    }
    if (message.type !== "feed.keepalive") this.messages.push(message); // which may come at any time
  }

  /** Numbers of the events so far. */
  seqs(): number[] {
    if (this.#failure) throw this.#failure;
    return this.messages.flatMap(({ type, seq }) => (seq === undefined || type.startsWith("feed.") ? [] : [seq]));
  }

  types(): string[] {
    return [...new Set(this.messages.map(({ type }) => type).filter((type) => !type.startsWith("feed.")))];
  }

  /** The first message of this type behind the first `from` messages. */
  async first(type: string, from = 0): Promise<Message> {
    return until(`the stream says ${type}; it said ${this.messages.map((m) => m.type).join(" ")}`, () => {
      this.seqs();
      return this.messages.slice(from).find((message) => message.type === type);
    });
  }

  async reaches(seq: number): Promise<void> {
    await until(`the stream reaches ${String(seq)}, it is at ${String(this.seqs().at(-1))}`, () =>
      (this.seqs().at(-1) ?? 0) >= seq ? true : undefined,
    );
  }

  async end(): Promise<{ code: number; reason: string }> {
    return until("the stream ends", () => this.ended);
  }

  say(message: unknown): void {
    this.#socket?.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  sayBytes(bytes: Buffer): void {
    this.#socket?.send(bytes);
  }

  close(): void {
    this.#abort.abort();
    this.#socket?.terminate();
  }
}
