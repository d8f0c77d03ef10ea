// A copy of the database while it is written to.
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { assertNothingLost, keptKeys, Load } from "../lib/load.ts";
import { type Server, startServer } from "../lib/server.ts";
import { audit, tool } from "../lib/settled.ts";

describe("an online backup", () => {
  let server: Server;
  let directory: string;
  before(async () => {
    server = await startServer();
    directory = await mkdtemp(join(tmpdir(), "hookswitch-backup-"));
  });
  after(async () => {
    await server.remove();
    await rm(directory, { recursive: true });
  });

  it("F044: under load is whole, holds all that was acknowledged before it began, and disturbs nothing", async () => {
    const load = new Load(server);
    await load.reaches(500);
    for (let i = 0; i < 3; i++) {
      const before = [...load.acknowledged];
      const file = join(directory, `copy-${String(i)}.db`);
      const { code, output } = await tool(server, "backup", file);
      assert.equal(code, 0, output);
      await load.more(100); // it goes on
      const restored = await startServer({ DATABASE_URL: `sqlite:${file}` });
      const kept = new Set(await keptKeys(restored));
      assert.deepEqual(before.filter((key) => !kept.has(key)), []);
      await audit(restored);
      await restored.remove();
    }
    await load.end();
    assert.equal(load.unanswered.refusals, 0);
    await assertNothingLost(server, load);
  });

  it("F044: never replaces a file, and leaves nothing behind when it fails", async () => {
    const before = await readdir(directory);
    const existing = await tool(server, "backup", join(directory, "copy-0.db"));
    assert.equal(existing.code, 1);
    assert.match(existing.output, /exists already/);
    assert.equal((await tool(server, "backup", join(directory, "nowhere", "copy.db"))).code, 1);
    assert.equal((await tool(server, "backup")).code, 1);
    assert.deepEqual(await readdir(directory), before);
  });
});
