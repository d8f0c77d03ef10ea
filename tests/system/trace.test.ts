// One name from end to end: what a webhook is called in the inbox is what its changes, its feed and its log lines are called.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ask, type Fault, type FeedPage, get } from "../lib/api.ts";
import { dump } from "../lib/dump.ts";
import { converse } from "../lib/raw.ts";
import { Realtime } from "../lib/realtime.ts";
import { ACCOUNT_SID, type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { deliverPoison, FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

type Traced = FeedPage["events"][number] & { trace_id: string | null };

describe("a trace", () => {
  let server: Server;
  before(async () => {
    server = await startServer({ LOG_LEVEL: "debug", LOG_FORMAT: "json" });
  });
  after(() => server.remove());

  const logged = (id: string): string[] => server.output().split("\n").filter((line) => line.startsWith("{") && line.includes(`"${id}"`));
  const lineOf = (what: RegExp): Promise<string> => until(`a line with ${String(what)}`, () => server.output().split("\n").find((line) => what.test(line)));

  it("of a webhook is the same in inbox, log of the call, feed and stream", async () => {
    const watching = await Realtime.open(server, "sse");
    const call = new FakeCall(server, "+15085140320");
    await call.arrives();
    await call.status("completed", { CallDuration: "3" });
    await settled(server);
    const { events } = await get<FeedPage>(server, "/api/events?after_seq=0");
    const traces = events.map((event) => (event as Traced).trace_id ?? assert.fail("an event of the feed without a trace"));
    assert.ok(new Set(traces).size === 2, `one for each webhook: ${traces.join()}`);

    const { webhook_inbox, call_events, feed_events } = await dump(server);
    for (const trace of new Set(traces)) {
      const received = (webhook_inbox ?? []).filter((row) => row.includes(trace));
      assert.ok(received.length === 1 && received[0]?.includes(call.sid), trace);
      assert.ok(call_events?.some((row) => row.includes(trace)), trace);
      assert.ok(feed_events?.some((row) => row.includes(trace)), trace);
    }
    const told = await until("all are streamed", () => {
      const messages = watching.messages.filter(({ seq, type }) => seq !== undefined && !type.startsWith("feed."));
      return messages.length >= events.length ? messages : undefined;
    });
    assert.deepEqual(told.map((message) => message["trace_id"]), traces);
    watching.close();
  });

  it("of a webhook that cannot be processed is that of the worker's line", async () => {
    await deliverPoison(server);
    const id = /"(?:trace_)?id":"(\w{20,})"/.exec(await lineOf(/"queue\.buried"/))?.[1] ?? assert.fail("the line has no trace");
    const row = (await dump(server))["webhook_inbox"]?.filter((text) => text.includes(id)) ?? [];
    assert.equal(row.length, 1);
    assert.match(row[0] ?? "", /dead_letter/);
  });

  it("of a webhook that is refused stands in the answer and in the log", async () => {
    const answer = await fetch(`${server.url}/webhooks/twilio/voice-status`, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": Buffer.alloc(20).toString("base64") },
      body: new URLSearchParams({ AccountSid: ACCOUNT_SID, CallSid: "CA1" }).toString(),
    });
    assert.equal(answer.status, 403);
    const { error } = (await answer.json()) as Fault;
    await until("it is logged", () => logged(error.details.trace_id).find((line) => line.includes("door.refused")));
  });

  it("of a request stands in its refusal, in the log, and in the audit log", async () => {
    const { body } = await ask<Fault>(server, "/api/calls/CA0");
    await until("it is logged", () => logged(body.error.details.trace_id).find((line) => line.includes("request.failed")));
    assert.equal((await ask(server, "/api/settings", { method: "PATCH", body: { region: "GB" } })).status, 200);
    const { entries } = await get<{ entries: { action: string; trace_id: string | null }[] }>(server, "/api/audit");
    assert.ok((entries.find(({ action }) => action === "settings.changed")?.trace_id ?? "").length > 0);
  });

  /** Refused before anybody handles them: by the parser, by the paths, by the doors' budget. */
  const REFUSED: [string, number, string][] = [
    ["no such path", 404, "GET /nowhere HTTP/1.1\r\n"],
    ["no such file of the page", 404, "GET /app/none.js HTTP/1.1\r\n"],
    ["another method", 405, "DELETE /api/calls HTTP/1.1\r\n"],
    ["another method at a door", 405, "GET /webhooks/twilio/voice-status HTTP/1.1\r\n"],
    ["another method for the page", 405, "POST /app/ HTTP/1.1\r\nContent-Length: 0\r\n"],
    ["an escape that is none", 400, "GET /api/calls/%zz HTTP/1.1\r\n"],
    ["nobody", 401, "GET /api/calls HTTP/1.1\r\n"],
    ["a stream for nobody", 401, "GET /events/calls HTTP/1.1\r\n"],
    ["a WebSocket without a key", 401, "GET /realtime/stream HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"],
    ["too large a body", 413, "POST /auth/login HTTP/1.1\r\nContent-Length: 999999999\r\n"],
    ["no signature", 403, "POST /webhooks/twilio/voice-status HTTP/1.1\r\nContent-Length: 3\r\n"],
    ["a malformed header", 400, "GET / HTTP/1.1\r\nA : b\r\n"],
    ["another version", 505, "GET / HTTP/2.0\r\n"],
    ["an unknown method", 501, "BREW / HTTP/1.1\r\n"],
    ["another expectation", 417, "POST /auth/login HTTP/1.1\r\nExpect: tea\r\nContent-Length: 3\r\n"],
    ["too long a target", 414, `GET /${"x".repeat(20_000)} HTTP/1.1\r\n`],
  ];
  /** Where no head was read there is no language. */
  const BLIND = [400, 414, 417, 501, 505];

  async function refused(what: string, status: number, head: string, language: string): Promise<Fault["error"]> {
    const { text } = await converse(server, `${head}Host: x\r\nAccept-Language: ${language}\r\nConnection: close\r\n\r\n`);
    const answer = Buffer.from(text, "latin1").toString();
    assert.match(answer, new RegExp(`^HTTP/1.1 ${String(status)} `), what);
    return (JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4)) as Fault).error;
  }

  for (const [what, status, head] of REFUSED)
    it(`R258 R281 of what nobody handles is told, with a step, and stands in the log: ${what}`, async () => {
      for (const language of ["en", "ru"]) {
        const { human_title, human_how_to_fix, details } = await refused(what, status, head, language);
        assert.match(details.trace_id, /^[0-9A-Z]{26}$/);
        await until("it is logged", () => logged(details.trace_id).find((line) => /refused|failed/.test(line)));
        assert.ok(human_how_to_fix.length > 0);
        const isRussian = language === "ru" && !(BLIND.includes(status) && what !== "an escape that is none");
        for (const text of [human_title, ...human_how_to_fix]) assert.equal(/[а-я]/i.test(text), isRussian, text);
      }
    });

  it("R281 of a sender that is refused for its noise, too", async () => {
    const noise = async (): Promise<Fault["error"] | undefined> => {
      const answer = await fetch(`${server.url}/webhooks/twilio/voice-status`, { method: "POST", headers: { "Accept-Language": "ru" }, body: "x" });
      return answer.status === 429 ? ((await answer.json()) as Fault).error : undefined;
    };
    const error = await until("there is no more patience", noise);
    await until("it is logged", () => logged(error.details.trace_id)[0]);
    for (const text of [error.human_title, ...error.human_how_to_fix]) assert.match(text, /[а-я]/i);
  });
});
