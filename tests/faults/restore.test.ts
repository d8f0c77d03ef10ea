// docs/runbook.md, "Back up" and "Restore", word for word, beside a spool in which an acknowledged event still lies.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type FeedPage, get } from "../lib/api.ts";
import { readCompose } from "../lib/arrangement.ts";
import { Belongings } from "../lib/belongings.ts";
import { feedIsDense, keptKeys, Load } from "../lib/load.ts";
import { METRICS_TOKEN, scrape, value } from "../lib/metrics.ts";
import { type Cluster, startCluster } from "../lib/postgres.ts";
import { type Console, Page, typed } from "../lib/runbook.ts";
import { type Server, startServer } from "../lib/server.ts";
import { audit, settled } from "../lib/settled.ts";
import { holdInbox } from "../lib/sql.ts";
import { Stream } from "../lib/stream.ts";
import { FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const STORES = ["SQLite", "PostgreSQL", "PostgreSQL in a container"] as const;
type Store = (typeof STORES)[number];

/** No container is started here: what would be run in one is run beside it, and the nodes are the test's to stop and start. */
const DOCKER = `docker() {
  case "$2 $3" in
    "exec -T") shift 4; "$@" ;;
    "run --rm") shift 5; hookswitch "$@" ;;
  esac
}`;

/** A superuser's psql, as it is at the server of PostgreSQL; pg_dump and pg_restore are given a URL, or a superuser. */
function atPostgres(cluster: Cluster): NodeJS.ProcessEnv {
  const { hostname, port, username } = new URL(cluster.superuser);
  return { PGHOST: hostname, PGPORT: port, PGUSER: username };
}

/** All of one store: where it is, and where its commands are typed. */
async function placeOf(store: Store, ours: Belongings, directory: string): Promise<{ url: string; console: Console }> {
  if (store === "SQLite") return { url: `sqlite:${join(directory, "data/hookswitch.db")}`, console: { directory } };
  const cluster = await ours.keep(startCluster());
  return { url: cluster.url, console: { directory, env: atPostgres(cluster), words: DOCKER } };
}

/** Words that name a service in a command of docker compose. */
function servicesOf(line: string): string[] {
  const [command = ""] = line.split(/ pg_| psql /);
  const words = /^docker compose (?:--profile \S+ )?(?:stop|exec|run|up) (.*)$/.exec(command)?.[1]?.split(" ") ?? [];
  const services = words.filter((word) => !word.startsWith("-"));
  return command.includes(" run ") ? services.slice(0, 1) : services;
}

for (const store of STORES)
  describe(`a restore of ${store}, as the runbook says`, () => {
    const ours = new Belongings();
    let server: Server, page: Page, directory: string, console: Console;
    before(async () => {
      page = await Page.read("runbook.md");
      directory = await ours.keep(mkdtemp(join(tmpdir(), "hookswitch-restore-")), (made) => rm(made, { recursive: true }));
      for (const inside of ["data", "backup"]) await mkdir(join(directory, inside));
      const place = await placeOf(store, ours, directory);
      console = place.console;
      server = await ours.keep(startServer({ DATABASE_URL: place.url, METRICS_TOKEN }));
    });
    after(() => ours.end());

    async function follow(section: string): Promise<string> {
      const said: string[] = [];
      for (const line of page.commands(section)) said.push(await typed(server, line.replaceAll("/backup/", `${directory}/backup/`), console));
      return said.join("");
    }

    async function load(n: number): Promise<string[]> {
      const sent = new Load(server);
      await sent.reaches(n);
      await sent.drop();
      await settled(server);
      return [...sent.acknowledged];
    }

    /** It is acknowledged, and in no database yet when the server dies. */
    async function dieWithAnEventInTheSpool(): Promise<FakeCall> {
      const call = new FakeCall(server, "+15085140320");
      const release = await holdInbox(server);
      try {
        await call.arrives();
        await until("it is in the spool", async () => (value(await scrape(server), "inbox_spool_bytes") ?? 0) > 0 || undefined);
        await server.kill(); // who restores has had an accident
      } finally {
        await release();
      }
      return call;
    }

    it("F044: what was acknowledged before the backup is there, and so is what lay in the spool; readers begin anew", async () => {
      const kept = await load(200);
      await follow(`Back up ${store}`);
      const gone = await load(100);
      const { epoch } = await get<FeedPage>(server, "/api/events?after_seq=0");
      const spooled = await dieWithAnEventInTheSpool();

      const said = await follow(`Restore ${store}`);
      assert.match(said, /\b0 findings/);
      assert.match(said, /^epoch \S+ begins$/m);
      await server.start();
      await settled(server);

      const keys = new Set(await keptKeys(server));
      assert.deepEqual(kept.filter((key) => !keys.has(key)), []);
      assert.deepEqual(gone.filter((key) => keys.has(key)), [], "it is the backup that was restored");
      assert.ok(keys.has(`inbound:${spooled.sid}`), "the spool was brought in");
      assert.equal(keys.size, kept.length + 1);
      const stream = await Stream.open(server, `?last_seq=1&epoch=${epoch}`);
      await stream.first("resync");
      stream.close();
      await feedIsDense(server);
      await audit(server);
    });
  });

describe("the runbook's commands in containers", () => {
  it("name services of deploy/compose/compose.yml", async () => {
    const page = await Page.read("runbook.md");
    const { services } = await readCompose();
    const named = ["Back up PostgreSQL in a container", "Restore PostgreSQL in a container"].flatMap((section) => page.commands(section).flatMap(servicesOf));
    assert.ok(named.includes("postgres") && named.includes("worker"));
    assert.deepEqual(named.filter((name) => !(name in services)), []);
  });
});
