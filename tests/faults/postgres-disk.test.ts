// PostgreSQL's disk is full: what comes is spooled on ours, and is stored when there is room again.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { healthIs } from "../lib/health.ts";
import { assertNothingLost, feedIsDense, Load } from "../lib/load.ts";
import { type Cluster, startCluster } from "../lib/postgres.ts";
import { type Server, startServer } from "../lib/server.ts";
import { until } from "../lib/wait.ts";

const skip = process.getuid?.() !== 0 && "mounting a disk takes root";

describe("PostgreSQL on a small disk", { skip }, () => {
  let cluster: Cluster;
  let server: Server;
  before(async () => {
    cluster = await startCluster({ disk: "250m" });
    server = await startServer({ DATABASE_URL: cluster.url });
  });
  after(async () => {
    await server.remove();
    await cluster.remove();
  });

  it("F029: full: events are spooled, health is red, and all is stored when there is room", async () => {
    const load = new Load(server, { senders: 3 });
    await load.more(100);
    const balloon = join(cluster.directory, "balloon");
    await promisify(execFile)("sh", ["-c", `cat /dev/zero >"$0" 2>/dev/null || true`, balloon]);
    assert.ok((await stat(balloon)).size > 0);
    await until("PostgreSQL has no room", async () =>
      /No space left on device/.test(await readFile(join(cluster.directory, "log"), "utf8")) ? true : undefined,
    );
    await healthIs(server, "red");
    await load.more(300);
    await rm(balloon);
    await cluster.start(); // if it gave up
    await load.more(100);
    await load.end();
    await assertNothingLost(server, load);
    await feedIsDense(server);
    assert.equal(load.unanswered.refusals, 0);
  });
});
