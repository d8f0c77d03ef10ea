// Demo calls: made beside the sandbox when somebody asks, and refused everywhere else.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, type Fault, get } from "../lib/api.ts";
import { freePort, startServer } from "../lib/server.ts";
import { startSandbox } from "../lib/sandbox.ts";
import { until } from "../lib/wait.ts";

type Me = { features: { demo_calls: boolean } };

test("the sandbox makes calls when it is asked to, and they come as webhooks", async (t) => {
  const port = await freePort();
  const server = await startServer({ TWILIO_BASE_URL: `http://127.0.0.1:${port}`, DEMO_CALLS: "true" });
  t.after(() => server.remove());
  assert.equal((await get<Me>(server, "/api/me")).features.demo_calls, true);
  assert.equal((await ask<Fault>(server, "/api/demo/calls", { method: "POST" })).status, 503);

  const sandbox = await startSandbox(server.url, ["--rate", "0", "--speed", "20", "--port", String(port)]);
  t.after(() => sandbox.stop());
  assert.equal((await ask(server, "/api/demo/calls", { method: "POST" })).status, 204);
  await until("there are five calls", async () => {
    const { total } = await get<{ total: number }>(server, "/api/calls?visibility=all");
    return total >= 5 ? total : undefined;
  });
});

test("without a sandbox nothing is made, and it says so", async (t) => {
  const server = await startServer();
  t.after(() => server.remove());
  assert.equal((await get<Me>(server, "/api/me")).features.demo_calls, false);
  const { status, body } = await ask<Fault>(server, "/api/demo/calls", { method: "POST" });
  assert.equal(status, 409);
  assert.match(body.error.human_how_to_fix.join(), /make demo/);
});

test("a server does not start as a demo in production, nor with another address than this machine's", async () => {
  const refused = { production: { NODE_ENV: "production" }, far: { TWILIO_BASE_URL: "https://api.twilio.com" } };
  for (const env of Object.values(refused))
    await assert.rejects(startServer({ TWILIO_BASE_URL: "http://127.0.0.1:1", DEMO_CALLS: "true", ...env }), /DEMO_CALLS/);
});
