// What an asker hears when the provider refuses our account, or says nothing at all.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { afterEach, it } from "node:test";
import { ask, type Fault, get } from "../lib/api.ts";
import { Belongings } from "../lib/belongings.ts";
import { onFreePort } from "../lib/listen.ts";
import { refuses, startMedia } from "../lib/media.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { FakeCall } from "../lib/twilio.ts";

const ours = new Belongings();
afterEach(() => ours.end());

/** Why each account is known to be down. */
async function outages(server: Server): Promise<(string | undefined)[]> {
  const { connections } = await get<{ connections: { down: { code: string } | null }[] }>(server, "/api/connections");
  return connections.map(({ down }) => down?.code);
}

type Refusal = [status: number, code: string, retryAfter: string | null];

/** To who takes over the provider's word about a call that is recorded there, and to who wants to hear it. */
async function refusals(server: Server, base: string): Promise<Refusal[]> {
  const call = new FakeCall(server, "+15085140321");
  await call.arrives();
  await call.status("completed", { CallDuration: "9" });
  await call.recorded({ RecordingUrl: `${base}/2010-04-01/Accounts/AC/Recordings/RE1`, RecordingDuration: "9" });
  await settled(server);
  const both = await Promise.all([
    ask<Fault>(server, `/api/sync/call/${call.sid}`, { method: "POST" }),
    ask<Fault>(server, `/api/calls/${call.sid}/recording`),
  ]);
  return both.map(({ status, body, headers }) => [status, body.error.code, headers.get("retry-after")]);
}

it("is that our account was refused, whatever was asked for", async () => {
  const provider = await ours.keep(startMedia());
  const server = await ours.keep(startServer({ TWILIO_BASE_URL: provider.url }));
  const refused: Refusal = [502, "INTEGRATION_AUTH_FAILED", null];
  for (const status of [401, 403]) {
    provider.mood = refuses(status);
    assert.deepEqual(await refusals(server, provider.url), [refused, refused], String(status));
  }
  assert.deepEqual(await outages(server), ["INTEGRATION_AUTH_FAILED"]);
});

it("is that there was no answer in time", async () => {
  // Takes connections, and never begins to speak TLS: for that we wait less long than for an answer.
  const silence = createServer((socket) => socket.on("error", () => undefined));
  const url = `https://127.0.0.1:${String(await onFreePort(silence))}`;
  await ours.keep(silence, () => silence.close());
  const server = await ours.keep(startServer({ TWILIO_BASE_URL: url }));
  const late: Refusal = [504, "INTEGRATION_TIMEOUT", null];
  assert.deepEqual(await refusals(server, url), [late, late]);
  assert.deepEqual(await outages(server), ["INTEGRATION_TIMEOUT"]);
});
