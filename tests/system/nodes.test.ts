// Which processes there are, and how fast a project's events go through them.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ask, get } from "../lib/api.ts";
import { found, must, OWNER, type Person } from "../lib/company.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

type Node = { host: string; port: number; roles: string[]; version: string; started_at: string; seen_at: string; is_silent: boolean; clock_ahead_seconds: number; canary: { at: string; came_through: boolean; took_ms: number | null } | null };
type Nodes = { told: boolean; nodes: Node[] };
type Pipeline = { received_per_minute: number; processed_per_minute: number; published_per_minute: number };

describe("nodes and the flow through them", () => {
  let server: Server;
  let other: Person;
  before(async () => {
    server = await startServer({ ...OWNER, CANARY_SECONDS: "1" });
    other = await found(server, "Second organisation", "owner@second.example");
  });
  after(() => server.remove());

  const nodes = (): Promise<Nodes> => get<Nodes>(server, "/api/nodes");

  it("a node tells where it is and what it does, and what its canary met", async () => {
    const [node] = (await nodes()).nodes;
    assert.ok(node, "it has told before it answered");
    assert.equal(node.port, Number(new URL(server.url).port));
    assert.deepEqual(node.roles, ["door", "worker", "api", "hub", "scheduler"]);
    assert.equal(node.is_silent, false);
    const { canary } = await until("its canary came back", async () => (await nodes()).nodes.find((n) => n.canary !== null));
    assert.equal(canary?.came_through, true);
    assert.notEqual(canary?.took_ms, null);
    const health = await get<{ reasons: string[]; canary: Node["canary"] }>(server, "/api/health/full");
    assert.equal(health.canary?.came_through, true);
    assert.deepEqual(health.reasons.filter((reason) => reason.includes("A webhook of our own")), []);
  });

  it("a new process in the same place is the same node", async () => {
    const [old] = (await nodes()).nodes;
    await server.restart();
    const { nodes: now } = await nodes();
    assert.equal(now.length, 1);
    assert.equal(now[0]?.port, old?.port);
    assert.notEqual(now[0]?.started_at, old?.started_at);
  });

  it("F176: another's project learns of no node, and of no event that is not its own", async () => {
    const call = new FakeCall(server, "+15085140320");
    await call.arrives();
    await call.status("completed", { CallDuration: "3" });
    await settled(server);
    const ours = await get<Pipeline>(server, "/api/pipeline");
    assert.ok(ours.received_per_minute >= 2, JSON.stringify(ours));
    assert.ok(ours.processed_per_minute >= 2, JSON.stringify(ours));
    assert.ok(ours.published_per_minute >= ours.processed_per_minute, JSON.stringify(ours));
    assert.deepEqual(await must(server, other.token, "GET", "/api/nodes"), { told: false, nodes: [] });
    const { status, body } = await ask<Pipeline>(server, "/api/pipeline", { key: other.token });
    assert.equal(status, 200);
    assert.deepEqual([body.received_per_minute, body.processed_per_minute, body.published_per_minute], [0, 0, 0]);
  });
});
