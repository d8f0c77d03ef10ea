// A provider that sends calls until told to stop and notes what was acknowledged; and the audit that
// holds the store against its notes. The notes are also a file, in the format of `verify --acks`.
import assert from "node:assert/strict";
import { createWriteStream, mkdtempSync, type WriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type FeedPage, get, type InboxPage } from "./api.ts";
import { ACCOUNT_SID, OWNED_NUMBER, type Server } from "./server.ts";
import { audit, settled } from "./settled.ts";
import { type Door, newCallSid, type Params, post } from "./twilio.ts";
import { until } from "./wait.ts";

const STATUSES = ["initiated", "ringing", "in-progress", "completed"];
const BREATH_MS = 5;

function seconds({ Timestamp }: Params): string {
  return String(Date.parse(Timestamp ?? "") / 1000);
}

const KEYS: Record<Door, (p: Params) => (string | undefined)[]> = {
  "voice-inbound": (p) => ["inbound", p["CallSid"]],
  "voice-status": (p) => ["call", p["CallSid"], p["CallStatus"], seconds(p), p["SequenceNumber"]],
  "recording-status": (p) => ["recording", p["RecordingSid"], p["RecordingStatus"]],
  "dial-action": (p) => ["dial", p["CallSid"], p["DialCallSid"], p["DialCallStatus"]],
};

/** The identity of an event as the inbox keeps it. */
export function dedupeKey(door: Door, params: Params): string {
  return KEYS[door](params).join(":");
}

/** The same, of the status door. */
export function keyOf(params: Params): string {
  return dedupeKey("voice-status", params);
}

/** The callbacks of one answered call, in order. */
export function callbacksOf(CallSid: string): Params[] {
  return STATUSES.map((CallStatus, i) => ({
    AccountSid: ACCOUNT_SID,
    CallSid,
    CallStatus,
    From: `+1508514${String(parseInt(CallSid.slice(-4), 16) % 10_000).padStart(4, "0")}`,
    To: OWNED_NUMBER,
    Direction: "inbound",
    SequenceNumber: String(i),
    Timestamp: new Date().toUTCString().replace("GMT", "+0000"),
  }));
}

export type LoadOptions = {
  /** How many send at once, each one event after the other. */
  senders?: number;
  /** How long each rests after an event (milliseconds). */
  rest?: number;
  /** Whether an event without its 2xx is sent again until it has one, as a provider does. Else it is
   * given up, which leaves the store to say what became of it. */
  retry?: boolean;
  /** Behind a proxy, whose 502 is borne as well. */
  proxied?: boolean;
};

/** Sends from its making to its end(). A refused or broken connection and a 503 are borne; any other answer than 2xx is a
 * failure that end() throws. */
export class Load {
  /** Dedupe keys of what was acknowledged. */
  readonly acknowledged = new Set<string>();
  /** How often there was no answer, or one that is borne. */
  readonly unanswered = { connections: 0, refusals: 0 };
  /** The acknowledgement log, whole after end(). */
  readonly log: string;
  readonly #file: WriteStream;
  readonly #work: Promise<unknown>;
  readonly #retry: boolean;
  readonly #rest: number;
  readonly #borne: number[];
  #ended: Promise<void> | undefined;
  #stop = false;

  constructor(
    readonly server: Server,
    { senders = 16, rest = 0, retry = false, proxied = false }: LoadOptions = {},
  ) {
    this.log = join(mkdtempSync(join(tmpdir(), "hookswitch-load-")), "acks");
    this.#file = createWriteStream(this.log);
    this.#retry = retry;
    this.#rest = rest;
    this.#borne = proxied ? [502, 503] : [503];
    this.#work = Promise.all(Array.from({ length: senders }, () => this.#send()));
    this.#work.catch(() => undefined); // thrown by end()
  }

  async #send(): Promise<void> {
    while (!this.#stop) {
      for (const params of callbacksOf(newCallSid())) {
        while (!(await this.#accepted(params)) && this.#retry && !this.#stop);
        if (this.#rest > 0) await sleep(this.#rest);
      }
    }
  }

  async #accepted(params: Params): Promise<boolean> {
    const answer = await post(this.server, "voice-status", params).catch(() => undefined);
    if (answer?.ok) {
      this.#note(keyOf(params));
      return true;
    }
    if (!answer) this.unanswered.connections += 1;
    else if (this.#borne.includes(answer.status)) this.unanswered.refusals += 1;
    else throw new Error(`the door says ${String(answer.status)}: ${await answer.text()}`);
    await answer?.body?.cancel().catch(() => undefined);
    await sleep(BREATH_MS);
    return false;
  }

  #note(key: string): void {
    this.acknowledged.add(key);
    this.#file.write(`ack ${ACCOUNT_SID} ${key}\n`);
  }

  /** Waits until n events are acknowledged. */
  async reaches(n: number): Promise<void> {
    const reached = until(`${String(n)} are acknowledged`, () => (this.acknowledged.size >= n ? true : undefined));
    await Promise.race([reached, this.#work]); // whose failure is the better message
  }

  /** Waits until n more events are acknowledged than now. */
  more(n: number): Promise<void> {
    return this.reaches(this.acknowledged.size + n);
  }

  async #finish(): Promise<void> {
    await this.#work.finally(() => new Promise<void>((closed) => this.#file.end(closed)));
  }

  /** Lets the senders finish what is under way. May be repeated. */
  end(): Promise<void> {
    this.#stop = true;
    return (this.#ended ??= this.#finish());
  }

  /** Removes the log. May be repeated. */
  async remove(): Promise<void> {
    await rm(dirname(this.log), { recursive: true, force: true });
  }

  /** Both, where the test has failed: whatever became of it. */
  async drop(): Promise<void> {
    await this.end().catch(() => undefined);
    await this.remove();
  }
}

/** The dedupe keys in the inbox, read over the API. */
export async function keptKeys(server: Server): Promise<string[]> {
  const keys: string[] = [];
  for (let page = 1; ; page++) {
    const { events } = await get<InboxPage>(server, `/api/events?limit=100&page=${String(page)}`);
    if (events.length === 0) return keys;
    keys.push(...events.map((event) => event.dedupe_key));
  }
}

/** After the load has ended: all that was acknowledged is there once, and the store agrees with itself. */
export async function assertNothingLost(server: Server, load: Load): Promise<void> {
  const health = await settled(server);
  assert.equal(health.inbox.dead_letter, 0);
  const keys = await keptKeys(server);
  const kept = new Set(keys);
  assert.equal(keys.length, kept.size, "an event is there twice");
  const lost = [...load.acknowledged].filter((key) => !kept.has(key));
  assert.deepEqual(lost, [], "acknowledged and not there");
  await audit(server, load.log);
  await load.remove();
}

/** Walks the whole feed over the API: 1, 2, 3 … without a gap. How far it came. */
export async function feedIsDense(server: Server): Promise<number> {
  let last = 0;
  for (;;) {
    const page = await get<FeedPage>(server, `/api/events?after_seq=${String(last)}&limit=1000`);
    for (const { seq } of page.events) assert.equal(seq, ++last);
    if (!page.has_more) return last;
  }
}
