// The wall clock jumps while the server runs; what waits, leases and retries must not notice.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type Call, get } from "../lib/api.ts";
import { wrongClock } from "../lib/faketime.ts";
import { assertNothingLost, feedIsDense, Load } from "../lib/load.ts";
import { startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";

describe("the wall clock", () => {
  it("F090, F091: jumps an hour ahead, two back, and 2 s back in a burst: nothing is lost, nothing stands still", async () => {
    const directory = await mkdtemp(join(tmpdir(), "hookswitch-clock-"));
    const clock = join(directory, "now");
    await writeFile(clock, "+0");
    const server = await startServer(wrongClock({ file: clock }));
    try {
      const load = new Load(server);
      await load.reaches(50);
      for (const offset of ["+3600", "-3600", "+0", "-2", "+0"]) {
        await writeFile(clock, offset);
        await load.more(100);
      }
      await load.end();
      await settled(server);
      await assertNothingLost(server, load);
      assert.ok((await feedIsDense(server)) > 0);
      const pages = [1, 2].map((page) => get<{ calls: Call[] }>(server, `/api/calls?limit=100&page=${String(page)}`));
      const calls = (await Promise.all(pages)).flatMap((page) => page.calls);
      const told = calls.map((call) => Date.parse(call.updated_at));
      assert.ok(Math.max(...told) - Math.min(...told) > 7_000_000, "it jumped");
      for (const { duration } of calls) assert.ok(duration === null || duration >= 0);
    } finally {
      await server.remove();
      await rm(directory, { recursive: true });
    }
  });

  it("F090: that was an hour ahead when the server was killed keeps no event waiting for that hour", async () => {
    const server = await startServer(wrongClock({ offset: "+3600s" }));
    try {
      const load = new Load(server);
      for (let round = 0; round < 5; round++) {
        await load.more(60);
        await server.kill(); // some rows are claimed, by leases that end in an hour
        await server.start();
      }
      await load.end();
      await server.kill();
      delete server.env["FAKETIME"];
      await server.start();
      await assertNothingLost(server, load);
    } finally {
      await server.remove();
    }
  });
});
