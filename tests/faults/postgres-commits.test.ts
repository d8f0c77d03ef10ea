// The wire to PostgreSQL is cut between a commit and its answer, or falls silent there: what had
// happened is not applied twice, what had not is not lost.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { assertNothingLost, feedIsDense, Load } from "../lib/load.ts";
import { type Cluster, startCluster, urlWith } from "../lib/postgres.ts";
import { type Fault, Proxy } from "../lib/proxy.ts";
import { type Server, startServer } from "../lib/server.ts";

const TIMES = process.env["CHAOS"] === "long" ? 100 : 5;
const INGEST = { on: "hookswitch-ingest", sees: "INSERT 0 " }; // its commit: one statement, one transaction
const WORK = { on: "hookswitch-work", sees: "COMMIT\0" };

describe("an answer of PostgreSQL that never comes", () => {
  let cluster: Cluster;
  let proxy: Proxy;
  let server: Server;
  before(async () => {
    cluster = await startCluster();
    const { hostname, port } = new URL(cluster.url);
    proxy = await Proxy.open({ host: hostname, port: Number(port) });
    server = await startServer({ DATABASE_URL: urlWith(cluster.url, { port: String(proxy.port) }) });
  });
  after(async () => {
    await server.remove();
    await proxy.close();
    await cluster.remove();
  });

  async function suffer(fault: Fault, times: number): Promise<void> {
    const load = new Load(server, { senders: 2, rest: 5 }); // no faster than they can be applied
    await load.more(100);
    for (let i = 0; i < times; i++) {
      await proxy.strike(fault);
      await load.more(50);
    }
    await load.end();
    assert.equal(load.unanswered.refusals, 0);
    await assertNothingLost(server, load);
    await feedIsDense(server);
  }

  it("F049: cut behind the commit of an append: nothing lost, nothing twice", () => suffer({ ...INGEST, how: "cut" }, TIMES));
  it("F049: cut behind the commit of a worker: nothing lost, nothing twice", () => suffer({ ...WORK, how: "cut" }, TIMES));
  it("F049: cut anywhere: nothing lost, nothing twice", () => suffer({ after: 3001, how: "cut" }, 3 * TIMES));
  it("F051: silent behind the commit of an append: nothing lost, nothing twice", () => suffer({ ...INGEST, how: "stall" }, 1));
});
