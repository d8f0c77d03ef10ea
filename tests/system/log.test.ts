// What an engineer reads while it runs: enough to follow an event, and nothing about a person.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { ask, type CallDetail, get } from "../lib/api.ts";
import { API_KEY, AUTH_TOKEN, type Server, startServer } from "../lib/server.ts";
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
