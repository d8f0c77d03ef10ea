// Dead letters are brought back in bulk while calls come in.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ask, get, type SyncHealth } from "../lib/api.ts";
import { assertNothingLost, feedIsDense, Load } from "../lib/load.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { sql } from "../lib/sql.ts";

/** As many as docs/faults.md says, in the long form; the effect is the same, and CI has less time. */
const ROWS = process.env["CHAOS"] === "long" ? 10_000 : 3000;

async function redrive(server: Server): Promise<number> {
  const body = { filter: { processing_status: "dead_letter" } };
  const { status, body: answer } = await ask<{ requested: number }>(server, "/api/events/reprocess", { method: "POST", body });
  assert.equal(status, 202);
  return answer.requested;
}

/** Events that were received, and given up before anything came of them. */
async function deadLetters(door: Server): Promise<Load> {
  const past = new Load(door);
  await past.reaches(ROWS);
  await past.end();
  await sql(door, "UPDATE webhook_inbox SET processing_status = 'dead_letter', retry_count = 10, error = 'a test';");
  return past;
}

describe("a redrive", () => {
  it("F025: of thousands of dead letters under load, asked for twice, applies each once and keeps nobody from being heard", async () => {
    const door = await startServer({}, ["--roles=door,api,hub"]);
    let server: Server | undefined;
    try {
      const past = await deadLetters(door);
      await door.stop();
      server = await startServer({ DATABASE_URL: door.env["DATABASE_URL"] });
      assert.ok((await get<SyncHealth>(server, "/api/health/sync")).inbox.dead_letter >= ROWS);

      const load = new Load(server);
      await load.more(100);
      const brought = await Promise.all([redrive(server), redrive(server)]);
      assert.equal(brought[0] + brought[1], past.acknowledged.size);
      await load.more(500);
      assert.equal(await redrive(server), 0);
      await load.end();
      assert.deepEqual(load.unanswered, { connections: 0, refusals: 0 });

      await settled(server);
      await feedIsDense(server);
      await assertNothingLost(server, past);
      await assertNothingLost(server, load);
    } finally {
      await server?.remove();
      await door.remove();
    }
  });
});
