// A provider's day in small: calls with their legs, dials and recordings through all four doors, at a steady
// rate; some events twice, some forged, some poisoned; and people who read.
import { ask } from "../lib/api.ts";
import { ACCOUNT_SID, OWNED_NUMBER, type Server } from "../lib/server.ts";
import { type Door, FakeCall, newCallSid, type Params, post } from "../lib/twilio.ts";
import { dedupeKey } from "../lib/load.ts";
import type { Notes } from "./notes.ts";

const TICK_MS = 20;
const CALLS_AT_ONCE = 100;
const IN_FLIGHT = 256;
const TWICE = 0.05;
const FORGED = 0.01;
const POISON = 0.001;
const READS_PER_SECOND = 10;
const READS = ["/api/conversations", "/api/calls", "/api/calls/active", "/api/events?limit=20", "/api/events?after_seq=0&limit=100", "/api/health/sync"];

type Event = { door: Door; params: Params };

/** The events of one call, in order: answered, missed, or only a status callback's life. */
async function eventsOf(server: Server, n: number): Promise<Event[]> {
  const events: Event[] = [];
  const note = (door: Door, params: Params): Promise<void> => {
    events.push({ door, params });
    return Promise.resolve();
  };
  const from = `+1508514${String(n % 10_000).padStart(4, "0")}`;
  const call = new FakeCall(server, from, OWNED_NUMBER, null, note);
  const leg = new FakeCall(server, from, "sip:dispatcher@abchomes.sip.us1.twilio.com", call, note);
  const answered = n % 4 !== 0;
  await call.arrives();
  for (const status of answered ? ["initiated", "ringing", "in-progress", "completed"] : ["ringing", "no-answer"]) await leg.status(status);
  await call.dialEnds(leg, answered ? "completed" : "no-answer");
  await call.status("completed", { CallDuration: "35" });
  if (answered) await call.recorded();
  return events;
}

export class Traffic {
  readonly counts = { sent: 0, refused: 0, failed: 0, forged: 0, twice: 0, poison: 0, reads: 0, late: 0 };
  /** Milliseconds of the posts since they were taken. */
  latencies: number[] = [];
  #calls: Event[][] = [];
  #n = 0;
  #inFlight = 0;
  #owed = 0;
  #owedReads = 0;
  #before = performance.now();
  readonly #timer: NodeJS.Timeout;
  #ended = false;

  constructor(
    readonly server: Server,
    readonly notes: Notes,
    readonly rate: number,
  ) {
    this.#timer = setInterval(() => {
      this.#tick();
    }, TICK_MS);
  }

  #tick(): void {
    const now = performance.now();
    const passed = (now - this.#before) / 1000;
    this.#before = now;
    this.#owed = Math.min(this.#owed + passed * this.rate, this.rate);
    this.#owedReads = Math.min(this.#owedReads + passed * READS_PER_SECOND, READS_PER_SECOND);
    for (; this.#owed >= 1; this.#owed--) {
      if (this.#inFlight < IN_FLIGHT) void this.#one();
      else this.counts.late += 1;
    }
    for (; this.#owedReads >= 1; this.#owedReads--) void this.#look();
  }

  async #one(): Promise<void> {
    this.#inFlight += 1;
    const chance = Math.random();
    if (chance < POISON) await this.#poison();
    else if (chance < POISON + FORGED) await this.#forge();
    else await this.#next(chance > 1 - TWICE);
    this.#inFlight -= 1;
  }

  async #next(twice: boolean): Promise<void> {
    while (this.#calls.length < CALLS_AT_ONCE) this.#calls.push(await eventsOf(this.server, this.#n++));
    const at = Math.floor(Math.random() * this.#calls.length);
    const event = this.#calls[at]?.shift();
    if (this.#calls[at]?.length === 0) this.#calls.splice(at, 1);
    if (!event) return;
    await this.#send(event);
    if (!twice) return;
    this.counts.twice += 1;
    await this.#send(event);
  }

  async #send({ door, params }: Event): Promise<void> {
    const started = performance.now();
    const answer = await post(this.server, door, params).catch(() => undefined);
    await answer?.arrayBuffer().catch(() => undefined);
    this.latencies.push(performance.now() - started);
    this.counts.sent += 1;
    if (answer?.ok) this.notes.ack(dedupeKey(door, params));
    else if (answer?.status === 503) this.counts.refused += 1;
    else this.counts.failed += 1;
  }

  async #poison(): Promise<void> {
    this.counts.poison += 1;
    const params = { AccountSid: ACCOUNT_SID, CallStatus: "completed", From: "+15085140320", To: OWNED_NUMBER, SequenceNumber: newCallSid() };
    const answer = await post(this.server, "voice-status", params).catch(() => undefined);
    if (!answer?.ok) this.counts.failed += 1;
  }

  async #forge(): Promise<void> {
    this.counts.forged += 1;
    const answer = await fetch(`${this.server.url}/webhooks/twilio/voice-status`, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": "AAAAAAAAAAAAAAAAAAAAAAAAAAA=" },
      body: `AccountSid=${ACCOUNT_SID}&CallSid=${newCallSid()}&CallStatus=ringing`,
    }).catch(() => undefined);
    await answer?.arrayBuffer().catch(() => undefined);
    if (answer?.status !== 403 && answer?.status !== 429) this.counts.failed += 1;
  }

  async #look(): Promise<void> {
    const path = READS[this.counts.reads++ % READS.length] ?? "/health";
    const { status } = await ask(this.server, path).catch(() => ({ status: 0 }));
    if (status !== 200) this.counts.failed += 1;
  }

  takeLatencies(): number[] {
    return this.latencies.splice(0).sort((a, b) => a - b);
  }

  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#timer);
    while (this.#inFlight > 0) await new Promise((next) => setTimeout(next, TICK_MS));
  }
}
