// kill -9 under load: what was acknowledged is there exactly once, and the store agrees with itself.
import { after, before, describe, it } from "node:test";
import { assertNothingLost, feedIsDense, Load } from "../lib/load.ts";
import { type Server, startServer } from "../lib/server.ts";

describe("a crash", () => {
  let server: Server;
  before(async () => {
    server = await startServer();
  });
  after(() => server.remove());

  it("loses nothing that was acknowledged, applies nothing twice, leaves no gap; five times", async () => {
    const load = new Load(server);
    for (let i = 1; i <= 5; i++) {
      await load.reaches(i * 200);
      await server.kill();
      await server.start();
    }
    await load.reaches(1200);
    await load.end();
    await assertNothingLost(server, load);
    await feedIsDense(server);
  });

  it("is told apart from an orderly end: SIGTERM under load drains and exits in time", async () => {
    const load = new Load(server);
    await load.reaches(100);
    await server.restart();
    await load.reaches(200);
    await load.end();
    await assertNothingLost(server, load);
  });
});
