// What an engineer reads while it runs: enough to follow an event, and nothing about a person.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { ask, type Call, type CallDetail, get } from "../lib/api.ts";
import { fallSilent, run, secondIsOver } from "../lib/reconcile.ts";
import { AT_ONCE, clientOf, startSandbox } from "../lib/sandbox.ts";
import { API_KEY, AUTH_TOKEN, freePort, type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { deliverPoison, FakeCall, post } from "../lib/twilio.ts";

let server: Server;
before(async () => {
  server = await startServer({ LOG_LEVEL: "debug" });
});
after(() => server.remove());

it("names no number, no payload and no secret, whatever happens, not even at level debug", async () => {
  const call = new FakeCall(server, "+15085140320");
  await call.arrives();
  await call.status("completed", { CallDuration: "29", CallerName: "OCONNOR LIAM" });
  await deliverPoison(server);
  // signed for this account, says another: refused like any forgery
  assert.equal((await post(server, "voice-status", { AccountSid: "AC0", CallSid: call.sid, From: "+15085140320" })).status, 403);
  await settled(server);
  assert.equal((await get<CallDetail>(server, `/api/calls/${call.sid}`)).call.status, "completed");
  await ask(server, "/api/events?call_sid=%2B15085140320&limit=0");
  await server.stop();

  const said = server.output();
  assert.match(said, /event=door\.refused /);
  assert.match(said, /event=queue\.buried /);
  for (const private_ of ["5085140320", "6175006181", "OCONNOR", AUTH_TOKEN, API_KEY])
    assert.ok(!said.includes(private_), `the log tells ${private_}:\n${said}`);
});

it("is as silent in JSON, about what a provider was asked", async () => {
  const port = await freePort();
  const asking = await startServer({ LOG_LEVEL: "debug", LOG_FORMAT: "json", TWILIO_BASE_URL: `http://127.0.0.1:${String(port)}`, PROVIDER_REQUESTS_PER_SECOND: "90" });
  const sandbox = await startSandbox(asking.url, ["--port", String(port), ...AT_ONCE, "--calls", "20", "--lose", "0.3", "--lose-ends", "0.5", "--seed", "31"]);
  await sandbox.over;
  await settled(asking);
  const theirs = await clientOf(sandbox).calls.list({ pageSize: 1000 });
  const { calls } = await get<{ calls: Call[] }>(asking, "/api/calls/active");
  const sid = calls[0]?.twilio_sid ?? assert.fail("no end was lost");
  assert.equal((await ask(asking, `/api/sync/call/${sid}`, { method: "POST" })).status, 200);
  await secondIsOver(theirs);
  await fallSilent(asking);
  assert.ok(((await run(asking, "reconcile_hot")).counts["synced"] ?? 0) > 0);
  assert.ok(((await run(asking, "reconcile_cold")).counts["checked"] ?? 0) > 0); // hot has listed what began with those that it looked for
  await sandbox.stop();
  await asking.remove();

  const lines = asking.output().split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as { event: string });
  assert.ok(lines.some(({ event }) => event === "job.ended"), "the runs are told of");
  const numbers = theirs.flatMap(({ from, to }) => [from, to]).map((party) => party.replace(/^(sip:|\+)/, ""));
  for (const private_ of new Set([...numbers, AUTH_TOKEN, API_KEY])) assert.ok(!asking.output().includes(private_), `the log tells ${private_}`);
});
