// Clients of the live feed that come, go, come back where they left off, and are sometimes slow. Each notes
// which numbers it saw: a run of successive ones is one line.
import { get as request, Agent, type ClientRequest, type IncomingMessage } from "node:http";
import { API_KEY, type Server } from "../lib/server.ts";
import { until } from "../lib/wait.ts";
import type { Notes } from "./notes.ts";

const STAY_MS = 30_000; // on average
const SLOW_SHARE = 0.1;
const SLOW_MS = 3_000;
const BACK_AFTER_MS = 200;
const SEQ = /^id: ?(\d+)$/gm;
const EPOCH = /"epoch":"([^"]+)","last_seq":(\d+)/;
const agent = new Agent({ keepAlive: false, maxSockets: Infinity });

/** One person at one screen: the same client however often it connects. */
class Watcher {
  last = 0;
  #first = 0; // of the run that is not written yet
  #epoch = "";
  #request: ClientRequest | undefined;
  #rest = "";
  #timers: NodeJS.Timeout[] = [];

  constructor(
    readonly name: string,
    readonly server: Server,
    readonly notes: Notes,
    readonly team: Watchers,
  ) {}

  connect(): void {
    const from = this.#epoch === "" ? "" : `?last_seq=${String(this.last)}&epoch=${this.#epoch}`;
    this.#rest = "";
    this.#request = request(`${this.server.url}/events/calls${from}`, { agent, headers: { Authorization: `Bearer ${API_KEY}` } }, (answer) => {
      if (answer.statusCode !== 200) {
        answer.resume();
        this.team.refused += 1;
        return;
      }
      this.#watch(answer);
    });
    this.#request.once("close", () => {
      this.#gone();
    });
    this.#request.on("error", () => undefined); // closed follows
  }

  #watch(answer: IncomingMessage): void {
    answer.setEncoding("latin1");
    answer.on("data", (text: string) => {
      this.#read(text);
    });
    answer.on("error", () => undefined);
    if (Math.random() < SLOW_SHARE) this.#after(Math.random() * STAY_MS, () => this.#dawdle(answer));
    if (!this.team.ending) this.#after(-Math.log(Math.random()) * STAY_MS, () => this.#request?.destroy());
  }

  /** Reads nothing for a while: what waits for it is the server's to bound. */
  #dawdle(answer: IncomingMessage): void {
    answer.pause();
    this.#after(SLOW_MS, () => answer.resume());
  }

  #after(ms: number, what: () => void): void {
    this.#timers.push(setTimeout(what, ms));
  }

  #read(text: string): void {
    this.#rest += text;
    const end = this.#rest.lastIndexOf("\n\n");
    if (end < 0) return;
    const frames = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end + 2);
    if (frames.includes("event: resync")) this.team.resyncs += 1;
    if (frames.includes("event: connected") || frames.includes("event: resync")) this.#greeted(frames);
    for (const [, seq] of frames.matchAll(SEQ)) this.#saw(Number(seq));
  }

  #greeted(frames: string): void {
    const [, epoch = "", last = ""] = EPOCH.exec(frames) ?? [];
    if (epoch === this.#epoch || epoch === "") return;
    this.flush();
    this.#epoch = epoch;
    this.last = Number(last);
    this.notes.line("from", this.name, epoch, this.last);
  }

  #saw(seq: number): void {
    this.team.seen += 1;
    if (seq !== this.last + 1) this.flush();
    if (this.#first === 0) this.#first = seq;
    this.last = seq;
  }

  flush(): void {
    if (this.#first > 0) this.notes.line("saw", this.name, this.#epoch, `${String(this.#first)}-${String(this.last)}`);
    this.#first = 0;
  }

  #gone(): void {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
    if (!this.team.over) this.#after(BACK_AFTER_MS, () => this.connect());
    this.team.connections += 1;
  }

  leave(): void {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
    this.#request?.destroy();
  }
}

export class Watchers {
  seen = 0;
  resyncs = 0;
  refused = 0;
  connections = 0;
  ending = false;
  over = false;
  readonly #all: Watcher[];

  constructor(server: Server, notes: Notes, n: number) {
    this.#all = Array.from({ length: n }, (_, i) => new Watcher(`client-${String(i)}`, server, notes, this));
    for (const watcher of this.#all) watcher.connect();
  }

  /** Nobody goes any more; waits, as long as they come nearer, until all have seen the last event, and says
   * so in the log. */
  async end(lastSeq: number, notes: Notes): Promise<void> {
    this.ending = true;
    const behind = (): number => this.#all.filter(({ last }) => last < lastSeq).length;
    while (behind() > 0) {
      const seen = this.seen;
      await until(`${String(behind())} clients see more, up to event ${String(lastSeq)}`, () => (this.seen > seen || behind() === 0 ? true : undefined));
    }
    this.over = true;
    for (const watcher of this.#all) {
      watcher.flush();
      notes.line("end", watcher.name);
      watcher.leave();
    }
  }
}
