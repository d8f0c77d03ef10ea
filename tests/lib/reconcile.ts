// The server beside calls whose callbacks were lost, and how far the two are apart.
import assert from "node:assert/strict";
import type { CallInstance } from "twilio/lib/rest/api/v2010/account/call.js";
import { ask, type Call } from "./api.ts";
import { Between } from "./between.ts";
import { ended, idle, type Run, start } from "./jobs.ts";
import { METRICS_TOKEN } from "./metrics.ts";
import { AT_ONCE, type Sandbox, startSandbox } from "./sandbox.ts";
import { freePort, type Server, startServer } from "./server.ts";
import { settled } from "./settled.ts";
import { sql } from "./sql.ts";
import { until } from "./wait.ts";

const POSTGRES = process.env["STORE"] === "postgres";

/** Calls that are all over, told to the server with losses. */
async function tell(server: Server, port: number, chaos: string[]): Promise<Sandbox> {
  const sandbox = await startSandbox(server.url, ["--port", String(port), ...AT_ONCE, ...chaos]);
  await sandbox.over;
  await settled(server);
  return sandbox;
}

const startAsking = (url: string): Promise<Server> => startServer({ TWILIO_BASE_URL: url, PROVIDER_REQUESTS_PER_SECOND: "90", METRICS_TOKEN });

/** The server, and beside it calls that are all over: callbacks were lost, and ends were never told. */
export async function play(...chaos: string[]): Promise<{ server: Server; sandbox: Sandbox }> {
  const port = await freePort();
  const server = await startAsking(`http://127.0.0.1:${String(port)}`);
  return { server, sandbox: await tell(server, port, chaos) };
}

/** The same, and what the server asks for is noted, comes in small pages, and can be held up. */
export async function playBetween(...chaos: string[]): Promise<{ server: Server; sandbox: Sandbox; between: Between }> {
  const port = await freePort();
  const between = await Between.open(() => `http://127.0.0.1:${String(port)}`);
  const server = await startAsking(between.url);
  return { server, sandbox: await tell(server, port, chaos), between };
}

/** As if all that was heard had been heard five minutes ago. */
export function fallSilent(server: Server): Promise<void> {
  return sql(server, `UPDATE calls SET updated_at = updated_at - ${POSTGRES ? "interval '5 minutes'" : "300000000"};`);
}

/** Lists are asked for up to the second that is going on. */
export function secondIsOver(calls: CallInstance[]): Promise<true> {
  const last = Math.max(...calls.map(({ startTime }) => startTime.getTime()));
  return until("the second is over in which the last call began", () => Promise.resolve(Date.now() >= last + 1000 || undefined));
}

export async function run(server: Server, name: string): Promise<Run> {
  await idle(server, name);
  const over = await ended(server, await start(server, name));
  assert.equal(over.state, "succeeded", `${name}: ${over.error ?? ""}`);
  return over;
}

/** The provider's calls that are otherwise here, and how. */
export async function drift(server: Server, theirs: CallInstance[]): Promise<Record<string, number>> {
  const kinds: Record<string, number> = {};
  const note = (kind: string, holds: boolean): void => void (holds && (kinds[kind] = (kinds[kind] ?? 0) + 1));
  for (const their of theirs) {
    const { status, body } = await ask<{ call: Call }>(server, `/api/calls/${their.sid}`);
    const unheard = status === 404 || body.call.visibility === "pending";
    note("call", unheard);
    if (unheard) continue;
    note("status", body.call.status !== their.status);
    note("duration", body.call.duration !== Number(their.duration));
    note("price", Math.abs((body.call.price ?? 0) - Number(their.price ?? 0)) > 1e-4);
  }
  return kinds;
}
