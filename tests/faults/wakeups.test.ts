// Nodes that wake one another, by PostgreSQL and by NATS; and that nothing rests upon it.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { assertNothingLost, Load } from "../lib/load.ts";
import { METRICS_TOKEN, scrape, value } from "../lib/metrics.ts";
import { Nats } from "../lib/nats.ts";
import { type Cluster, psql, startCluster } from "../lib/postgres.ts";
import { Proxy } from "../lib/proxy.ts";
import { type Server, startServer } from "../lib/server.ts";
import { audit, settled } from "../lib/settled.ts";
import { Stream } from "../lib/stream.ts";
import { MEMORY_TELLS, residentMegabytes } from "../lib/system.ts";
import { FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

/** The long form: cut off for as long as nodes remember one another, and longer. */
const LONG = process.env["CHAOS"] === "long";
const FORGOTTEN_MS = 60_000;

const count = (node: Server, what: RegExp): number => [...node.output().matchAll(new RegExp(what, "g"))].length;

/** Waits until it has said so once more than before. */
async function says(node: Server, what: RegExp, before: number): Promise<void> {
  await until(`a node says ${String(what)}`, () => count(node, what) > before || undefined);
}

const DISCONNECTED = /wake\.disconnected/;
const COMPANY = /wake\.company/;
const INBOX = /wake\.heard .*inbox=1/;
const FEED = /wake\.heard .*feeds=[1-9]/;

/** The one takes webhooks and shows, the other works. */
class Pair {
  constructor(
    readonly door: Server,
    readonly worker: Server,
  ) {}

  static async start(cluster: Cluster, env: NodeJS.ProcessEnv = {}): Promise<Pair> {
    const own = { DATABASE_URL: cluster.url, LOG_LEVEL: "debug", LOG_FORMAT: "logfmt", ...env };
    return new Pair(await startServer(own, ["--roles=door,api,hub"]), await startServer(own, ["--roles=worker,api"]));
  }

  async know(): Promise<void> {
    await says(this.door, COMPANY, 0);
    await says(this.worker, COMPANY, 0);
  }

  /** A call comes in at the one, is worked on by the other, and is seen at the first. */
  async call(): Promise<void> {
    const stream = await Stream.open(this.door);
    const call = new FakeCall(this.door, "+15085140320");
    await call.arrives();
    await until("the call is seen", () => stream.frames.find(({ data }) => JSON.stringify(data).includes(call.sid)));
    stream.close();
  }

  async callWithHints(): Promise<void> {
    const heard = [count(this.worker, INBOX), count(this.door, FEED)] as const;
    await this.call();
    await says(this.worker, INBOX, heard[0]);
    await says(this.door, FEED, heard[1]);
  }

  async hearsAgain(): Promise<void> {
    await until("hints are heard again", async () => {
      const before = [count(this.worker, INBOX), count(this.door, FEED)] as const;
      await this.call();
      return (count(this.worker, INBOX) > before[0] && count(this.door, FEED) > before[1]) || undefined;
    });
  }

  /** Neither tells anything any more, as nobody has been heard of for half a minute. */
  async isAlone(): Promise<true | undefined> {
    const company = await Promise.all([this.door, this.worker].map(async (node) => value(await scrape(node), "wakeups_in_company")));
    return company.every((others) => others === 0) || undefined;
  }

  async remove(): Promise<void> {
    await settled(this.door);
    await audit(this.worker);
    await this.door.remove();
    await this.worker.remove();
  }
}

describe("nodes wake one another", () => {
  let cluster: Cluster;
  before(async () => (cluster = await startCluster()));
  after(() => cluster.remove());

  it("by PostgreSQL; F067: and do without while nobody listens", async () => {
    const pair = await Pair.start(cluster);
    await pair.know();
    await pair.callWithHints();
    await psql(cluster.url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND (query LIKE 'LISTEN%' OR query LIKE '%pg_notify%')");
    await pair.call();
    await pair.hearsAgain();
    await cluster.stop();
    await says(pair.worker, /wake\.deaf/, 0);
    await cluster.start();
    await says(pair.worker, /wake\.hears/, 0);
    await settled(pair.door); // which is back as well
    await pair.hearsAgain();
    await pair.remove();
  });

  it("a node that is alone tells nothing but that it is there", async () => {
    const alone = await startServer({ DATABASE_URL: cluster.url, LOG_LEVEL: "debug" });
    await new FakeCall(alone, "+15085140321").arrives();
    await settled(alone);
    assert.equal(count(alone, /wake\.(heard|company|deaf)/), 0);
    await alone.remove();
  });

  it("F063: by NATS, whose death costs nothing", async () => {
    const nats = await Nats.start();
    const pair = await Pair.start(cluster, { NATS_URL: nats.url });
    await pair.know();
    await pair.callWithHints();
    await nats.kill();
    await says(pair.worker, DISCONNECTED, 0);
    await pair.call();
    const connected = [count(pair.door, /wake\.connected/), count(pair.worker, /wake\.connected/)] as const;
    await nats.start();
    await says(pair.door, /wake\.connected/, connected[0]);
    await says(pair.worker, /wake\.connected/, connected[1]);
    await pair.callWithHints();
    await pair.remove();
    await nats.kill();
  });

  it("F064: a node that the bus is cut off from works on under load, loses nothing, and hears again", async () => {
    const nats = await Nats.start();
    const wire = await Proxy.open({ host: "127.0.0.1", port: nats.port });
    const pair = await Pair.start(cluster, { NATS_URL: `nats://127.0.0.1:${String(wire.port)}`, METRICS_TOKEN });
    await pair.know();
    const load = new Load(pair.door, { senders: 4, rest: LONG ? 50 : 0 });
    await load.reaches(100);
    await wire.strike({ how: LONG ? "refuse" : "stall", after: 1 }); // of both, or of one of the two
    await load.more(400);
    await until("it is noticed", () => count(pair.door, DISCONNECTED) + count(pair.worker, DISCONNECTED) > 0 || undefined);
    if (LONG) {
      await until("they have forgotten one another", () => pair.isAlone(), FORGOTTEN_MS);
      await load.more(400);
      wire.allow();
    }
    await load.end();
    await assertNothingLost(pair.door, load);
    await pair.hearsAgain();
    await pair.remove();
    await wire.close();
    await nats.kill();
  });

  it("F067: a node that does not take its hints for a while is not waited for, stays small, and hears again", async () => {
    const nats = await Nats.start();
    const pair = await Pair.start(cluster, { NATS_URL: nats.url });
    await pair.know();
    await pair.callWithHints();
    const before = await residentMegabytes(pair.worker);
    process.kill(pair.worker.pid(), "SIGSTOP");
    for (let round = 0; round < 100; round += 1) await nats.say("hookswitch.hints", ...Array.from({ length: 1000 }, (_, i) => `1 stranger inbox feed:1:${String(round * 1000 + i)}`));
    process.kill(pair.worker.pid(), "SIGCONT");
    await pair.hearsAgain();
    const after = await residentMegabytes(pair.worker);
    const heard = count(pair.worker, /wake\.heard node=stranger/);
    console.log(`# of 100,000 hints ${String(heard)} were heard; ${before.toFixed(0)} MB before, ${after.toFixed(0)} MB after`);
    assert.ok(heard === 100_000 || count(pair.worker, /wake\.(missed|disconnected)/) > 0, "what was dropped is told");
    if (MEMORY_TELLS) assert.ok(after - before < 64, `${before.toFixed(0)} MB before, ${after.toFixed(0)} MB after`);
    await pair.remove();
    await nats.kill();
  });

  it("F066: what is said twice, or by somebody else, does nothing twice", async () => {
    const nats = await Nats.start();
    const pair = await Pair.start(cluster, { NATS_URL: nats.url });
    await pair.know();
    const feed = "1 stranger inbox feed:1:999999999 feed:424242:7";
    await nats.say("hookswitch.hints", feed, feed, feed, "1 stranger hello", "2 later inbox", "", "\u0000\u0001", "x".repeat(100_000));
    await says(pair.door, /wake\.heard node=stranger .*feeds=2/, 2);
    await pair.callWithHints();
    await pair.remove();
    await nats.kill();
  });

  it("starts and works while NATS is not there", async () => {
    const pair = await Pair.start(cluster, { NATS_URL: "nats://127.0.0.1:1" });
    await pair.call();
    await pair.remove();
  });

  it("refuses an address that is none", async () => {
    await assert.rejects(startServer({ DATABASE_URL: cluster.url, NATS_URL: "localhost:4222" }), /NATS_URL: write nats:/);
  });
});
