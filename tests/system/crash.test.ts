// kill -9 under load: what was acknowledged is there exactly once, and the store agrees with itself.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type FeedPage, get, type InboxPage } from "../lib/api.ts";
import { ACCOUNT_SID, OWNED_NUMBER, type Server, startServer } from "../lib/server.ts";
import { audit, settled } from "../lib/settled.ts";
import { newCallSid, type Params, post } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const SENDERS = 16;
const STATUSES = ["initiated", "ringing", "in-progress", "completed"];

/** The identity of an event as the inbox keeps it. */
function keyOf({ CallSid, CallStatus, Timestamp, SequenceNumber }: Params): string {
  return `call:${CallSid ?? ""}:${CallStatus ?? ""}:${String(Date.parse(Timestamp ?? "") / 1000)}:${SequenceNumber ?? ""}`;
}

/** A provider that sends calls until told to stop, and notes what was acknowledged. */
class Load {
  readonly acknowledged = new Set<string>();
  #stop = false;
  #work: Promise<unknown>;

  constructor(readonly server: Server) {
    this.#work = Promise.all(Array.from({ length: SENDERS }, () => this.#send()));
  }

  async #send(): Promise<void> {
    while (!this.#stop) {
      const CallSid = newCallSid();
      for (const [i, CallStatus] of STATUSES.entries()) {
        const params: Params = {
          AccountSid: ACCOUNT_SID,
          CallSid,
          CallStatus,
          From: `+1508514${String(parseInt(CallSid.slice(-4), 16) % 10_000).padStart(4, "0")}`,
          To: OWNED_NUMBER,
          Direction: "inbound",
          SequenceNumber: String(i),
          Timestamp: new Date().toUTCString().replace("GMT", "+0000"),
        };
        const answer = await post(this.server, "voice-status", params).catch(() => undefined);
        if (answer?.status === 204) this.acknowledged.add(keyOf(params));
        else if (!answer) await new Promise((next) => setTimeout(next, 5));
      }
    }
  }

  async reaches(n: number): Promise<void> {
    await until(`${String(n)} are acknowledged`, () => (this.acknowledged.size >= n ? true : undefined));
  }

  async end(): Promise<void> {
    this.#stop = true;
    await this.#work;
  }
}

async function keptKeys(server: Server): Promise<string[]> {
  const keys: string[] = [];
  for (let page = 1; ; page++) {
    const { events } = await get<InboxPage>(server, `/api/events?limit=100&page=${String(page)}`);
    if (events.length === 0) return keys;
    keys.push(...events.map((event) => event.dedupe_key));
  }
}

async function assertNothingLost(server: Server, load: Load): Promise<void> {
  const health = await settled(server);
  assert.equal(health.inbox.dead_letter, 0);
  const keys = await keptKeys(server);
  const kept = new Set(keys);
  assert.equal(keys.length, kept.size, "an event is there twice");
  const lost = [...load.acknowledged].filter((key) => !kept.has(key));
  assert.deepEqual(lost, [], "acknowledged and not there");
  await audit(server);
}

async function pagesAreDense(server: Server): Promise<void> {
  let after_ = 0;
  for (;;) {
    const page = await get<FeedPage>(server, `/api/events?after_seq=${String(after_)}&limit=1000`);
    for (const { seq } of page.events) assert.equal(seq, ++after_);
    if (!page.has_more) return;
  }
}

describe("a crash", () => {
  let server: Server;
  before(async () => {
    server = await startServer();
  });
  after(() => server.remove());

  it("loses nothing that was acknowledged, applies nothing twice, leaves no gap; five times", async () => {
    const load = new Load(server);
    for (let i = 1; i <= 5; i++) {
      await load.reaches(i * 200);
      await server.kill();
      await server.start();
    }
    await load.reaches(1200);
    await load.end();
    await assertNothingLost(server, load);
    await pagesAreDense(server);
  });

  it("is told apart from an orderly end: SIGTERM under load drains and exits in time", async () => {
    const load = new Load(server);
    await load.reaches(100);
    await server.restart();
    await load.reaches(200);
    await load.end();
    await assertNothingLost(server, load);
  });
});
