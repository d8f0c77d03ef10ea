// Several nodes behind the proxy: the nodes of compose.yml with their roles, Caddy with the file of deploy/, by TLS.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { appendFile, readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { request } from "node:https";
import { resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import twilio from "twilio";
import { ask, get, type SyncHealth } from "../lib/api.ts";
import { Arrangement, nodesOf, readCompose } from "../lib/arrangement.ts";
import { Caddy } from "../lib/caddy.ts";
import { healthIs } from "../lib/health.ts";
import { listen } from "../lib/listen.ts";
import { assertNothingLost, feedIsDense, Load } from "../lib/load.ts";
import { METRICS_TOKEN } from "../lib/metrics.ts";
import { type Cluster, startCluster } from "../lib/postgres.ts";
import { type Kind, Realtime } from "../lib/realtime.ts";
import { ACCOUNT_SID, API_KEY, AUTH_TOKEN, OWNED_NUMBER, type Server, startServer } from "../lib/server.ts";
import { settled, tool } from "../lib/settled.ts";
import { FakeCall, newCallSid, type Params, post } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const README = resolve(import.meta.dirname, "../../deploy/README.md");
const SENDERS = 16;
const FRONT = ["--roles=door,api,hub"];
const POSTGRES = process.env["STORE"] === "postgres";

function ringing(): Params {
  return { AccountSid: ACCOUNT_SID, CallSid: newCallSid(), CallStatus: "ringing", From: "+15085140320", To: OWNED_NUMBER, SequenceNumber: "0" };
}

/** Somebody who forges, from an address of the loopback network, and says that it comes from another one. */
function forge(world: Server, from: string): Promise<number> {
  return new Promise((resolve, failed) => {
    const headers = { "Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "X-Forwarded-For": "203.0.113.9" };
    const url = new URL("/webhooks/twilio/voice-status", world.url);
    const asked = request(url, { method: "POST", headers, localAddress: from, family: 4 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on("error", failed).end(new URLSearchParams(ringing()).toString());
  });
}

/** Those of a node's process, as the system sees them. */
async function connectionsTo(database: string, node: Server): Promise<number> {
  const { stdout } = await promisify(execFile)("ss", ["-tnpH", "state", "established", `dport = :${new URL(database).port}`]);
  return stdout.split("\n").filter((line) => line.includes(`pid=${String(node.pid())},`)).length;
}

/** A reload closes the connections that wait, under the hands of whoever sends at that moment. */
const reloaded = ({ unanswered, acknowledged }: Load): string =>
  `measured: ${String(unanswered.connections)} connections of senders were closed by a reload, ${String(acknowledged.size)} events acknowledged`;

/** A client that connects again whenever it is cut off, and goes on where it was. */
class Follower {
  readonly parts: Realtime[] = [];
  #ending = false;
  #work: Promise<void>;

  private constructor(readonly world: Server, readonly kind: Kind, first: Realtime) {
    this.parts.push(first);
    this.#work = this.#follow();
  }

  static async begin(world: Server, kind: Kind): Promise<Follower> {
    return new Follower(world, kind, await Realtime.open(world, kind, { query: "?last_seq=0" }));
  }

  async #follow(): Promise<void> {
    while (!this.#ending) {
      const ended = await this.parts.at(-1)?.end().catch(() => undefined); // it may last
      if (this.#ending) return;
      if (!ended) continue;
      this.parts.push(await until("it is connected again", () => Realtime.open(this.world, this.kind, { query: this.#place() }).catch(() => undefined)));
    }
  }

  #place(): string {
    const last = this.parts.flatMap(({ messages }) => messages).findLast(({ type }) => !type.startsWith("feed."));
    return last ? `?last_seq=${String(last.seq)}&epoch=${String(last.epoch)}` : "?last_seq=0";
  }

  /** All that it was told, over every connection. */
  seqs(): number[] {
    return this.parts.flatMap((part) => part.seqs());
  }

  async ends(at: number): Promise<number[]> {
    await until(`a follower by ${this.kind} reaches ${String(at)}`, () => Number(this.seqs().at(-1)) >= at || undefined);
    this.#ending = true;
    this.parts.at(-1)?.close();
    await this.#work;
    return this.seqs();
  }
}

describe("several nodes behind the proxy", { skip: POSTGRES ? false : "SQLite has one node" }, () => {
  let cluster: Cluster;
  let nodes: Arrangement;
  let world: Server;
  before(async () => {
    cluster = await startCluster();
    nodes = await Arrangement.start(cluster.url, { METRICS_TOKEN });
    world = nodes.world;
  });
  after(async () => {
    try {
      await (nodes as Arrangement | undefined)?.remove();
    } finally {
      await cluster.remove();
    }
  });

  /** A front that was started anew may have a spool of its own still. */
  async function allSettled(): Promise<void> {
    for (const front of nodes.fronts) await settled(front);
  }

  it("takes what is signed for the public address, at every node, and refuses what is signed for a node's own", async () => {
    assert.equal((await post(world, "voice-status", ringing())).status, 204);
    for (const front of nodes.fronts) {
      const params = ringing();
      const signature = twilio.getExpectedTwilioSignature(AUTH_TOKEN, `${world.url}/webhooks/twilio/voice-status`, params);
      const headers = { "Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature };
      const answer = await fetch(`${front.url}/webhooks/twilio/voice-status`, { method: "POST", headers, body: new URLSearchParams(params) });
      assert.equal(answer.status, 204);
      assert.equal((await post(front, "voice-status", ringing())).status, 403);
    }
  });

  it("knows clients by their own address: neither the proxy's nor what they say", async () => {
    await until("the forger is slowed down", async () => (await forge(world, "127.0.0.2")) === 429 || undefined);
    assert.equal(await forge(world, "127.0.0.3"), 403);
    assert.equal((await post(world, "voice-status", ringing())).status, 204);
  });

  it("shows the metrics to nobody outside", async () => {
    const headers = { Authorization: `Bearer ${METRICS_TOKEN}` };
    assert.equal((await fetch(`${nodes.fronts[0]?.url ?? ""}/metrics`, { headers })).status, 200);
    assert.equal((await fetch(`${world.url}/metrics`, { headers })).status, 404);
  });

  it("every node says whether it is well, also one without an API", async () => {
    for (const node of nodes.nodes.values()) {
      assert.deepEqual(await (await fetch(`${node.url}/health`)).json(), { status: "healthy" });
      assert.equal((await tool(node, "health")).code, 0);
    }
  });

  for (const kind of ["sse", "ws"] as const)
    it(`passes a stream on as it comes, by ${kind}`, async () => {
      const stream = await Realtime.open(world, kind, { headers: { "Accept-Encoding": "gzip" } });
      await stream.first("feed.connected");
      await new FakeCall(world, "+15085140321").arrives();
      await stream.first("call.started");
      assert.equal(stream.ended, undefined);
      stream.close();
    });

  it("compresses pages, and no stream", async () => {
    const coding = async (path: string): Promise<string | null> => {
      const answer = await fetch(world.url + path, { headers: { Authorization: `Bearer ${API_KEY}`, "Accept-Encoding": "gzip" } });
      assert.equal(answer.status, 200);
      await answer.body?.cancel();
      return answer.headers.get("content-encoding");
    };
    assert.equal(await coding("/api/health/full"), "gzip");
    for (const path of ["/realtime/stream", "/events/calls"]) assert.equal(await coding(path), null);
  });

  it("kill -9 of one node after the other under load: nothing acknowledged is lost, streams go on without a gap", async (t) => {
    const followers = await Promise.all((["sse", "sse", "ws", "ws"] as const).map((kind) => Follower.begin(world, kind)));
    const load = new Load(world, { senders: SENDERS, retry: true, proxied: true });
    for (const name of ["node-a", "node-b", "worker"]) {
      await load.more(300);
      await nodes.node(name).kill();
      await load.more(300);
      await nodes.node(name).start();
    }
    await load.more(300);
    await load.end();
    await allSettled();
    const last = await feedIsDense(world);
    const all = Array.from({ length: last }, (_, i) => i + 1);
    for (const [i, follower] of followers.entries()) {
      const seqs = await follower.ends(last);
      assert.deepEqual(seqs, all);
      const epoch = String(follower.parts[0]?.messages[0]?.epoch);
      const client = `${ACCOUNT_SID} follower-${String(i)}`;
      await appendFile(load.log, `from ${client} ${epoch} 0\n${seqs.map((seq) => `saw ${client} ${epoch} ${String(seq)}\n`).join("")}end ${client}\n`);
    }
    assert.ok(followers.every(({ parts }) => parts.length > 1), "each was cut off");
    t.diagnostic(`measured: ${String(load.acknowledged.size)} acknowledged, ${String(load.unanswered.refusals)} answered 502 until the proxy had seen that a door was gone`);
    await assertNothingLost(world, load);
  });

  it("holds no more connections to PostgreSQL than deploy/README.md says", async (t) => {
    const said = new Map([...(await readFile(README, "utf8")).matchAll(/^\| `([a-z,]+)` \| (\d+) \|/gm)].map(([, roles = "", n]) => [`--roles=${roles}`, Number(n)]));
    const compose = new Map(nodesOf(await readCompose()));
    for (const front of nodes.fronts) await Promise.all(Array.from({ length: 50 }, () => get(front, "/api/calls?visibility=all")));
    for (const [name, node] of nodes.nodes) {
      const roles = compose.get(name)?.command?.at(-1) ?? "";
      const held = await connectionsTo(cluster.url, node);
      t.diagnostic(`measured: ${name} ${roles} holds ${String(held)}`);
      assert.ok(held <= (said.get(roles) ?? 0), `${name} ${roles}: ${String(held)}`);
    }
  });

  it("node by node, each led around while it is started anew: nobody is refused", async (t) => {
    const load = new Load(world, { senders: SENDERS, retry: true, proxied: true });
    for (const node of nodes.nodes.values()) {
      await load.more(100);
      await nodes.caddy.lead(nodes.fronts.filter((front) => front !== node));
      await node.restart();
      await nodes.caddy.lead(nodes.fronts);
    }
    await load.more(100);
    await load.end();
    t.diagnostic(reloaded(load));
    assert.equal(load.unanswered.refusals, 0);
    await allSettled();
    await assertNothingLost(world, load);
  });

  it("blue and green: others take over, and back, and nobody is refused", async (t) => {
    const green = await startServer(nodes.env, FRONT);
    const load = new Load(world, { senders: SENDERS, retry: true, proxied: true });
    try {
      await load.more(200);
      await nodes.caddy.lead([green]);
      await load.more(200);
      for (const blue of nodes.fronts) await blue.stop();
      await load.more(200);
      for (const blue of nodes.fronts) await blue.start();
      await nodes.caddy.lead(nodes.fronts);
      await load.more(200);
    } finally {
      await green.remove();
    }
    await load.more(200);
    await load.end();
    t.diagnostic(reloaded(load));
    assert.equal(load.unanswered.refusals, 0);
    await allSettled();
    await assertNothingLost(world, load);
  });

  it("the database is down: doors take what comes, the interface is there and says so, and all is applied later", async () => {
    let load: Load;
    await cluster.stop();
    try {
      for (const front of nodes.fronts) await healthIs(front, "red");
      await nodes.caddy.says('"status_code":503', nodes.fronts);
      load = new Load(world, { senders: 4, retry: true, proxied: true });
      await load.more(50);
      assert.equal((await fetch(`${world.url}/app/`)).status, 200);
      assert.equal((await ask<SyncHealth>(world, "/api/health/sync")).body.status, "down");
      await load.more(50);
      await load.end();
    } finally {
      await cluster.start();
    }
    assert.deepEqual(load.unanswered, { connections: 0, refusals: 0 });
    await allSettled();
    await assertNothingLost(world, load);
  });
});

/** Something that breaks off what it has read, as a node that is killed does. */
class Breaker {
  readonly took: string[] = [];
  breaks = (_: string): boolean => false;

  private constructor(
    readonly url: string,
    readonly close: () => Promise<void>,
  ) {}

  static async open(): Promise<Breaker> {
    const { url, close } = await listen((asked, answer) => { breaker.#take(asked, answer); });
    const breaker: Breaker = new Breaker(url, close);
    return breaker;
  }

  #take(asked: IncomingMessage, answer: ServerResponse): void {
    const { method = "", url = "" } = asked;
    if (method === "GET" && !url.startsWith("/api/")) {
      answer.writeHead(url === "/health" ? 200 : 405).end(); // it looks well
      return;
    }
    asked.resume().once("end", () => {
      this.took.push(method);
      if (this.breaks(method)) asked.socket.destroy();
      else answer.writeHead(204).end();
    });
  }
}

describe("what the proxy tries again", () => {
  let caddy: Caddy;
  let nodes: Breaker[];
  before(async () => {
    nodes = [await Breaker.open(), await Breaker.open()];
    caddy = await Caddy.prepare();
    await caddy.start(nodes);
  });
  after(async () => {
    await caddy.stop();
    for (const node of nodes) await node.close();
  });

  const taken = (): string[] => nodes.flatMap(({ took }) => took.splice(0));
  const send = async (method: string, path = "/api/sync/today", body?: string): Promise<number> =>
    (await fetch(caddy.url + path, { method, ...(body !== undefined && { body }) })).status;

  it("never a POST that a node has read: it is told, and came once", async () => {
    for (const node of nodes) node.breaks = (method) => method === "POST";
    for (const path of ["/api/sync/today", "/webhooks/twilio/voice-status"])
      for (const body of [undefined, "x"]) {
        assert.equal(await send("POST", path, body), 502);
        assert.deepEqual(taken(), ["POST"]);
      }
  });

  it("a GET, at the other node", async () => {
    for (const [i, node] of nodes.entries()) node.breaks = () => i === 0 || node.took.length > 1;
    await until("the first node was asked, and the answer was the other's", async () => {
      assert.equal(await send("GET"), 204);
      return taken().length === 2 || undefined;
    });
  });

  it("a node that is gone gets nothing more, once the proxy has looked", async () => {
    for (const node of nodes) node.breaks = () => false;
    const gone = { url: nodes[0]?.url ?? "" };
    await nodes[0]?.close();
    await caddy.says("connection refused", [gone]);
    taken();
    for (let i = 0; i < 20; i++) assert.equal(await send("POST", "/webhooks/twilio/voice-status", "x"), 204);
    assert.equal(taken().length, 20);
  });
});
