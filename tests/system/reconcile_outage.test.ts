// The provider has troubles of its own, for everybody at once: F026 from the outside.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Belongings } from "../lib/belongings.ts";
import { found, must, type Person, signIn } from "../lib/company.ts";
import { type Job, jobs } from "../lib/jobs.ts";
import { listen, type Listener } from "../lib/listen.ts";
import { type Server, startServer } from "../lib/server.ts";
import { sql } from "../lib/sql.ts";
import { until } from "../lib/wait.ts";

const POSTGRES = process.env["STORE"] === "postgres";
/** As many as the fault's name says, in the long form; the effect is the same, and CI has less time. */
const LONG = process.env["CHAOS"] === "long";
const PROJECTS = LONG ? 10_000 : 100;
const PATIENCE_MS = LONG ? 900_000 : 60_000;
const JOB_THREADS = 4;
/** Of the first wait after a failure, in milliseconds: half of it is drawn. It doubles with each further one. */
const FIRST_WAIT = 30_000;
const LAST_WAIT = 900_000; // of a job that comes every 10 to 15 minutes
const PARTS = 5;
const NAME = "reconcile_warm";
const OWNER = "owner@crowd.example";

/** Knows no calls, and has troubles of its own as long as it is told to. */
class Provider {
  away = true;
  most = 0;
  /** How often, by account. */
  readonly asked = new Map<string, number>();
  #under_way = 0;
  private constructor(readonly listener: Listener) {}

  static async open(): Promise<Provider> {
    const listener = await listen((request, answer) => {
      const account = /\/Accounts\/(\w+)/.exec(request.url ?? "")?.[1] ?? "";
      provider.asked.set(account, (provider.asked.get(account) ?? 0) + 1);
      provider.#under_way += 1;
      provider.most = Math.max(provider.most, provider.#under_way);
      answer.once("close", () => (provider.#under_way -= 1));
      const body = provider.away ? "{}" : '{"calls": [], "recordings": [], "next_page_uri": null}';
      const say = (): void => void answer.writeHead(provider.away ? 503 : 200, { "Content-Type": "application/json" }).end(body);
      setTimeout(say, 5); // long enough for others to come meanwhile
    });
    const provider: Provider = new Provider(listener);
    return provider;
  }

  close(): Promise<void> {
    return this.listener.close();
  }
}

/** A few at a time; the results are in their order. */
async function forEach<T, R>(all: readonly T[], work: (each: T, i: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const left = [...all.entries()].reverse();
  const one = async (): Promise<void> => {
    for (let next = left.pop(); next; next = left.pop()) results[next[0]] = await work(next[1], next[0]);
  };
  await Promise.all(Array.from({ length: 8 }, one));
  return results;
}

const accountOf = (i: number): string => `AC${String(i).padStart(32, "0")}`;
const waitOf = ({ next_run_at, latest }: Job): number => Date.parse(next_run_at ?? "") - Date.parse(latest?.ended_at ?? "");

describe(`a provider that fails for ${String(PROJECTS)} projects at once`, () => {
  const ours = new Belongings();
  let provider: Provider, server: Server, owner: Person;
  let projects: string[];
  before(async () => {
    provider = await ours.keep(Provider.open());
    const env = { TWILIO_BASE_URL: provider.listener.url, JOB_THREADS: String(JOB_THREADS), PROJECTS_MAX: String(PROJECTS + 1), API_REQUESTS_PER_MINUTE: "6000000" };
    server = await ours.keep(startServer(env));
    owner = await found(server, "Crowd", OWNER);
    projects = await forEach(Array.from({ length: PROJECTS }), async (_, i) => {
      const { id } = await must<{ id: string }>(server, owner.token, "POST", "/projects", { name: `p${String(i)}` });
      await must(server, owner.token, "PUT", `/api/connections/twilio/${accountOf(i)}`, { secret: `the-token-of-${String(i)}` }, id);
      return id;
    });
  });
  after(() => ours.end());

  /** The job of each project, as it was when `is` held for it. */
  async function all(what: string, is: (job: Job, i: number) => boolean): Promise<Job[]> {
    owner = await signIn(server, OWNER); // a token lasts ten minutes
    return forEach(projects, (project, i) =>
      until(what, async () => {
        const job = (await jobs(server, owner.token, project)).find(({ name }) => name === NAME);
        return job !== undefined && is(job, i) ? job : undefined;
      }, PATIENCE_MS));
  }

  /** At once, as if the last tries lay far back; who has not tried again is known by that. */
  const allAreDue = (): Promise<void> =>
    sql(server, `UPDATE sync_state SET next_run_at = ${POSTGRES ? "'epoch'" : "0"} WHERE job_name = '${NAME}';`);

  async function allFailOnceMore(): Promise<Job[]> {
    await allAreDue();
    return all("all have failed once more", (job, i) => {
      const asked = provider.asked.get(accountOf(i)) ?? 0;
      assert.ok(asked <= job.failures + 1, `${String(asked)} requests, ${String(job.failures)} failures`); // one is perhaps under way
      return job.latest?.state === "failed" && waitOf(job) > 0;
    });
  }

  /** Each comes again after a wait of its own, longer after each failure, and no part of that time has them all. */
  function comeApart(failed: Job[]): void {
    const parts = new Array<number>(PARTS).fill(0);
    for (const job of failed) {
      const most = Math.min(FIRST_WAIT * 2 ** (job.failures - 1), LAST_WAIT);
      const wait = waitOf(job);
      assert.ok(wait >= most / 2 && wait <= most, `${String(wait)} ms after failure ${String(job.failures)}`);
      const part = Math.min(Math.floor((wait / most - 0.5) * 2 * PARTS), PARTS - 1);
      parts[part] = (parts[part] ?? 0) + 1;
    }
    assert.ok(Math.min(...parts) > failed.length / PARTS / 6, `unevenly: ${parts.join()}`);
  }

  it("F026: no more are asked for at once than jobs run at once, each try asks once, and all come again apart", async (t) => {
    await all("all are planned", ({ next_run_at }) => next_run_at !== null);
    for (let time = 1; time <= 2; time += 1) {
      const failed = await allFailOnceMore();
      assert.ok(failed.every(({ failures }) => failures >= time));
      comeApart(failed);
    }
    t.diagnostic(`${String(provider.most)} requests at once`);
    assert.ok(provider.most > 1 && provider.most <= JOB_THREADS, `${String(provider.most)} at once`);
  });

  it("F026: and all succeed when it is back, as few at once", async (t) => {
    provider.away = false;
    provider.most = 0;
    await allAreDue();
    await all("all have succeeded", ({ failures, latest }) => failures === 0 && latest?.state === "succeeded");
    t.diagnostic(`${String(provider.most)} requests at once`);
    assert.ok(provider.most <= JOB_THREADS, `${String(provider.most)} at once`);
  });
});
