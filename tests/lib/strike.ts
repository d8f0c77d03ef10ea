// One round of a sweep: the server is started under faults, is given load until one struck, and is
// looked at: does it live, or how did it end? Then it is started without them, and the books are balanced.
import assert from "node:assert/strict";
import { assertNothingLost, Load } from "./load.ts";
import type { End, Server } from "./server.ts";
import type { Strace } from "./strace.ts";
import { until } from "./wait.ts";

const ROUND_MS = 15_000;
const SENDERS = 4;
/** Answers after the strike that show that it lives. */
const EVENTS = 8;
/** Answers after which it will not strike any more. */
const NEVER = 600;

export type Struck = {
  /** How often the fault struck; 0 when the server never came that far. */
  strikes: number;
  /** How it ended by itself; undefined when it lived until it was told to end. */
  end: End | undefined;
  /** What it said in this round. */
  said: string;
};

/** Under load until the server has ended, or the fault struck and EVENTS more were answered. */
async function strain(server: Server, strikes: () => Promise<number>, load: Load): Promise<void> {
  const answered = (): number => load.acknowledged.size + load.unanswered.refusals;
  const deadline = Date.now() + ROUND_MS;
  let enough = Infinity;
  while (!server.ended() && answered() < enough && Date.now() < deadline) {
    if (enough === Infinity && (await strikes()) > 0) enough = answered() + EVENTS;
    if (enough === Infinity && answered() > NEVER) return; // there is no such call
    await new Promise((next) => setTimeout(next, 10));
  }
}

/** Ends it as a supervisor does: asks, and insists when it cannot hear. */
async function conclude(server: Server): Promise<End> {
  const patience = setTimeout(() => process.kill(server.pid(), "SIGKILL"), 8_000);
  if (!server.ended()) process.kill(server.pid(), "SIGTERM");
  const end = await until("it ended", server.ended);
  clearTimeout(patience);
  return end;
}

export type StrikeOptions = {
  /** It has to end by itself, and is given the time to. */
  ends?: boolean;
  /** The calls whose strikes count, when others only lead to them. */
  calls?: string | undefined;
};

/** A server in, a running one out. */
export async function strike(server: Server, trace: Strace, { ends = false, calls }: StrikeOptions = {}): Promise<Struck> {
  const strikes = (): Promise<number> => trace.strikes(calls);
  if (!server.ended()) await server.stop();
  const before = server.output().length;
  const load = new Load(server, { senders: SENDERS });
  server.under = trace.command;
  server.launch();
  await strain(server, strikes, load);
  if (ends && (await strikes()) > 0) await until("it ended by itself", server.ended).catch(() => undefined);
  const end = server.ended();
  const last = await conclude(server);
  await load.end();
  assert.notEqual(last.signal, "SIGSEGV");
  assert.notEqual(last.signal, "SIGBUS");

  const struck = { strikes: await strikes(), end, said: server.output().slice(before) };
  server.under = [];
  await server.start();
  await assertNothingLost(server, load);
  await trace.remove();
  return struck;
}
