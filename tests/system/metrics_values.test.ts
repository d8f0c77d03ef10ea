// What each figure of /metrics says after a scenario that is known: every metric has its row here, in a scenario or among
// those of which only the kind can be told. One that is exposed or documented and has none fails the last test.
import assert from "node:assert/strict";
import { readFile, statfs, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import twilio from "twilio";
import { ask, get, type InboxPage } from "../lib/api.ts";
import { type Collector, startCollector } from "../lib/collector.ts";
import { must, OWNER, signIn } from "../lib/company.ts";
import { assertFigures, type Figures, kindsOf, metricOf, otherwise } from "../lib/figures.ts";
import { METRICS_TOKEN, scrape, value } from "../lib/metrics.ts";
import { psql, startCluster } from "../lib/postgres.ts";
import { AT_ONCE, startSandbox } from "../lib/sandbox.ts";
import { ACCOUNT_SID, AUTH_TOKEN, freePort, OWNED_NUMBER, type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { holdInbox, sql } from "../lib/sql.ts";
import { Stream } from "../lib/stream.ts";
import { deliver, deliverPoison, newCallSid, type Params } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const POSTGRES = process.env["STORE"] === "postgres";
const DOCS = resolve(import.meta.dirname, "../../docs/metrics.md");
const MANY = Infinity;

/** Three events of two calls, one of them twice, poison, each kind of refusal, one who watches and one who has to load anew. */
const CALLS: Figures = {
  'http_requests_total{class="webhook",status="2xx"}': 5,
  'http_requests_total{class="webhook",status="4xx"}': 4,
  'http_requests_total{class="feed",status="2xx"}': 2,
  'http_requests_total{class="auth",status="2xx"}': 1,
  'http_requests_total{class="auth",status="4xx"}': 1,
  'http_requests_total{class="other",status="4xx"}': 3, // two of the refusals are made unread
  'http_requests_total{class="api",status="2xx"}': [1, MANY],
  'http_requests_total{class="health",status="2xx"}': [1, MANY], // asked until it is ready
  'http_requests_total{class="health",status="5xx"}': [0, MANY],
  'http_requests_total{class="metrics",status="2xx"}': [0, MANY],
  'http_answer_latency_seconds_count{class="webhook"}': 9,
  'http_answer_latency_seconds_count{class="feed"}': 2,
  'webhook_received_total{outcome="stored"}': 4,
  'webhook_received_total{outcome="duplicate"}': 1,
  'webhook_received_total{outcome="no_signature"}': 1,
  'webhook_received_total{outcome="malformed_signature"}': 1,
  'webhook_received_total{outcome="bad_signature"}': 1,
  'webhook_received_total{outcome="wrong_url"}': 1,
  'webhook_received_total{outcome="unknown_account"}': 1,
  'webhook_received_total{outcome="bad_body"}': 1,
  'webhook_invalid_signature_total{reason="no_signature"}': 1,
  'webhook_invalid_signature_total{reason="malformed_signature"}': 1,
  'webhook_invalid_signature_total{reason="bad_signature"}': 1,
  'webhook_invalid_signature_total{reason="wrong_url"}': 1,
  'webhook_invalid_signature_total{reason="unknown_account"}': 1,
  'webhook_invalid_signature_total{reason="bad_body"}': 1,
  webhook_answer_latency_seconds_count: 5,
  inbox_append_latency_seconds_count: 5,
  inbox_commit_latency_seconds_count: 5, // one by one, each is a group
  inbox_group_events_count: 5,
  inbox_group_events_sum: 5,
  inbox_waiting: 0,
  inbox_store_up: 1,
  webhook_inbox_pending: 0,
  webhook_inbox_dead_letter: 1,
  webhook_inbox_oldest_pending_seconds: 0,
  worker_processing_latency_ms_count: 3,
  worker_batch_latency_seconds_count: [1, 4],
  worker_batch_events_count: [1, 4],
  worker_batch_events_sum: 4,
  'worker_events_total{verdict="done"}': 3,
  'worker_events_total{verdict="buried"}': 1,
  realtime_publish_latency_ms_count: [1, 6], // what one batch left goes out at once, on each loop that is watched
  realtime_lag_seconds: 0,
  realtime_clients: 2,
  realtime_events_sent_total: 6,
  realtime_resyncs_total: 1,
  'sync_degraded{reason="dead_letters"}': 1,
  password_hashes_total: 3, // to keep the owner's, to let them in, and to refuse another
  canary_enabled: 0,
  canary_failed_total: 0,
  traces_exported_total: [1, MANY], // as many as the collector has: below
  traces_dropped_total: 0,
  reconcile_refused_projects: 0,
  elevenlabs_webhook_received_total: 0,
  elevenlabs_webhook_invalid_signature_total: 0,
  elevenlabs_webhook_retried_total: 0,
  elevenlabs_analyses_total: 0,
  elevenlabs_analysis_duration_seconds_total: 0,
};

/** One event is worked; five are kept back by a flag. */
const HELD: Figures = {
  webhook_inbox_held: 5,
  webhook_inbox_pending: 0,
  webhook_inbox_oldest_pending_seconds: 0,
  'worker_events_total{verdict="done"}': [1, MANY],
  'worker_events_total{verdict="held"}': 5,
};

/** Two events of a minute ago, and a job that is due since ten and has failed three times; nobody works. */
const NOBODY: Figures = {
  webhook_inbox_pending: 2,
  webhook_inbox_held: 0,
  webhook_inbox_oldest_pending_seconds: [60, 120],
  'job_late_seconds{job_name="freeze"}': [600, 660],
  'job_failures{job_name="freeze"}': 3,
  'job_behind_seconds{job_name="freeze"}': [3600, 3660],
  'sync_degraded{reason="backlog"}': 1,
  'sync_degraded{reason="job_late"}': 1,
  'sync_degraded{reason="job_fails"}': 1,
};

/** Of three events the store takes the first; the writer has the others in its spool. */
const SPOOLED: Figures = {
  'webhook_received_total{outcome="stored"}': 1,
  'webhook_received_total{outcome="spooled"}': 2,
  inbox_store_up: 0,
  inbox_spool_bytes: [200, 10_000],
  inbox_spool_latency_seconds_count: 2,
  inbox_spool_sync_latency_seconds_count: 2, // each is a group
  inbox_spool_replayed_total: 0,
  'sync_degraded{reason="inbox"}': 1,
  'sync_degraded{reason="spool"}': 1,
};
/** The same when it takes them again: the two are brought back, and a third file of the spool is no spool. */
const REPLAYED: Figures = {
  inbox_store_up: 1,
  inbox_spool_bytes: 0,
  inbox_spool_replayed_total: 2,
  inbox_spool_corrupt_total: 1,
  'worker_events_total{verdict="done"}': 2,
};

/** Before anything was found: of each kind there is a series, so that its first step is seen. */
const NO_DRIFT: Figures = Object.fromEntries(["call", "status", "duration", "price", "recording", "time", "parties"].map((kind) => [`reconcile_drift_detected_total{kind="${kind}"}`, 0]));

/** Two calls whose ends were never told, each asked for by hand. */
const MENDED: Figures = {
  'reconcile_drift_detected_total{kind="status"}': 2,
  'reconcile_drift_detected_total{kind="duration"}': [0, 2],
  'reconcile_drift_detected_total{kind="price"}': [0, 2], // a provider makes it a moment later
  'job_runs_total{job_name="sync_call",result="ok"}': 2,
  'provider_requests_total{provider="twilio",outcome="ok"}': [2, MANY], // each call, and its recordings
  'provider_answer_latency_seconds_count{provider="twilio"}': [2, MANY],
  ...Object.fromEntries(["freeze", "rebuild", "retention", "housekeeping"].map((name) => [`job_runs_total{job_name="${name}",result="ok"}`, [0, MANY]])), // when they are due
};

/** Nobody was asked: that is told, so that the first time is seen. */
const NOT_ASKED: Figures = Object.fromEntries(["ok", "absent", "refused", "too_often", "failed", "timeout"].map((outcome) => [`provider_requests_total{provider="twilio",outcome="${outcome}"}`, 0]));

/** A call that was asked for at a provider that answers 429, always; it is tried three times where the wait is short. */
const TOO_OFTEN: Figures = {
  'provider_requests_total{provider="twilio",outcome="too_often"}': [1, 3],
  'provider_answer_latency_seconds_count{provider="twilio"}': [1, 3],
};

/** The same when nobody is there. */
const NOBODY_ANSWERS: Figures = { ...TOO_OFTEN, 'provider_requests_total{provider="twilio",outcome="failed"}': 1 };

/** At least one came through, none was missed. */
const CANARY: Figures = {
  canary_enabled: 1,
  canary_failed_total: 0,
  canary_latency_seconds_count: [1, MANY],
  'webhook_received_total{outcome="canary"}': [1, MANY],
};

const canarySince = (began: number): Figures => ({ ...CANARY, canary_last_success_timestamp_seconds: [began, began + 60] });

/** Two nodes on one PostgreSQL: what one stores wakes the other. */
const IN_COMPANY: Figures = {
  wakeups_in_company: 1,
  wakeups_told_total: [1, MANY],
  wakeups_heard_total: [1, MANY],
  wakeups_dropped_total: 0,
};

const TABLES = [CALLS, HELD, NOBODY, SPOOLED, REPLAYED, MENDED, TOO_OFTEN, canarySince(0), IN_COMPANY];

/** Of these only that they are there, and what they are. */
const SHOWN: Record<string, [string, string]> = {
  worker_conflicts_total: ["counter", "the store decides whether batches meet"],
  worker_fenced_total: ["counter", "takes a worker that stands still: queue/worker_test, faults/lease"],
  realtime_slow_clients_closed_total: ["counter", "takes full buffers of the system: system/limits, feed/hub_slow_test"],
  process_cpu_seconds_total: ["counter", "the machine's"],
  process_resident_memory_bytes: ["gauge", "the machine's"],
  spool_disk_free_bytes: ["gauge", "others write to the disk"],
  store_disk_free_bytes: ["gauge", "others write to the disk"],
  store_wal_bytes: ["gauge", "SQLite's own affair"],
  store_file_bytes: ["gauge", "the engine's; of PostgreSQL: below"],
  store_slot_wal_bytes: ["gauge", "others may have slots; with one of our own: below"],
};

describe("the figures", () => {
  /** Waits until the page says all of it: what stands in the store is counted now and then. */
  const become = async (server: Server, figures: Figures): Promise<void> => {
    let page = "";
    await until("the figures are these", async () => (otherwise((page = await scrape(server)), figures).length === 0 ? true : undefined)).catch(() => undefined);
    assertFigures(page, figures);
  };
  const withServer = async (env: NodeJS.ProcessEnv, work: (server: Server) => Promise<void>): Promise<void> => {
    const server = await startServer({ METRICS_TOKEN, RECONCILE_JOBS_ENABLED: "false", ...env });
    try {
      await work(server);
    } finally {
      await server.remove();
    }
  };
  const ringing = (): Params => ({ AccountSid: ACCOUNT_SID, CallSid: newCallSid(), CallStatus: "ringing", From: "+15085140320", To: OWNED_NUMBER, Direction: "inbound", SequenceNumber: "0" });

  const refusals = async (server: Server): Promise<void> => {
    const [path, params] = ["/webhooks/twilio/voice-status", ringing()];
    const signed = (url: string, of = params, token = AUTH_TOKEN): Record<string, string> => ({ "X-Twilio-Signature": twilio.getExpectedTwilioSignature(token, url + path, of) });
    const elsewhere = server.url.replace("127.0.0.1", "localhost");
    const unknown = { ...params, AccountSid: `AC${"9".repeat(32)}` };
    const cases: [string, Params | string, Record<string, string>][] = [
      [server.url, params, {}],
      [server.url, params, { "X-Twilio-Signature": "x" }],
      [server.url, params, signed(server.url, params, "another-token")],
      [elsewhere, params, signed(elsewhere)],
      [server.url, unknown, signed(server.url, unknown)],
      [server.url, "a&".repeat(1000), signed(server.url)],
    ];
    for (const [url, body, headers] of cases) {
      const answer = await fetch(url + path, { method: "POST", body: typeof body === "string" ? body : new URLSearchParams(body).toString(), headers: { "Content-Type": "application/x-www-form-urlencoded", ...headers } });
      assert.ok(answer.status >= 400, `${String(answer.status)}: ${JSON.stringify([body, headers])}`);
    }
  };

  /** What this machine and this build have. */
  const ofHere = async (server: Server): Promise<Figures> => {
    const size = async (path: string): Promise<number> => statfs(path).then(({ blocks, bsize }) => blocks * bsize);
    const { nodes } = await get<{ nodes: { version: string }[] }>(server, "/api/nodes");
    const store = (server.env["DATABASE_URL"] ?? "").slice("sqlite:".length);
    return {
      [`hookswitch_info{version="${nodes[0]?.version ?? ""}"}`]: 1,
      spool_disk_size_bytes: await size(server.env["SPOOL_DIR"] ?? ""),
      ...(POSTGRES ? {} : { store_disk_size_bytes: await size(store) }),
    };
  };

  const someCalls = async (server: Server, collector: Collector): Promise<void> => {
    const owner = await signIn(server, OWNER.BOOTSTRAP_ADMIN_EMAIL);
    assert.equal((await ask(server, "/auth/login", { method: "POST", key: null, body: { email: owner.email, password: "another password" } })).status, 401);
    assert.equal((await fetch(`${server.url}/.env`)).status, 404);
    const streams = [await Stream.open(server), await Stream.open(server, "", { "Last-Event-ID": "another-history:7" })];
    await streams[1]?.first("resync");
    const [first, second] = [ringing(), ringing()];
    for (const params of [first, first, second, { ...first, CallStatus: "in-progress", SequenceNumber: "1" }]) await deliver(server, "voice-status", params);
    await deliverPoison(server);
    await refusals(server);
    for (const stream of streams) await stream.reaches(3);
    await become(server, { ...CALLS, ...(await ofHere(server)) });
    await until("the collector has all that was exported", async () => (otherwise(await scrape(server), { traces_exported_total: collector.spans.length }).length === 0 ? true : undefined));
    for (const stream of streams) stream.close();
    await become(server, { realtime_clients: 0 });
  };

  it("of some calls, and all that may be wrong with them", async () => {
    const collector = await startCollector();
    try {
      await withServer({ ...OWNER, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, (server) => someCalls(server, collector));
    } finally {
      await collector.close();
    }
  });

  /** How many of those that were sent are kept back, once each is either that or done. */
  const keptOf = (page: string, sent: number): number | undefined => {
    const [done = 0, held = 0] = ["done", "held"].map((verdict) => value(page, `worker_events_total{verdict="${verdict}"}`));
    return done + held === sent ? held : undefined;
  };

  it("of events that a flag keeps back", async () => {
    await withServer(OWNER, async (server) => {
      const owner = await signIn(server, OWNER.BOOTSTRAP_ADMIN_EMAIL);
      await deliver(server, "voice-status", ringing());
      await settled(server);
      await must(server, owner.token, "PATCH", "/api/flags", { webhook_ingestion_enabled: "shadow" });
      let sent = 1;
      await until("five are kept back", async () => {
        await deliver(server, "voice-status", ringing());
        sent++;
        return (await until("it is worked or kept back", async () => keptOf(await scrape(server), sent))) === 5 || undefined;
      });
      await become(server, HELD);
    });
  });

  it("of events and jobs that nobody works for", async () => {
    const ago = (seconds: number): string => (POSTGRES ? `now() - interval '${String(seconds)} seconds'` : `(unixepoch() - ${String(seconds)}) * 1000000`);
    await withServer({}, async (server) => {
      await server.stop();
      await sql(server, `UPDATE sync_state SET next_run_at = NULL; UPDATE sync_state SET next_run_at = ${ago(600)}, failures = 3, last_error_at = ${ago(60)}, last_success_at = ${ago(3600)} WHERE job_name = 'freeze';`);
      const idler = await startServer({ METRICS_TOKEN, DATABASE_URL: server.env["DATABASE_URL"] ?? "" }, ["--roles=door,api"]);
      try {
        for (const params of [ringing(), ringing()]) await deliver(idler, "voice-status", params);
        await sql(server, `UPDATE webhook_inbox SET received_at = ${ago(60)};`);
        await become(idler, NOBODY);
      } finally {
        await idler.remove();
      }
      await server.start();
    });
  });

  it("of events that the store does not take, and of a spool that somebody has written to", async () => {
    await withServer({}, async (server) => {
      await deliver(server, "voice-status", ringing());
      await settled(server);
      const letGo = await holdInbox(server);
      try {
        for (const params of [ringing(), ringing()]) await deliver(server, "voice-status", params);
        await become(server, SPOOLED);
        await server.kill();
      } finally {
        await letGo();
      }
      await writeFile(join(server.env["SPOOL_DIR"] ?? "", `${"9".padStart(20, "0")}.spool`), "this was never a spool\n".repeat(9));
      await server.start();
      await become(server, REPLAYED);
      assert.equal((await get<InboxPage>(server, "/api/events")).total, 3);
    });
  });

  it("of calls that were mended", async () => {
    const port = String(await freePort());
    await withServer({ TWILIO_BASE_URL: `http://127.0.0.1:${port}` }, async (server) => {
      const sandbox = await startSandbox(server.url, ["--port", port, ...AT_ONCE, "--calls", "6", "--lose-ends", "1", "--seed", "14"]);
      try {
        await become(server, NO_DRIFT);
        await sandbox.over;
        await settled(server);
        const { calls } = await get<{ calls: { twilio_sid: string }[] }>(server, "/api/calls/active");
        for (const { twilio_sid } of calls.slice(0, 2)) assert.equal((await ask(server, `/api/sync/call/${twilio_sid}`, { method: "POST" })).status, 200);
        await become(server, MENDED);
      } finally {
        await sandbox.stop();
      }
    });
  });

  it("of a provider that is asked too often, and of one that is not there", async () => {
    const port = String(await freePort());
    await withServer({ TWILIO_BASE_URL: `http://127.0.0.1:${port}` }, async (server) => {
      const call = ringing();
      const asksFor = async (): Promise<number> => (await ask(server, `/api/sync/call/${call["CallSid"] ?? ""}`, { method: "POST" })).status;
      await become(server, NOT_ASKED);
      const sandbox = await startSandbox(server.url, ["--port", port, "--rate", "0", "--rate-limit", "1"]);
      try {
        assert.equal(await asksFor(), 503);
        await become(server, TOO_OFTEN);
      } finally {
        await sandbox.stop();
      }
      await until("the server may ask again, and finds nobody", async () => {
        assert.equal(await asksFor(), 503);
        return value(await scrape(server), 'provider_requests_total{provider="twilio",outcome="failed"}') === 1 || undefined;
      });
      await become(server, NOBODY_ANSWERS);
    });
  });

  it("of a webhook of our own", async () => {
    const began = Date.now() / 1000;
    await withServer({ CANARY_SECONDS: "1" }, (server) => become(server, canarySince(began)));
  });

  it("of a PostgreSQL that keeps its log for somebody who is gone, and that then stands still: who reads the page does not wait", { skip: !POSTGRES && "PostgreSQL only" }, async () => {
    const cluster = await startCluster();
    try {
      await psql(cluster.superuser, "SELECT pg_create_physical_replication_slot('gone', true)");
      await withServer({ DATABASE_URL: cluster.url }, async (server) => {
        const sizes: Figures = { store_file_bytes: [1_000_000, 1_000_000_000], store_slot_wal_bytes: [1000, 1_000_000_000] };
        await become(server, sizes);
        await cluster.pause();
        try {
          for (const began = Date.now(); Date.now() - began < 7000; await setTimeout(500)) // longer than from one look to the next
            assertFigures(await scrape(server), sizes);
        } finally {
          await cluster.resume();
        }
      });
    } finally {
      await cluster.remove();
    }
  });

  it("of two nodes", { skip: !POSTGRES && "PostgreSQL only: SQLite has one node" }, async () => {
    await withServer({}, (server) =>
      withServer({ DATABASE_URL: server.env["DATABASE_URL"] ?? "" }, async (second) => {
        for (const node of [server, second]) await become(node, { wakeups_in_company: 1 });
        for (const node of [server, second]) await deliver(node, "voice-status", ringing());
        for (const node of [server, second]) await become(node, IN_COMPANY);
      }));
  });

  /** What a server exposes that has all there is to have. */
  const exposedByAll = async (look: (server: Server) => Promise<void>): Promise<Map<string, string>> => {
    const collector = await startCollector();
    let kinds = new Map<string, string>();
    try {
      await withServer({ CANARY_SECONDS: "1", OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, async (server) => {
        await look(server);
        await until("the canary has come through", async () => (kinds = kindsOf(await scrape(server))).has("canary_last_success_timestamp_seconds") || undefined);
      });
    } finally {
      await collector.close();
    }
    return kinds;
  };

  it("are all asserted, or said to be none that could be, and documented; and those alone are", async () => {
    const documented = [...(await readFile(DOCS, "utf8")).matchAll(/^\| (`[a-z_*`, ]+) \|/gm)].flatMap(([, names = ""]) => [...names.matchAll(/[\w*]+/g)].map(([name]) => name));
    const matches = (name: string, pattern: string): boolean => new RegExp(`^${pattern.replaceAll("*", "\\w+")}$`).test(name);
    const elsewhere = POSTGRES ? /^store_(disk|wal)_/ : /^(wakeups|store_slot)_/;
    const asserted = new Set<string>();
    const exposed = await exposedByAll(async (server) => {
      for (const table of [...TABLES, await ofHere(server)]) for (const series of Object.keys(table)) asserted.add(metricOf(series));
    });
    const told = [...exposed.keys()];
    assert.ok(documented.length > 40, documented.join(" "));
    assert.deepEqual(told.filter((name) => !asserted.has(name) && !(name in SHOWN)), [], "without a row");
    assert.deepEqual(told.filter((name) => asserted.has(name) && name in SHOWN), [], "in both tables");
    assert.deepEqual(Object.entries(SHOWN).filter(([name, [kind]]) => !elsewhere.test(name) && exposed.get(name) !== kind).map(([name]) => name), [], "not there, or of another kind");
    assert.deepEqual(told.filter((name) => !documented.some((pattern) => matches(name, pattern))), [], "not documented");
    assert.deepEqual(documented.filter((pattern) => !elsewhere.test(pattern) && !told.some((name) => matches(name, pattern))), [], "documented and not there");
  });
});
