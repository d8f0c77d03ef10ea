// Traces as a collector of OpenTelemetry gets them: one from the webhook to the feed, under the name that the event has everywhere.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ask, type FeedPage, get } from "../lib/api.ts";
import { checkSpan, type Collector, type Span, startCollector, traceOf } from "../lib/collector.ts";
import { listen } from "../lib/listen.ts";
import { METRICS_TOKEN, scrape, value } from "../lib/metrics.ts";
import { Realtime } from "../lib/realtime.ts";
import { fallSilent, run } from "../lib/reconcile.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { deliverPoison, FakeCall, post } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

describe("traces by OTLP", () => {
  let collector: Collector;
  let server: Server;
  before(async () => {
    collector = await startCollector();
    server = await startServer({
      OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`,
      OTEL_EXPORTER_OTLP_HEADERS: "x-collector=s3cret%20word",
      OTEL_SERVICE_NAME: "calls",
      METRICS_TOKEN,
      LOG_LEVEL: "debug",
    });
  });
  after(async () => {
    await server.remove();
    await collector.close();
  });

  const fact = (span: Span, key: string): string | number | undefined => {
    const value = span.attributes.find((attribute) => attribute.key === key)?.value;
    return value?.stringValue ?? (value?.intValue === undefined ? undefined : Number(value.intValue));
  };
  const spanOf = (trace: string, name: string): Promise<Span> =>
    until(`${name} of ${trace}`, () => collector.spans.find((span) => span.traceId === trace && span.name === name));
  const metric = async (name: string): Promise<number> => value(await scrape(server), name) ?? assert.fail(`no ${name}`);

  it("of a webhook go through door, inbox, worker and feed under its own name", async () => {
    const watching = await Realtime.open(server, "sse");
    const call = new FakeCall(server, "+15085140320");
    await call.arrives();
    await settled(server);
    const { events } = await get<FeedPage>(server, "/api/events?after_seq=0");
    const named = (events[0] as { trace_id?: string } | undefined)?.trace_id ?? assert.fail("the feed has no trace");
    const trace = traceOf(named);

    const door = await spanOf(trace, "POST /webhooks/twilio/voice-inbound");
    assert.equal(door.parentSpanId, undefined);
    assert.equal(door.spanId, trace.slice(16));
    assert.equal(fact(door, "http.response.status_code"), 200);
    assert.equal(fact(door, "hookswitch.outcome"), "stored");
    for (const [name, key, value] of [
      ["inbox.commit", "hookswitch.result", "stored"],
      ["worker.apply", "hookswitch.verdict", "done"],
      ["feed.publish", "hookswitch.seq", events[0]?.seq],
    ] as const) {
      const span = await spanOf(trace, name);
      assert.equal(span.parentSpanId, door.spanId, name);
      assert.equal(fact(span, key), value, name);
    }
    watching.close();
  });

  it("of a request say its route, and nothing of who or what was asked for", async () => {
    const secret = "CA00000000000000000000000000000077";
    const { body } = await ask<{ error: { details: { trace_id: string } } }>(server, `/api/calls/${secret}`);
    const span = await spanOf(traceOf(body.error.details.trace_id), "GET /api/calls/:sid");
    assert.equal(fact(span, "http.response.status_code"), 404);
    assert.equal(span.status, undefined);
    const all = JSON.stringify(collector.spans);
    for (const word of [secret, "5085140320", "AC0011223344", "127.0.0.1"]) assert.ok(!all.includes(word), word);
  });

  it("of a poisoned event say that the worker has buried it, and of a refused webhook that it was", async () => {
    await deliverPoison(server);
    const buried = await until("it is told", () => collector.spans.find((span) => fact(span, "hookswitch.verdict") === "buried"));
    assert.equal(buried.status?.code, 2);
    await post(server, "voice-status", { AccountSid: "AC00000000000000000000000000000001", CallSid: "CA1" }, "another-token");
    await until("it is told", () => collector.spans.find((span) => fact(span, "hookswitch.outcome") === "unknown_account"));
  });

  it("are written as OpenTelemetry writes them, with our header fields", () => {
    for (const span of collector.spans) checkSpan(span);
    assert.equal(new Set(collector.spans.map(({ spanId }) => spanId)).size, collector.spans.length, "ids that nobody has twice");
    assert.ok(collector.headers.every((fields) => fields["x-collector"] === "s3cret word" && fields["content-type"] === "application/x-protobuf"));
    assert.deepEqual([...collector.services], ["calls"]);
    assert.ok(!server.output().includes("s3cret"));
  });

  it("wait for a collector that is away, and what it refuses is counted", async () => {
    collector.answers(503);
    const call = new FakeCall(server, "+15085140321");
    await call.arrives();
    await until("it is told that the collector is away", () => (server.output().includes("traces.collector_lost") ? true : undefined));
    const before = collector.spans.length;
    await call.status("completed", { CallDuration: "3" });
    assert.equal(await metric("traces_dropped_total"), 0);
    collector.answers(200);
    await until("it is sent again", () => (collector.spans.length > before ? true : undefined));
    await until("it is told", () => (server.output().includes("traces.collector_back") ? true : undefined));
    await until("all are counted", async () => ((await metric("traces_exported_total")) >= collector.spans.length ? true : undefined));
    collector.answers(400);
    await call.arrives();
    await until("it is counted", async () => ((await metric("traces_dropped_total")) > 0 ? true : undefined));
  });

  it("keep nobody waiting, while the collector says nothing nor when the server stops", async () => {
    collector.answers(undefined);
    const asked = collector.headers.length;
    await new FakeCall(server, "+15085140322").arrives();
    await until("the collector is asked", () => (collector.headers.length > asked ? true : undefined));
    await new FakeCall(server, "+15085140323").arrives();
    await settled(server);
    await server.stop();
  });
});

it("of which a share is told say nothing when that is none", async () => {
  const collector = await startCollector();
  const server = await startServer({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0" });
  await new FakeCall(server, "+15085140320").arrives();
  await settled(server);
  await server.remove(); // what waits is sent before
  assert.equal(collector.headers.length, 0);
  await collector.close();
});

it("of a job go from its step to what it asks the provider", async () => {
  const collector = await startCollector();
  const provider = await listen((_, answer) => answer.writeHead(404, { "Content-Type": "application/json" }).end("{}"));
  const server = await startServer({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, TWILIO_BASE_URL: provider.url });
  await new FakeCall(server, "+15085140320").arrives();
  await settled(server);
  await fallSilent(server);
  assert.equal((await run(server, "reconcile_hot")).counts["requests"], 1);
  await server.remove(); // what waits is sent before
  await provider.close();
  await collector.close();
  const question = collector.spans.find(({ name }) => name === "GET Twilio") ?? assert.fail("no question");
  const step = collector.spans.find(({ name, traceId }) => name === "job.step reconcile_hot" && traceId === question.traceId) ?? assert.fail("no step of its trace");
  assert.deepEqual([step.parentSpanId, question.parentSpanId], [undefined, step.spanId]);
  assert.deepEqual(question.attributes.map(({ key, value: { intValue } }) => [key, Number(intValue)]), [["http.response.status_code", 404]]);
});
