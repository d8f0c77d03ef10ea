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

  /** Stops it again and again, until it stands as it should. */
  const stoppedWhen = (what: string, node: Server, stands: () => Promise<boolean>, patience?: number): Promise<true> =>
    until(`it is stopped in the middle of a ${what}`, async () => {
      process.kill(node.pid(), "SIGSTOP");
      if (await stands()) return true;
      process.kill(node.pid(), "SIGCONT");
      return undefined;
    }, patience);

  const isTakenOver = (node: Server): Promise<true> => until("the other took it over", async () => ((await held(node)) === 0 ? true : undefined));

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
    await stoppedWhen("pipeline", first, standsHalfSaid, 60_000);
    await until("its sessions are ended", async () => ((await halfSaid()) < 100 ? true : undefined));
    await isTakenOver(first);
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
      await stoppedWhen("batch", first, async () => (await held(first)) > 0);
      await load.more(200); // the doors of the other are open
      await isTakenOver(first);
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
