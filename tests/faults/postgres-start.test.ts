// The wire to the database breaks in the middle of a start, at any place of it: the start waits, says for
// what, and goes on by itself.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Cluster, createDatabase, startCluster, urlWith } from "../lib/postgres.ts";
import { type Fault, Proxy } from "../lib/proxy.ts";
import { type Server, startServer } from "../lib/server.ts";
import { audit, settled } from "../lib/settled.ts";
import { FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const POINTS = process.env["CHAOS"] === "long" ? 60 : 8;
const WAITS = "event=store.waiting";

describe("F061: a start in the middle of which the database goes away", () => {
  let cluster: Cluster;
  let proxy: Proxy;
  let server: Server;
  before(async () => {
    cluster = await startCluster();
    const { hostname, port } = new URL(cluster.url);
    proxy = await Proxy.open({ host: hostname, port: Number(port) });
    server = await startServer({ DATABASE_URL: throughProxy(cluster.url) });
    await server.stop();
  });
  after(async () => {
    await server.remove();
    await proxy.close();
    await cluster.remove();
  });

  const throughProxy = (url: string): string => urlWith(url, { port: String(proxy.port) });
  const anew = async (): Promise<void> => {
    server.env["DATABASE_URL"] = throughProxy(await createDatabase(cluster.url));
  };

  /** How much comes from the database until the server is ready. */
  async function measured(): Promise<number> {
    const from = proxy.bytes;
    await server.start();
    const bytes = proxy.bytes - from;
    await server.stop();
    return bytes;
  }

  /** Starts through the fault; whether it said that it waits. */
  async function starts(fault: Fault): Promise<boolean> {
    const from = server.output().length;
    const said = (): string => server.output().slice(from);
    const struck = proxy.strike(fault);
    const ready = server.start();
    await struck;
    if (fault.how === "refuse") await until("it waits, or is ready", () => said().includes(WAITS) || said().includes("event=server.ready") || undefined);
    proxy.allow();
    await ready;
    await new FakeCall(server, "+15085140352").arrives();
    await settled(server);
    await audit(server);
    await server.stop();
    return said().includes(WAITS);
  }

  const STORES: [store: string, prepare: () => Promise<void>][] = [
    ["an empty database", anew],
    ["one that has been in use", async () => undefined],
  ];
  for (const [store, prepare] of STORES)
    for (const how of ["cut", "refuse"] as const)
      it(`of ${store}, by ${how}, at ${String(POINTS)} places: it waits, and is ready in the end`, async () => {
        await prepare();
        const bytes = await measured();
        let waited = 0;
        for (let i = 1; i <= POINTS; i++) {
          await prepare();
          waited += (await starts({ how, after: Math.floor((bytes * i) / (POINTS + 1)) })) ? 1 : 0;
        }
        // Not at every place: what breaks just before it is ready, or on a wire it can spare, is not waited for.
        assert.ok(waited > 0, "no place was in the middle of a start");
      });
});
