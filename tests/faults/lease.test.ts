// Two nodes on one database, and one of them is stopped past its lease while it holds rows.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { assertNothingLost, feedIsDense, Load } from "../lib/load.ts";
import { createDatabase, psql } from "../lib/postgres.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { until } from "../lib/wait.ts";

const cluster = process.env["TEST_POSTGRES_URL"];

describe("a node that is stopped past its lease", { skip: cluster === undefined && "TEST_POSTGRES_URL names no server" }, () => {
  let nodes: Server[] = [];
  let url = "";
  before(async () => {
    url = await createDatabase(cluster ?? "");
    for (let i = 0; i < 2; i++) nodes.push(await startServer({ DATABASE_URL: url }));
  });
  after(async () => {
    for (const node of nodes) await node.remove();
    nodes = [];
  });

  /** Rows that the workers of a process hold. */
  async function held(by: Server): Promise<number> {
    const owner = `l.owner LIKE '%/${String(by.pid())}'`;
    return Number(await psql(url, `SELECT count(*) FROM webhook_inbox i JOIN queue_leases l ON l.token = i.claim_token WHERE ${owner}`));
  }

  /** For how many ms the longest has waited for the rest of what is said to it at once; no timeout of the server ends that. */
  const halfSaid = async (): Promise<number> => Number(await psql(url, `SELECT coalesce(max(1000 * extract(epoch FROM clock_timestamp() - state_change)), 0)
    FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND wait_event = 'ClientRead'`));

  async function standsHalfSaid(): Promise<boolean> {
    for (let looks = 0; looks < 10; looks++) {
      const ms = await halfSaid();
      if (ms > 100) return true;
      if (ms < 5 * looks) return false; // a look takes longer than that: it is another's, or none
    }
    return false;
  }

  it("F016: is rid of its locks when it stands still in the middle of what it says to the database", { timeout: 120_000 }, async () => {
    const [first, second] = nodes;
    assert.ok(first && second, "two nodes");
    const load = new Load(second, { senders: 32 });
    await load.reaches(100);
    await until("it is stopped in the middle of a pipeline", async () => {
      process.kill(first.pid(), "SIGSTOP");
      if (await standsHalfSaid()) return true;
      process.kill(first.pid(), "SIGCONT");
      return undefined;
    }, 60_000);
    await until("its sessions are ended", async () => ((await halfSaid()) < 100 ? true : undefined));
    await until("the other took over what it held", async () => ((await held(first)) === 0 ? true : undefined));
    process.kill(first.pid(), "SIGCONT");
    await load.more(200);
    await load.end();
    await settled(second);
    await assertNothingLost(second, load);
  });

  it("F016: is fenced when it goes on: the other has done its work, nothing is applied twice", { timeout: 120_000 }, async () => {
    const [first, second] = nodes;
    assert.ok(first && second);
    const load = new Load(second, { senders: 32 });
    await load.reaches(100);
    for (let round = 0; round < 3; round++) {
      await until("it is stopped in the middle of a batch", async () => {
        process.kill(first.pid(), "SIGSTOP");
        if ((await held(first)) > 0) return true;
        process.kill(first.pid(), "SIGCONT");
        return undefined;
      });
      await load.more(200); // the doors of the other are open
      await until("the other took it over", async () => ((await held(first)) === 0 ? true : undefined));
      process.kill(first.pid(), "SIGCONT");
      await load.more(200);
    }
    await load.end();
    await settled(second);
    await assertNothingLost(second, load);
    await feedIsDense(first);
    assert.equal(first.ended(), undefined);
  });
});
