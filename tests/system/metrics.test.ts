// What Prometheus reads: told to who may, in its format, with few series, and true.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { get, type InboxPage } from "../lib/api.ts";
import { must, OWNER, signIn } from "../lib/company.ts";
import { listen } from "../lib/listen.ts";
import { METRICS_TOKEN, scrape, value } from "../lib/metrics.ts";
import { startAlertmanager, startPrometheus } from "../lib/prometheus.ts";
import { converse } from "../lib/raw.ts";
import { ACCOUNT_SID, freePort, type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { Stream } from "../lib/stream.ts";
import { deliverPoison, FakeCall, newCallSid, post } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const RULES = resolve(import.meta.dirname, "../../deploy/prometheus/rules.yml");
const LATER = "canary_last_success_timestamp_seconds"; // there once one came through: below

describe("alerts", () => {
  it("R065–R068: each is raised by what it is for, and by nothing else", () => {
    execFileSync("promtool", ["check", "rules", RULES], { stdio: "pipe" });
    execFileSync("promtool", ["test", "rules", RULES.replace(".yml", "_test.yml")], { stdio: "pipe" });
  });

  it("each is tested, and leads to a part of the runbook that is there", async () => {
    const rules = await readFile(RULES, "utf8");
    const tests = await readFile(RULES.replace(".yml", "_test.yml"), "utf8");
    const runbook = await readFile(resolve(RULES, "../../../docs/runbook.md"), "utf8");
    const anchors = [...runbook.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) => title.toLowerCase());
    const alerts = [...rules.matchAll(/- alert: (\w+)[^]*?runbook_url: .*#(\w+)/g)];
    assert.ok(alerts.length > 15);
    for (const [, name = "", anchor = ""] of alerts) {
      assert.ok(anchors.includes(anchor), `${name}: ${anchor}`);
      assert.ok(tests.includes(`alertname: ${name}\n`), `${name} has a test`);
    }
  });
});

/** Those that an expression asks for; what rules record, what is aggregated by, and labels are none of them. */
function metricsOf(expression: string): string[] {
  const asked = expression.replace(/\{__name__=~"([^"]*)"[^}]*\}/g, (_, names: string) => ` ${names.replaceAll("|", " ")} `);
  return asked.replace(/\bhookswitch:[\w:]+/g, " ").replace(/\b(by|without|on) *\([^)]*\)/g, " ").replace(/\{[^}]*\}|\[[^\]]*\]|"[^"]*"/g, " ").match(/\b[a-z]+(_[a-z0-9]+)+\b(?! *\()/g) ?? [];
}

describe("the runbook", () => {
  it("is shown by the server to whoever asks, with a place for each alert", async () => {
    const server = await startServer();
    try {
      const answer = await fetch(`${server.url}/app/runbook.html`);
      assert.deepEqual([answer.status, answer.headers.get("content-type")], [200, "text/html; charset=utf-8"]);
      const page = await answer.text();
      for (const [, anchor = ""] of (await readFile(RULES, "utf8")).matchAll(/runbook_url: .*#(\w+)/g))
        assert.ok(page.includes(`<h3 id="${anchor}">`), anchor);
    } finally {
      await server.remove();
    }
  });
});

describe("metrics", () => {
  let server: Server;
  before(async () => {
    server = await startServer({ METRICS_TOKEN });
  });
  after(() => server.remove());

  it("are not there for who may not read them", async () => {
    for (const headers of [{ Accept: "*/*" }, { Authorization: "Bearer wrong" }, { Authorization: METRICS_TOKEN }] as Record<string, string>[])
      assert.equal((await fetch(`${server.url}/metrics`, { headers })).status, 404);
    const closed = await startServer();
    assert.equal((await fetch(`${closed.url}/metrics`)).status, 404);
    await closed.remove();
    const open = await startServer({ METRICS_ALLOWED_CIDRS: "127.0.0.0/8" });
    assert.equal((await fetch(`${open.url}/metrics`)).status, 200);
    await open.remove();
  });

  it("R060–R064: the six names tell what has happened, and promtool finds nothing to mend", async () => {
    const call = new FakeCall(server, "+15085140320");
    await call.arrives();
    await call.status("completed", { CallDuration: "3" });
    await deliverPoison(server);
    const forged = await fetch(`${server.url}/webhooks/twilio/voice-status`, { method: "POST", body: "CallSid=x", headers: { "X-Twilio-Signature": "x" } });
    assert.equal(forged.status, 403);
    await settled(server);
    const page = await until("all is told", async () => {
      const now = await scrape(server);
      return value(now, "webhook_inbox_dead_letter") === 1 && value(now, "webhook_inbox_pending") === 0 ? now : undefined;
    });
    assert.equal(value(page, 'webhook_received_total{outcome="stored"}'), 3);
    assert.equal(value(page, 'webhook_invalid_signature_total{reason="malformed_signature"}'), 1);
    assert.equal(value(page, "worker_processing_latency_ms_count"), 2);
    assert.equal(value(page, 'worker_events_total{verdict="buried"}'), 1);
    for (const name of ["realtime_publish_latency_ms", "inbox_commit_latency_seconds", "inbox_group_events", "webhook_answer_latency_seconds", "reconcile_drift_detected_total", "job_late_seconds"])
      assert.match(page, new RegExp(`^# TYPE ${name} `, "m"));
    const { stderr } = spawnSync("promtool", ["check", "metrics"], { input: page, encoding: "utf8" });
    const documented = /^(worker_processing|realtime_publish)_latency_ms metric names should not contain abbreviated units$/;
    assert.deepEqual(stderr.split("\n").filter((line) => line !== "" && !documented.test(line)), []);
  });

  it("count requests by the class of their path, and of their status", async () => {
    const [api, missing, before_] = ['{class="api",status="2xx"}', '{class="other",status="4xx"}', await scrape(server)];
    const grown = (page: string, series: string): number => (value(page, series) ?? NaN) - (value(before_, series) ?? NaN);
    for (let i = 0; i < 3; i++) await get(server, "/api/health/sync");
    for (const path of [`/${newCallSid()}`, "/.env"]) assert.equal((await fetch(server.url + path)).status, 404);
    assert.equal((await fetch(`${server.url}/webhooks/twilio/voice-status`)).status, 405, "a look at the door");
    const stream = await Stream.open(server);
    stream.close();
    const page = await scrape(server);
    assert.equal(grown(page, `http_requests_total${api}`), 3);
    assert.equal(grown(page, `http_requests_total${missing}`), 3);
    assert.equal(grown(page, 'http_requests_total{class="webhook",status="4xx"}'), 0);
    assert.equal(grown(page, 'http_requests_total{class="feed",status="2xx"}'), 1);
    assert.equal(grown(page, 'http_requests_total{class="metrics",status="2xx"}'), 1); // the one before
    assert.equal(grown(page, 'http_answer_latency_seconds_count{class="api"}'), 3);
    assert.equal(grown(page, 'http_answer_latency_seconds_bucket{class="api",le="+Inf"}'), 3);
  });

  /** What a stranger can choose of a request, different in each. */
  const CHOSEN: Record<string, (i: string) => string> = {
    "a path": (i) => `GET /${i} HTTP/1.1\r\nHost: x\r\n\r\n`,
    "a path of the API": (i) => `GET /api/calls/${i} HTTP/1.1\r\nHost: x\r\n\r\n`,
    "a query": (i) => `GET /api/health?${i}=${i} HTTP/1.1\r\nHost: x\r\n\r\n`,
    "a host": (i) => `GET /api/health HTTP/1.1\r\nHost: ${i}.example\r\n\r\n`,
    "a project and a name": (i) => `GET /api/health HTTP/1.1\r\nHost: x\r\nX-Project-Id: ${i}\r\nUser-Agent: ${i}\r\n\r\n`,
    "a provider and a door": (i) => `POST /webhooks/p${i}/d${i} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`,
    "a method": (i) => `M${i} / HTTP/1.1\r\nHost: x\r\n\r\n`,
    "an account and a status": (i) => {
      const body = `AccountSid=AC${i.padStart(32, "0")}&CallSid=CA${i.padStart(32, "0")}&CallStatus=s${i}&From=%2B1508${i}`;
      return `POST /webhooks/twilio/voice-status HTTP/1.1\r\nHost: x\r\nX-Twilio-Signature: ${i}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`;
    },
  };
  const EACH = 5_000;
  const AT_ONCE = 250;

  /** Several on a connection; where the server ends one, the others go on another. */
  async function askAll(requests: string[]): Promise<void> {
    for (let at = 0; at < requests.length; ) {
      const some = requests.slice(at, at + AT_ONCE);
      const { statuses } = await converse(server, some.join(""), some.length);
      assert.ok(statuses.length > 0, requests[at]);
      at += statuses.length;
    }
  }

  it("F203: whatever is asked, forty thousand times otherwise, no series is added; no number of a caller is among them", async () => {
    const names = (page: string): string[] => page.split("\n").filter((line) => !line.startsWith("#")).map((line) => line.split(" ")[0] ?? "");
    const before_ = names(await scrape(server));
    const kinds = Object.values(CHOSEN);
    for (const [k, request] of kinds.entries()) await askAll(Array.from({ length: EACH }, (_, i) => request(String(k * EACH + i + 100_000))));
    for (let i = 0; i < 50; i++) await post(server, "voice-status", { AccountSid: `AC${String(i).padStart(32, "0")}`, CallSid: newCallSid(), CallStatus: "ringing" });
    const page = await scrape(server);
    assert.deepEqual(names(page).filter((name) => !before_.includes(name) && !name.startsWith("job_")), []); // jobs are planned meanwhile
    assert.ok(before_.length < 700, String(before_.length));
    assert.ok(!page.includes("15085140320"), "a caller's number is told");
    const counted = [...page.matchAll(/^http_requests_total\{.*\} (\d+)$/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
    assert.ok(counted >= (kinds.length - 1) * EACH, `only ${String(counted)} were counted`); // what has no method that there is, is no request
  });

  it("hold each name that an alert or the dashboard asks for", async () => {
    const rules = [...(await readFile(RULES, "utf8")).matchAll(/expr: (>-\n(?: {10}.*\n)+|.*\n)/g)].map(([, expression = ""]) => expression);
    const board = JSON.parse(await readFile(resolve(RULES, "../../grafana/hookswitch.json"), "utf8")) as { panels: { targets?: { expr: string }[] }[] };
    const shown = board.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    const asked = [...new Set([...rules, ...shown].flatMap(metricsOf))];
    assert.ok(rules.length > 15 && asked.length > 30, asked.join(" "));
    const page = await until("jobs are there", async () => {
      const now = await scrape(server);
      return now.includes("\njob_late_seconds{") ? now : undefined;
    });
    const told = new Set([...page.matchAll(/^(?:# TYPE )?(\w+)/gm)].map(([, name]) => name));
    const ofTheOther = process.env["STORE"] === "postgres" ? /^store_(disk|wal)_/ : /^store_slot_/;
    assert.deepEqual(asked.filter((name) => name !== LATER && !told.has(name) && !ofTheOther.test(name)), []);
  });

  it("R067: say of the installation what health says of its projects", async () => {
    const health = await get<{ status: string; reasons: string[] }>(server, "/api/health/sync");
    const dead = value(await scrape(server), 'sync_degraded{reason="dead_letters"}');
    assert.equal(dead === 1, health.reasons.some((reason) => reason.includes("dead letter")), health.reasons.join(" "));
    assert.equal(dead, 1); // by the test above
  });

  it("R146: the canary comes through the public address and leaves no trace", async () => {
    const watched = await startServer({ METRICS_TOKEN, CANARY_SECONDS: "1" });
    try {
      await until("it came back", async () => ((value(await scrape(watched), "canary_latency_seconds_count") ?? 0) > 0 ? true : undefined));
      const page = await scrape(watched);
      assert.equal(value(page, "canary_failed_total"), 0);
      assert.equal(value(page, "canary_enabled"), 1);
      assert.ok((value(page, "canary_last_success_timestamp_seconds") ?? 0) > 0);
      assert.ok((value(page, 'webhook_received_total{outcome="canary"}') ?? 0) > 0);
      assert.equal((await get<InboxPage>(watched, "/api/events")).total, 0);
      assert.equal((await get<{ total: number }>(watched, "/api/calls")).total, 0);
      const forged = await fetch(`${watched.url}/webhooks/twilio/voice-status`, {
        method: "POST",
        headers: { "Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": "a".repeat(27) + "=" },
        body: `AccountSid=${ACCOUNT_SID}&HookswitchCanary=1`,
      });
      assert.equal(forged.status, 403);
    } finally {
      await watched.remove();
    }
  });

  it("R146: a canary that nobody's account can sign for is told of, once", async () => {
    const watched = await startServer({ METRICS_TOKEN, CANARY_SECONDS: "1", TWILIO_ACCOUNT_SID: "", TWILIO_AUTH_TOKEN: "" });
    try {
      await until("it was looked for", () => Promise.resolve(watched.output().includes("canary.idle") || undefined));
      const page = await scrape(watched);
      assert.deepEqual([value(page, "canary_enabled"), value(page, "canary_failed_total")], [0, 0]);
    } finally {
      await watched.remove();
    }
  });

  it("R146: a canary that was missed is forgotten when the last account that signed for it is taken away", async () => {
    const path = `/api/connections/twilio/${ACCOUNT_SID}`;
    const address = `http://127.0.0.1:${String(await freePort())}`;
    const watched = await startServer({ ...OWNER, CANARY_SECONDS: "1", WEBHOOK_BASE_URL: address, TWILIO_ACCOUNT_SID: "", TWILIO_AUTH_TOKEN: "" });
    const becomes = (status: string): Promise<true> =>
      until(`health is ${status}`, async () => ((await get<{ status: string }>(watched, "/api/health/sync")).status === status ? true : undefined));
    try {
      const { token } = await signIn(watched, OWNER.BOOTSTRAP_ADMIN_EMAIL);
      await must(watched, token, "PUT", path, { secret: "the-token-that-signs-for-the-canary" });
      await becomes("degraded");
      await must(watched, token, "DELETE", path);
      await becomes("ok");
    } finally {
      await watched.remove();
    }
  });

  it("R146: the canary is missed when another answers than the door: with a page, or by sending it elsewhere", async () => {
    const answers: [number, Record<string, string>][] = [
      [200, {}],
      [302, { Location: "/elsewhere" }],
      [307, { Location: "/elsewhere" }],
    ];
    let asked = 0;
    const front = await listen((rq, rs) => {
      const [status, headers] = (rq.url === "/elsewhere" ? undefined : answers[asked++ % answers.length]) ?? [204, {}];
      rq.resume().once("end", () => rs.writeHead(status, headers).end());
    });
    const watched = await startServer({ METRICS_TOKEN, CANARY_SECONDS: "1", WEBHOOK_BASE_URL: front.url });
    try {
      await until("each has been answered", () => Promise.resolve(asked > answers.length ? true : undefined));
      const page = await scrape(watched);
      assert.ok((value(page, "canary_failed_total") ?? 0) >= answers.length);
      assert.equal(value(page, "canary_latency_seconds_count"), 0);
      assert.match(watched.output(), /canary\.failed/);
    } finally {
      await watched.remove();
      await front.close();
    }
  });

  it("R146: the canary is missed, and it is said why, when nobody is at the address, or another installation", async () => {
    type Nodes = { nodes: { canary: { came_through: boolean; took_ms: number | null } | null }[] };
    const elsewhere = await startServer({ TWILIO_AUTH_TOKEN: "the-auth-token-of-another-installation" });
    const cases: [string, RegExp][] = [
      [`http://127.0.0.1:${String(await freePort())}`, /canary\.failed.*(refused|connect)/i],
      [elsewhere.url, /canary\.failed.*answered 403/], // which refuses the signature
    ];
    try {
      for (const [address, why] of cases) {
        const watched = await startServer({ METRICS_TOKEN, CANARY_SECONDS: "1", WEBHOOK_BASE_URL: address });
        try {
          await until("it is missed", async () => ((value(await scrape(watched), "canary_failed_total") ?? 0) > 2 ? true : undefined));
          const page = await scrape(watched); // what HookswitchCanary looks at
          assert.deepEqual([value(page, "canary_enabled"), value(page, "canary_latency_seconds_count"), value(page, "canary_last_success_timestamp_seconds")], [1, 0, undefined]);
          assert.match(watched.output(), why);
          const { canary } = await until("it is told of", async () => (await get<Nodes>(watched, "/api/nodes")).nodes.find((n) => n.canary !== null));
          assert.deepEqual([canary?.came_through, canary?.took_ms], [false, null]);
          const health = await get<{ status: string; reasons: string[]; canary: typeof canary }>(watched, "/api/health/sync");
          assert.deepEqual([health.status, health.canary?.came_through], ["degraded", false]);
          assert.match(health.reasons.join(" "), /did not come through the public address/);
          assert.equal((await fetch(`${watched.url}/health`)).status, 200, "the node itself is well");
        } finally {
          await watched.remove();
        }
      }
      assert.equal((await get<InboxPage>(elsewhere, "/api/events")).total, 0);
    } finally {
      await elsewhere.remove();
    }
  });

  it("a real Prometheus scrapes them, with our rules loaded", async () => {
    const prometheus = await startPrometheus([new URL(server.url).host]);
    const { ask } = prometheus;
    try {
      await until("the value is there", async () => {
        const found = (await ask("query?query=webhook_inbox_dead_letter")) as { data: { result: { value: [number, string] }[] } } | undefined;
        return found?.data.result[0]?.value[1] === "1" ? true : undefined;
      });
      const alert = await until("the dead letter is told of", async () => {
        const found = (await ask("alerts")) as { data: { alerts: { labels: { alertname: string }; annotations: { runbook_url: string } }[] } } | undefined;
        return found?.data.alerts.find(({ labels }) => labels.alertname === "HookswitchDeadLetters");
      });
      assert.match(alert.annotations.runbook_url, /runbook\.md#/);
      // No label of ours is one that Prometheus gives, and would call otherwise.
      await until("the jobs are there under their names", async () => {
        const found = (await ask('query?query=job_late_seconds{job="hookswitch",job_name="reconcile_hot"}')) as { data: { result: unknown[] } } | undefined;
        return found?.data.result.length === 1 ? true : undefined;
      });
    } finally {
      await prometheus.stop();
    }
  });

  /** What Alertmanager posts. */
  type Notice = { receiver: string; status: string; alerts: { labels: Record<string, string>; annotations: Record<string, string> }[] };

  it("a node that is down and a dead letter reach somebody, through a real Alertmanager: one wakes them, one can wait", async () => {
    const notices: Notice[] = [];
    const receiver = await listen((rq, rs) => {
      void text(rq).then((body) => {
        notices.push(JSON.parse(body) as Notice);
        rs.writeHead(200).end();
      });
    });
    const told = (name: string): Promise<Notice> => until(`${name} reaches the receiver`, () => Promise.resolve(notices.find(({ alerts }) => alerts.some(({ labels }) => labels["alertname"] === name))));
    const down = `127.0.0.1:${String(await freePort())}`;
    const alertmanager = await startAlertmanager(receiver.url);
    const prometheus = await startPrometheus([new URL(server.url).host, down], { alertmanager, hasten: (rules) => rules.replaceAll("for: 1m\n", "for: 1s\n") });
    try {
      const [page, ticket] = [await told("HookswitchDown"), await told("HookswitchDeadLetters")];
      assert.deepEqual([page.receiver, page.status, ticket.receiver, ticket.status], ["page", "firing", "ticket", "firing"]);
      assert.deepEqual(page.alerts.map(({ labels }) => labels["instance"]), [down]);
      assert.equal(page.alerts[0]?.annotations["summary"], `${down} does not answer.`);
      assert.match(ticket.alerts[0]?.annotations["runbook_url"] ?? "", /#hookswitchdeadletters$/);
    } finally {
      await prometheus.stop();
      await alertmanager.stop();
      await receiver.close();
    }
  });
});
