// kill -9 at a chosen system call, counted: whatever step it falls into, the books balance afterwards.
import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { assertNothingLost, feedIsDense, Load } from "../lib/load.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { sqliteReader } from "../lib/sql.ts";
import { strace } from "../lib/strace.ts";
import { strike } from "../lib/strike.ts";

/** From the first steps of a start to the middle of a load; each thread counts for itself. */
const AT: [calls: string, when: number[]][] = [
  ["accept4", [1, 2, 4]],
  ["read", [1, 3, 8, 20]],
  ["pwrite64", [1, 2, 3, 5, 8, 13, 21, 34, 55, 89]],
  ["fdatasync", [1, 2, 3, 4, 5, 6, 8, 10]],
  ["write", [1, 2, 4, 8, 16]],
  ["epoll_wait,epoll_pwait", [2, 5, 10]],
  ["mprotect", [3, 9, 27]],
];

describe("kill -9 at the n-th", () => {
  let server: Server;
  before(async () => {
    server = await startServer();
  });
  after(() => server.remove());

  for (const [calls, when] of AT)
    it(`${calls} loses nothing that was acknowledged, applies nothing twice`, async () => {
      let killed = 0;
      for (const n of when) {
        const { end, said } = await strike(server, strace({ calls, fault: "signal=KILL", when: String(n) }));
        if (end) assert.equal(end.signal, "SIGKILL", said);
        if (end) killed += 1;
      }
      assert.ok(killed >= when.length / 2, `only ${String(killed)} of ${String(when.length)} struck`);
    });
});

describe("a crash loop", () => {
  it("F014: of ten kills under load leaves no lock behind; each start serves, nothing is lost", async () => {
    const server = await startServer();
    try {
      const load = new Load(server);
      for (let i = 0; i < 10; i++) {
        await load.more(20 + 13 * i); // at another moment each time
        await server.kill();
        await server.start();
      }
      await load.more(20);
      await load.end();
      await assertNothingLost(server, load);
      await feedIsDense(server);
    } finally {
      await server.remove();
    }
  });
});

describe("a start after a crash", () => {
  it("F032: writes the log that it finds into the file: behind a hole nothing is appended", async () => {
    const server = await startServer();
    try {
      const log = `${(server.env["DATABASE_URL"] ?? "").slice("sqlite:".length)}-wal`;
      const load = new Load(server);
      await load.reaches(100);
      await server.kill();
      await load.end();
      const before = (await stat(log)).size;
      const ends = await sqliteReader(log.slice(0, -"-wal".length));
      server.launch();
      const meanwhile = new Load(server);
      await meanwhile.reaches(100);
      assert.equal((await stat(log)).size, before, "somebody reads it: what comes is spooled");
      await ends();
      await meanwhile.end();
      await settled(server);
      assert.notEqual((await stat(log)).size, before);
      await assertNothingLost(server, load);
      await assertNothingLost(server, meanwhile);
    } finally {
      await server.remove();
    }
  });
});
