// Slow disks and stuck loops.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { assertNothingLost, callbacksOf, Load } from "../lib/load.ts";
import { type Server, startServer } from "../lib/server.ts";
import { type Strace, strace } from "../lib/strace.ts";
import { newCallSid, post } from "../lib/twilio.ts";
import { secondsSince, until } from "../lib/wait.ts";

/** What a provider waits for. */
const PROVIDER_MS = 15_000;

/** A new process, which nothing befalls, has all that was acknowledged. */
async function assertWholeAgain(server: Server, load: Load, trace: Strace): Promise<void> {
  server.under = [];
  await server.start();
  await assertNothingLost(server, load);
  await trace.remove();
}

/** A hundred requests are in flight, and a sync that takes so long is under way. */
async function underSlowSyncs(server: Server, microseconds: number): Promise<{ trace: Strace; load: Load }> {
  const trace = strace({ calls: "fdatasync", fault: `delay_exit=${String(microseconds)}`, when: "4+" });
  await server.stop();
  server.under = trace.command;
  await server.start();
  const load = new Load(server, { senders: 100 });
  await until("a slow sync is under way", async () => ((await trace.strikes()) > 0 ? true : undefined));
  return { trace, load };
}

describe("a slow disk", () => {
  let server: Server;
  before(async () => {
    server = await startServer();
    await server.stop();
  });
  after(() => server.remove());

  it("F033: whose syncs take 2 s gets larger groups; everybody is answered before the provider gives up", { timeout: 120_000 }, async () => {
    const trace = strace({ calls: "fdatasync", fault: "delay_exit=2000000", when: "4+" });
    server.under = trace.command;
    await server.start();
    const load = new Load(server, { senders: 50 });
    const answers: Promise<number>[] = [];
    for (let i = 0; i < 200; i++)
      answers.push(
        (async () => {
          const [event] = callbacksOf(newCallSid());
          assert.ok(event);
          const stop = AbortSignal.timeout(PROVIDER_MS);
          const late = new Promise<never>((_, failed) => { stop.onabort = () => { failed(new Error("the provider gave up")); }; });
          return (await Promise.race([post(server, "voice-status", event), late])).status;
        })(),
      );
    const statuses = await Promise.all(answers);
    assert.ok(statuses.every((status) => status === 204 || status === 503), `answers: ${[...new Set(statuses)].join(" ")}`);
    assert.ok(statuses.filter((status) => status === 204).length > 100, "groups grew");
    assert.ok((await trace.strikes()) > 0);
    await load.end();
    assert.equal(server.ended(), undefined);
    await server.kill();
    await assertWholeAgain(server, load, trace);
  });

  it("F010: SIGTERM with a hundred requests in flight acknowledges or refuses each, and loses none", async (t) => {
    const { trace, load } = await underSlowSyncs(server, 300_000);
    process.kill(server.pid(), "SIGTERM");
    const began = performance.now();
    const end = await until("it ended", server.ended);
    t.diagnostic(`measured: with syncs of 0.3 s the end came after ${secondsSince(began)} s (promised: 5 s)`);
    assert.deepEqual(end, { code: 0, signal: null }, server.output());
    await load.end();
    await assertWholeAgain(server, load, trace);
  });

  it("F011: SIGKILL while requests are in flight at an orderly end loses none that was acknowledged", async () => {
    const { trace, load } = await underSlowSyncs(server, 1_500_000);
    const before = server.output().length;
    process.kill(server.pid(), "SIGTERM");
    await until("it has heard of its end", () => (server.output().slice(before).includes("event=server.stopping") ? true : undefined));
    process.kill(server.pid(), "SIGKILL");
    assert.equal((await until("it ended", server.ended)).signal, "SIGKILL", "it had ended before");
    await load.end();
    await assertWholeAgain(server, load, trace);
  });

  // At the end the log is copied back and removed. While it runs, nobody touches these files so.
  const STEPS: { calls: string; when: number[]; on?: "database" }[] = [
    { calls: "pwrite64", when: [1, 2, 20], on: "database" },
    { calls: "ftruncate", when: [1], on: "database" },
    { calls: "fdatasync", when: [1], on: "database" },
    { calls: "unlink", when: [1, 2] },
  ];
  for (const { calls, when, on } of STEPS)
    it(`F011: SIGKILL at an orderly end's ${calls} ${when.join(" ")} loses nothing`, async () => {
      const database = (server.env["DATABASE_URL"] ?? "").slice("sqlite:".length);
      for (const nth of when) {
        await server.stop();
        const trace = strace({ calls, fault: "signal=KILL", when: String(nth), ...(on && { path: database }) });
        server.under = trace.command;
        server.launch();
        const load = new Load(server, { senders: 8 });
        await load.reaches(50);
        assert.equal(server.ended(), undefined, `the ${String(nth)}. came before the end`);
        process.kill(server.pid(), "SIGTERM");
        const end = await until("it ended", server.ended);
        assert.equal(end.signal, "SIGKILL", `the ${String(nth)}. never came: ${JSON.stringify(end)}`);
        await load.end();
        await assertWholeAgain(server, load, trace);
      }
    });
});

describe("the watchdog", () => {
  it("F207: ends a server whose loop stands still, with a word; the next start loses nothing", { timeout: 90_000 }, async () => {
    const server = await startServer({ LOOPS: "2" });
    try {
      await server.stop();
      // A loop stands still in the kernel. While strace holds a thread, the end of its process waits too.
      const trace = strace({ calls: "accept4", fault: "delay_enter=20000000", when: "3" });
      server.under = trace.command;
      server.launch();
      const load = new Load(server, { senders: 4 });
      const end = await until("it ended", server.ended);
      assert.equal(end.signal, "SIGABRT");
      assert.match(server.output(), /event=watchdog\.blocked who=loop/);
      await load.end();
      server.under = [];
      await server.start();
      await assertNothingLost(server, load);
      await trace.remove();
    } finally {
      await server.remove();
    }
  });
});
