// A client of /events/calls that notes what it is told.
import assert, { AssertionError } from "node:assert/strict";
import { checkSchema } from "./openapi.ts";
import { API_KEY, type Server } from "./server.ts";
import { until } from "./wait.ts";

export type Frame = { id: string | null; event: string; data: { event: string; seq?: number; epoch?: string; data: Record<string, unknown> } };

const SCHEMAS: Record<string, string> = {
  connected: "StreamConnected",
  keepalive: "StreamKeepalive",
  resync: "StreamResync",
  ended: "StreamEnded",
  "call.created": "StreamCallEvent",
  "call.updated": "StreamCallEvent",
  "recording.updated": "StreamCallEvent",
};

function parse(block: string): Frame | undefined {
  const fields = new Map<string, string[]>();
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const name = line.slice(0, colon);
    fields.set(name, [...(fields.get(name) ?? []), line.slice(colon + 1).replace(/^ /, "")]);
  }
  const event = fields.get("event")?.[0];
  const data = fields.get("data");
  if (event === undefined || data === undefined) return undefined;
  return { id: fields.get("id")?.[0] ?? null, event, data: JSON.parse(data.join("\n")) as Frame["data"] };
}

export class Stream {
  readonly frames: Frame[] = [];
  ended = false;
  #failure: AssertionError | undefined;
  readonly #abort = new AbortController();

  /** Connects; every frame is held against its schema as it comes. */
  static async open(server: Server, query = "", headers: Record<string, string> = {}): Promise<Stream> {
    const stream = new Stream();
    const answer = await fetch(`${server.url}/events/calls${query}`, {
      headers: { Authorization: `Bearer ${API_KEY}`, ...headers },
      signal: stream.#abort.signal,
    });
    if (!answer.ok || !answer.body) throw new Error(`stream: ${String(answer.status)} ${await answer.text()}`);
    void stream.#read(answer.body);
    return stream;
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    try {
      for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
        rest += decoder.decode(chunk, { stream: true });
        const blocks = rest.split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) this.#note(block);
      }
    } catch (failure) {
      // A server that went away is no surprise to a test; a frame of the wrong shape is.
      if (failure instanceof AssertionError) this.#failure = failure;
    }
    this.ended = true;
  }

  #note(block: string): void {
    const frame = parse(block);
    if (!frame) return;
    const schema = SCHEMAS[frame.event];
    assert.ok(schema !== undefined, `an event that is not documented: ${frame.event}`);
    checkSchema(schema, frame.data);
    this.frames.push(frame);
  }

  /** Numbers of the events so far. */
  seqs(): number[] {
    if (this.#failure) throw this.#failure;
    return this.frames.flatMap(({ data }) => (data.seq === undefined ? [] : [data.seq]));
  }

  async first(event: string): Promise<Frame> {
    return until(`the stream says ${event}`, () => {
      this.seqs();
      return this.frames.find((frame) => frame.event === event);
    });
  }

  async reaches(seq: number): Promise<void> {
    await until(`the stream reaches ${String(seq)}, it is at ${String(this.seqs().at(-1))}`, () =>
      (this.seqs().at(-1) ?? 0) >= seq ? true : undefined,
    );
  }

  close(): void {
    this.#abort.abort();
  }
}
