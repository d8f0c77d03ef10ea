// Every documented route and its errors; each answer is held against docs/openapi.yaml by ask().
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ask, type CallDetail, type Fault, type FeedPage, get, type InboxPage, type ReasonPage, type SyncHealth } from "../lib/api.ts";
import { METRICS_TOKEN, scrape, value } from "../lib/metrics.ts";
import { documentedRoutes } from "../lib/openapi.ts";
import { psql } from "../lib/postgres.ts";
import { API_KEY, type Server, startServer } from "../lib/server.ts";
import { audit, settled, tool } from "../lib/settled.ts";
import { sql } from "../lib/sql.ts";
import { Stream } from "../lib/stream.ts";
import { until } from "../lib/wait.ts";
import { deliver, deliverPoison, FakeCall } from "../lib/twilio.ts";
import { ACCOUNT_SID } from "../lib/server.ts";

const CALLER = "+15085140320";

type Conversation = { id: string; subject: string; last_message: { subject: string; call_status: string } | null };
type Message = { subject: string; duration: number | null; talk_time: number | null; wait_time: number | null; total_duration: number | null };

describe("the API", () => {
  let server: Server;
  let answered: FakeCall, leg: FakeCall, ringing: FakeCall;

  before(async () => {
    server = await startServer();
    answered = new FakeCall(server, CALLER);
    await answered.arrives();
    leg = new FakeCall(server, CALLER, "sip:dispatcher@abchomes.sip.us1.twilio.com", answered);
    for (const status of ["initiated", "ringing", "in-progress"]) await leg.status(status);
    await leg.status("completed", { CallDuration: "29" });
    await answered.dialEnds(leg, "completed");
    await answered.status("completed", { CallDuration: "35" });
    ringing = new FakeCall(server, "+12025550143");
    await ringing.arrives();
    await deliverPoison(server);
    await settled(server);
  });
  after(() => server.remove());

  it("has the routes that are documented, and documents those that it has", async () => {
    const { output } = await tool(server, "routes");
    const routes = output.trim().split("\n").map((line) => line.split(" ", 2).join(" "));
    assert.deepEqual(routes.sort(), documentedRoutes().sort());
  });

  it("is healthy, says /health to anybody", async () => {
    assert.deepEqual((await ask(server, "/health", { key: null })).body, { status: "healthy" });
  });

  it("tells backlog and dead letters honestly", async () => {
    const health = await get<SyncHealth>(server, "/api/health/sync");
    assert.equal(health.status, "degraded");
    assert.equal(health.inbox.pending, 0);
    assert.equal(health.inbox.dead_letter, 1);
    assert.match(health.reasons.join(" "), /dead letter/);
  });

  it("lists conversations as documented", async () => {
    const page = await get<{ conversations: Conversation[]; total: number }>(server, "/api/conversations?page=1&limit=20");
    assert.equal(page.total, 2);
    const known = page.conversations.find(({ subject }) => subject === "Calls with +1 (508) 514-0320");
    assert.equal(known?.last_message?.subject, "📞 Incoming Call - 35s");
    assert.equal(known?.last_message?.call_status, "completed");
  });

  it("pages, and says what a page may be", async () => {
    const second = await get<{ conversations: Conversation[]; page: number }>(server, "/api/conversations?page=2&limit=1");
    assert.equal(second.conversations.length, 1);
    assert.equal(second.page, 2);
    assert.equal((await get<{ conversations: unknown[] }>(server, "/api/conversations?page=9")).conversations.length, 0);
    for (const query of ["limit=0", "limit=101", "page=0", "page=x", "limit=1.5", "page=-1"]) {
      const { status, body } = await ask<Fault>(server, `/api/conversations?${query}`);
      assert.equal(status, 400, query);
      assert.equal(body.error.code, "INVALID_REQUEST");
    }
  });

  it("reads on by the cursor of a page, and takes no other", async () => {
    type Page = { conversations: Conversation[]; total?: number; page?: number; next_cursor: string | null };
    const first = await get<Page>(server, "/api/conversations?limit=1");
    assert.deepEqual([first.total, first.page], [2, 1]);
    const second = await get<Page>(server, `/api/conversations?limit=1&cursor=${first.next_cursor ?? ""}`);
    assert.notEqual(second.conversations[0]?.id, first.conversations[0]?.id);
    assert.deepEqual([second.conversations.length, second.total, second.page, second.next_cursor], [1, undefined, undefined, null]);
    for (const query of ["cursor=x", `cursor=${"9".repeat(65)}`, `page=2&cursor=${first.next_cursor ?? ""}`]) {
      const { status, body } = await ask<Fault>(server, `/api/conversations?${query}`);
      assert.equal(status, 400, query);
      assert.equal(body.error.code, "INVALID_REQUEST");
    }
  });

  it("narrows conversations by contact and by their latest call", async () => {
    const found = async (query: string): Promise<number> => (await get<{ total: number }>(server, `/api/conversations?${query}`)).total;
    const expected = {
      "q=514-0320": 1, "q=(508)%20514": 1, "q=202555": 1, "q=%25": 0, "q=nobody": 0,
      "direction=inbound": 2, "direction=outbound": 0, "status=ringing": 1, "status=completed": 1,
      "missed=true": 0, "missed=false": 2, "recording=true": 0,
      "from=2020-01-01T00:00:00Z": 2, "to=2020-01-01T00:00:00Z": 0, "status=completed&q=202555": 0,
    };
    for (const [query, total] of Object.entries(expected)) assert.equal(await found(query), total, query);
    for (const query of ["missed=1", "recording=x", "status=lost", "direction=up", "from=today", `q=${"9".repeat(101)}`, "q=%ff"])
      assert.equal((await ask(server, `/api/conversations?${query}`)).status, 400, query);
  });

  it("merges the legs of a call into one message", async () => {
    const { conversations } = await get<{ conversations: Conversation[] }>(server, "/api/conversations");
    const id = conversations.find(({ subject }) => subject.includes("514-0320"))?.id ?? "";
    const detail = await get<{ metadata: { total_calls: number } }>(server, `/api/conversations/${id}`);
    assert.equal(detail.metadata.total_calls, 1);
    const { messages } = await get<{ messages: Message[] }>(server, `/api/conversations/${id}/messages`);
    assert.equal(messages.length, 1);
    const [message] = messages;
    assert.deepEqual([message?.total_duration, message?.talk_time, message?.wait_time], [35, 29, 6]);
  });

  it("shows what is going on now", async () => {
    const { calls } = await get<{ calls: { twilio_sid: string }[] }>(server, "/api/calls/active");
    assert.deepEqual(calls.map((call) => call.twilio_sid), [ringing.sid]);
    const active = await get<{ total: number }>(server, "/api/conversations/active");
    assert.equal(active.total, 1);
  });

  it("lists and filters calls", async () => {
    assert.ok((await get<{ total: number }>(server, "/api/calls")).total >= 2);
    assert.equal((await get<{ total: number }>(server, "/api/calls?status=ringing")).total, 1);
    assert.equal((await get<{ total: number }>(server, "/api/calls?direction=outbound")).total, 0);
    for (const query of ["status=lost", "direction=up", "visibility=none"])
      assert.equal((await ask(server, `/api/calls?${query}`)).status, 400);
  });

  it("shows a call with its legs, its log, and as it was", async () => {
    const detail = await get<CallDetail>(server, `/api/calls/${answered.sid}`);
    assert.equal(detail.call.status, "completed");
    assert.deepEqual(detail.legs.map((l) => l.twilio_sid), [leg.sid]);
    assert.ok(detail.events.length >= 3);
    assert.deepEqual(detail.events.map((e) => e.seq), detail.events.map((e) => e.seq).sort((a, b) => a - b));
    const first = detail.events[0];
    const told = await get<{ call_sid: string }>(server, `/api/events/${first?.inbox_event_id ?? ""}`);
    assert.equal(told.call_sid, answered.sid);
    const then = await get<CallDetail>(server, `/api/calls/${answered.sid}?as_of=${first?.id ?? ""}`);
    assert.equal(then.call.status, "ringing");
    assert.equal(then.call.is_final, false);
  });

  it("answers what is missing, foreign or malformed alike", async () => {
    const paths = ["/api/conversations/999999", "/api/conversations/x", "/api/conversations/999999/messages", "/api/calls/CA0", "/api/events/999999", "/api/events/0x1"];
    for (const path of paths) {
      const { status, body } = await ask<Fault>(server, path);
      assert.equal(status, 404, path);
      assert.equal(body.error.code, "NOT_FOUND");
      assert.ok(body.error.details.trace_id.length > 0);
    }
    assert.equal((await fetch(`${server.url}/nothing/here`)).status, 404);
  });

  it("lets nobody in without a key, and says what to do", async () => {
    for (const key of [null, "wrong", API_KEY + "x"]) {
      const { status, body } = await ask<Fault>(server, "/api/conversations", { key });
      assert.equal(status, 401);
      assert.ok(body.error.human_how_to_fix.length > 0);
    }
  });

  it("pages the feed without a gap", async () => {
    const seqs: number[] = [];
    let after = 0;
    for (let more = true; more; ) {
      const page = await get<FeedPage>(server, `/api/events?after_seq=${String(after)}&limit=2`);
      seqs.push(...page.events.map((event) => event.seq));
      after = seqs.at(-1) ?? 0;
      more = page.has_more;
    }
    assert.deepEqual(seqs, seqs.map((_, i) => i + 1));
    const ahead = await get<FeedPage>(server, "/api/events?after_seq=100000");
    assert.equal(ahead.resync, true);
    assert.equal((await ask(server, "/api/events?after_seq=-1")).status, 400);
    assert.equal((await ask(server, "/api/events?after_seq=x")).status, 400);
  });

  it("lists and filters what was received", async () => {
    const all = await get<InboxPage>(server, "/api/events");
    assert.equal(all.total, 9);
    assert.equal((await get<InboxPage>(server, `/api/events?call_sid=${leg.sid}`)).total, 4);
    assert.equal((await get<InboxPage>(server, "/api/events?event_type=dial-action")).total, 1);
    assert.equal((await get<InboxPage>(server, "/api/events?source=twilio_recording")).total, 0);
    assert.equal((await get<InboxPage>(server, "/api/events?from=2000-01-01T00:00:00Z&to=2000-01-02T00:00:00Z")).total, 0);
    assert.equal((await ask(server, "/api/events?from=yesterday")).status, 400);
    assert.equal((await ask(server, "/api/events?processing_status=odd")).status, 400);
  });

  it("shows one event with its payload and what became of it", async () => {
    const { events } = await get<InboxPage>(server, `/api/events?call_sid=${leg.sid}`);
    const event = await get<{ payload: Record<string, string>; attempts: number; call_events: unknown[] }>(server, `/api/events/${events[0]?.id ?? ""}`);
    assert.equal(event.payload["CallSid"], leg.sid);
    assert.equal(event.attempts, 1);
    assert.ok(event.call_events.length >= 1);
  });

  it("replays dead letters singly and in bulk, and never applies an event twice", async () => {
    const dead = await get<InboxPage>(server, "/api/events?processing_status=dead_letter");
    const id = dead.events[0]?.id ?? "";
    const one = await ask<{ id: string }>(server, `/api/events/${id}/reprocess`, { method: "POST" });
    assert.equal(one.status, 202);
    assert.equal(one.body.id, id);
    await settled(server);
    const many = await ask<{ requested: number }>(server, "/api/events/reprocess", { method: "POST", body: { filter: { processing_status: "dead_letter" } } });
    assert.deepEqual(many.body, { requested: 1, results: [{ id, result: "queued" }] });
    await settled(server);
    const done = await get<InboxPage>(server, "/api/events?processing_status=completed&limit=1");
    const head = (await get<FeedPage>(server, "/api/events?after_seq=0&limit=1")).last_seq;
    const again = await ask<{ processing_status: string }>(server, `/api/events/${done.events[0]?.id ?? ""}/reprocess`, { method: "POST" });
    assert.equal(again.status, 202);
    assert.equal(again.body.processing_status, "completed");
    await settled(server);
    assert.equal((await get<FeedPage>(server, "/api/events?after_seq=0&limit=1")).last_seq, head);
    await audit(server);
  });

  it("groups dead letters by their reason, and replays a selection with a result for each", async () => {
    const { reasons, total } = await get<ReasonPage>(server, "/api/events/reasons");
    assert.equal(total, 1);
    const reason = reasons[0];
    assert.equal(reason?.count, 1);
    assert.equal(reason.event_type, "call-status");
    const same = `/api/events?processing_status=dead_letter&event_type=call-status&error=${encodeURIComponent(reason.error)}`;
    const dead = (await get<InboxPage>(server, same)).events[0]?.id ?? "";
    assert.equal((await get<InboxPage>(server, `${same}x`)).total, 0);
    const done = (await get<InboxPage>(server, "/api/events?processing_status=completed&limit=1")).events[0]?.id ?? "";

    const ids = [dead, done, "999999"];
    const { body } = await ask<object>(server, "/api/events/reprocess", { method: "POST", body: { ids } });
    const results = ["queued", "unchanged", "not_found"].map((result, i) => ({ id: ids[i], result }));
    assert.deepEqual(body, { requested: 1, results });
    await settled(server);
    const became = await get<InboxPage>(server, `/api/events?ids=${ids.join(",")}`);
    const states = new Map(became.events.map(({ id, processing_status }) => [id, processing_status]));
    assert.equal(states.get(dead), "dead_letter");
    assert.equal(states.get(done), "completed");
    assert.equal(became.total, 2);

    const filter = { processing_status: "dead_letter", error: reason.error, event_type: reason.event_type };
    for (const [narrowed, named] of [[{ ...filter, error: "another" }, []], [filter, [dead]]] as const) {
      const expected = { requested: named.length, results: named.map((id) => ({ id, result: "queued" })) };
      assert.deepEqual((await ask(server, "/api/events/reprocess", { method: "POST", body: { filter: narrowed } })).body, expected);
    }
    await settled(server);
    for (const query of ["ids=x", "ids=1,,2", `ids=${Array.from({ length: 101 }, (_, i) => i + 1).join(",")}`])
      assert.equal((await ask(server, `/api/events?${query}`)).status, 400, query);
  });

  it("tells nothing of another project, and replays nothing of it", async () => {
    const dead = (await get<InboxPage>(server, "/api/events?processing_status=dead_letter")).events[0]?.id ?? "";
    const give = (project: number): Promise<unknown> => sql(server, `UPDATE webhook_inbox SET project_id = ${String(project)} WHERE id = ${dead};`);
    await give(4711);
    assert.equal((await get<ReasonPage>(server, "/api/events/reasons")).total, 0);
    assert.equal((await get<InboxPage>(server, `/api/events?ids=${dead}`)).total, 0);
    assert.equal((await ask(server, `/api/events/${dead}/reprocess`, { method: "POST" })).status, 404);
    const many = await ask(server, "/api/events/reprocess", { method: "POST", body: { ids: [dead] } });
    assert.deepEqual(many.body, { requested: 0, results: [{ id: dead, result: "not_found" }] });
    const all = await ask(server, "/api/events/reprocess", { method: "POST", body: { filter: { processing_status: "dead_letter" } } });
    assert.deepEqual(all.body, { requested: 0, results: [] });
    await give(1);
    assert.equal((await get<InboxPage>(server, `/api/events?ids=${dead}`)).events[0]?.processing_status, "dead_letter");
  });

  it("refuses bodies that it does not understand, with a reason", async () => {
    const path = "/api/events/reprocess";
    const bodies: unknown[] = ["{", "[]", {}, { ids: [] }, { ids: ["x"] }, { ids: [1] }, { ids: ["1"], filter: {} }, { filter: { processing_status: "completed" } }, "[".repeat(100_000)];
    for (const body of bodies) {
      const { status } = await ask<Fault>(server, path, { method: "POST", body });
      assert.equal(status, 400, JSON.stringify(body).slice(0, 100));
    }
    const plain = await ask(server, path, { method: "POST", body: "x", headers: { "Content-Type": "text/plain" } });
    assert.equal(plain.status, 415);
  });

  it("tells people what went wrong in the language they ask for", async () => {
    for (const [language, title] of [["en", "you are not signed in"], ["ru-RU, en;q=0.5", "вы не вошли в систему"]] as const) {
      const { status, body } = await ask<Fault>(server, "/api/me", { key: null, headers: { "Accept-Language": language } });
      assert.equal(status, 401);
      assert.equal(body.error.code, "UNAUTHORIZED");
      assert.equal(body.error.human_title, title);
      assert.ok(body.error.human_how_to_fix.length > 0);
    }
    const method = await fetch(`${server.url}/api/me`, { method: "PUT", headers: { "Accept-Language": "ru" } });
    assert.match(await method.text(), /этот путь не поддерживает такой метод/);
  });

  it("tells a wrong method what is allowed", async () => {
    const answer = await fetch(`${server.url}/api/conversations`, { method: "DELETE" });
    assert.equal(answer.status, 405);
    assert.match(answer.headers.get("allow") ?? "", /GET/);
  });

  it("opens a session with the one-time link, once", async () => {
    const first = await fetch(server.loginLink, { redirect: "manual" });
    assert.equal(first.status, 303);
    assert.equal(first.headers.get("location"), "/app/");
    const cookie = first.headers.get("set-cookie") ?? "";
    assert.match(cookie, /HttpOnly/);
    assert.match(cookie, /SameSite=Strict/);
    assert.equal((await fetch(server.loginLink, { redirect: "manual" })).status, 401);

    const session = { Cookie: cookie.split(";")[0] ?? "" };
    const me = await ask<{ actor: { kind: string } }>(server, "/api/me", { key: null, headers: session });
    assert.equal(me.body.actor.kind, "user");
    const foreign = { ...session, Origin: "https://evil.example" };
    assert.equal((await ask(server, "/auth/logout", { method: "POST", key: null, headers: foreign })).status, 403);
    assert.equal((await ask(server, "/auth/logout", { method: "POST", key: null, headers: { ...session, Origin: server.url } })).status, 204);
    assert.equal((await ask(server, "/api/me", { key: null, headers: session })).status, 401);
  });

  it("serves the interface from itself, compressed, with its own policy", async () => {
    const home = await fetch(server.url, { redirect: "manual" });
    assert.equal(home.status, 302);
    assert.equal(home.headers.get("location"), "/app/");
    const page = await fetch(`${server.url}/app/`, { headers: { "Accept-Encoding": "gzip" } });
    assert.equal(page.status, 200);
    assert.equal(page.headers.get("content-encoding"), "gzip");
    assert.ok(page.headers.get("content-security-policy"));
    assert.match(await page.text(), /<div id="root">/);
  });

  it("keeps a filtered call and hides it", async () => {
    const sid = `CA${"f".repeat(32)}`;
    await deliver(server, "voice-status", { AccountSid: ACCOUNT_SID, CallSid: sid, CallStatus: "ringing", From: "sip:a@x.sip.twilio.com", To: "sip:b@x.sip.twilio.com", Direction: "inbound", SequenceNumber: "0", Timestamp: new Date().toUTCString().replace("GMT", "+0000") });
    await settled(server);
    const { call } = await get<CallDetail>(server, `/api/calls/${sid}`);
    assert.equal(call.visibility, "filtered");
    assert.equal(call.direction, "internal");
    const shown = await get<{ calls: { twilio_sid: string }[] }>(server, "/api/calls?limit=100");
    assert.ok(!shown.calls.some((c) => c.twilio_sid === sid));
    const hidden = await get<{ calls: { twilio_sid: string }[] }>(server, "/api/calls?visibility=filtered");
    assert.deepEqual(hidden.calls.map((c) => c.twilio_sid), [sid]);
  });

  it("gives all calls of a conversation to who names no page, and pages of them to who does", async () => {
    for (let i = 0; i < 25; i++) await new FakeCall(server, "+12025550187").arrives();
    await settled(server);
    const { conversations } = await get<{ conversations: Conversation[] }>(server, "/api/conversations");
    const path = `/api/conversations/${conversations.find(({ subject }) => subject.includes("555-0187"))?.id ?? ""}/messages`;
    const { messages, total } = await get<{ messages: Message[]; total: number }>(server, path);
    assert.deepEqual([messages.length, total], [25, 25]);
    assert.equal((await get<{ messages: Message[] }>(server, `${path}?limit=10&page=3`)).messages.length, 5);
    assert.equal((await ask(server, `${path}?limit=1001`)).status, 400);
  });
});

describe("the health of a node that nobody works for", () => {
  let server: Server;
  before(async () => {
    server = await startServer({}, ["--roles=door,api,hub"]);
  });
  after(() => server.remove());

  it("is ok while nothing waits, and degraded when something does, with the reason", async () => {
    assert.equal((await get<SyncHealth>(server, "/api/health/sync")).status, "ok");
    await new FakeCall(server, CALLER).arrives();
    const health = await until("health is degraded", async () => {
      const now = await get<SyncHealth>(server, "/api/health/sync");
      return now.status === "ok" ? undefined : now;
    });
    assert.equal(health.status, "degraded");
    assert.match(health.reasons.join(" "), /oldest waiting event/);
    assert.equal(health.inbox.pending, 1);
    assert.equal(health.worker.lag_ms, health.inbox.oldest_pending_age_ms);
  });
});

describe("the health of a hub that stands still", { skip: process.env["STORE"] !== "postgres" && "PostgreSQL only: its session is one that can be held" }, () => {
  let server: Server, stream: Stream;
  before(async () => {
    server = await startServer({ METRICS_TOKEN });
    stream = await Stream.open(server);
    await stream.first("connected");
  });
  after(async () => {
    stream.close();
    await server.remove();
  });

  /** Of the only one that asks how far several projects are. */
  const sessionOfHub = (): Promise<number> =>
    until("the hub has asked", async () => {
      const pid = await psql(server.env["DATABASE_URL"] ?? "", "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%FROM unnest(%JOIN feed_heads%' AND pid <> pg_backend_pid()");
      return /^\d+$/.test(pid) ? Number(pid) : undefined;
    });
  const health = (): Promise<SyncHealth> => get<SyncHealth>(server, "/api/health/sync");
  const push = async (): Promise<number | undefined> => value(await scrape(server), 'sync_degraded{reason="push"}');

  it("is ok while nothing waits for it, and degraded when something does, with the reason and for how long", async () => {
    await new FakeCall(server, CALLER).arrives();
    await stream.reaches(1);
    assert.deepEqual([(await health()).status, await push()], ["ok", 0]);
    const session = await sessionOfHub();
    process.kill(session, "SIGSTOP");
    try {
      await new FakeCall(server, CALLER).arrives();
      const late = await until("health is degraded", async () => {
        const now = await health();
        return (now.feed.publish_lag_ms ?? 0) > 4000 ? now : undefined;
      });
      assert.ok(late.reasons.some((reason) => /^The oldest event that is not sent on to browsers has waited \d+ seconds\.$/.test(reason)), late.reasons.join(" "));
      assert.ok((late.feed.publish_lag_ms ?? 0) > 4000, `what waits counts: ${String(late.feed.publish_lag_ms)}`);
      assert.equal(await push(), 1);
    } finally {
      process.kill(session, "SIGCONT");
    }
    await stream.reaches(2);
    await until("health is ok", async () => ((await health()).status === "ok" ? true : undefined));
    assert.equal(await push(), 0);
  });
});
