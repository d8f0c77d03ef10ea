// Slow disks and stuck loops.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { assertNothingLost, callbacksOf, Load } from "../lib/load.ts";
import { type Server, startServer } from "../lib/server.ts";
import { strace } from "../lib/strace.ts";
import { newCallSid, post } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

/** What a provider waits for. */
const PROVIDER_MS = 15_000;

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
    server.under = [];
    await server.start();
    await assertNothingLost(server, load);
    await trace.remove();
  });

  it("F010: SIGTERM with a hundred requests in flight acknowledges or refuses each, and loses none", async () => {
    const trace = strace({ calls: "fdatasync", fault: "delay_exit=300000", when: "4+" });
    await server.stop();
    server.under = trace.command;
    await server.start();
    const load = new Load(server, { senders: 100 });
    await until("a slow sync is under way", async () => ((await trace.strikes()) > 0 ? true : undefined));
    process.kill(server.pid(), "SIGTERM");
    const end = await until("it ended", server.ended);
    assert.deepEqual(end, { code: 0, signal: null }, server.output());
    await load.end();
    server.under = [];
    await server.start();
    await assertNothingLost(server, load);
    await trace.remove();
  });

  it("F011: SIGKILL at each step of an orderly end loses nothing", async () => {
    // All of these belong to the main thread once it runs: the log is copied back and removed.
    for (const [calls, steps] of [["unlink", [1, 2]], ["ftruncate", [2, 3]], ["fdatasync", [4, 5, 6, 7]]] as const)
      for (const nth of steps) {
        await server.stop();
        const trace = strace({ calls, fault: "signal=KILL", when: String(nth) });
        server.under = trace.command;
        server.launch();
        const load = new Load(server, { senders: 8 });
        await until("it works, or is gone", () => (load.acknowledged.size > 20 || server.ended() ? true : undefined));
        if (!server.ended()) process.kill(server.pid(), "SIGTERM");
        await until("it ended", server.ended);
        await load.end();
        server.under = [];
        await server.start();
        await assertNothingLost(server, load);
        await trace.remove();
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
