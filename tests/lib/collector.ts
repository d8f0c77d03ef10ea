// A collector of OpenTelemetry: takes what is posted to /v1/traces, and holds each span against what OpenTelemetry's own
// serializer makes of the same one.
import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { readFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import protobuf from "protobufjs";
import { listen } from "./listen.ts";

type Value = { stringValue?: string; intValue?: string };
export type Span = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: Value }[];
  status?: { code: number };
};
type Request = { resourceSpans: { resource: { attributes: Span["attributes"] }; scopeSpans: { spans: Span[] }[] }[] };

const REQUEST = protobuf.parse(readFileSync(new URL("./otlp.proto", import.meta.url), "utf8")).root.lookupType("ExportTraceServiceRequest");

/** As OTLP has it in JSON: ids in hexadecimal digits, numbers of 64 bits as text. */
function asJson(message: protobuf.Message): Request {
  const request = REQUEST.toObject(message, { longs: String, arrays: true }) as Request;
  const hex = (id: unknown): string => Buffer.from(id as Uint8Array).toString("hex");
  for (const span of request.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))) {
    span.traceId = hex(span.traceId);
    span.spanId = hex(span.spanId);
    if (span.parentSpanId !== undefined) span.parentSpanId = hex(span.parentSpanId);
  }
  return request;
}

/** Nothing stands in it that we do not mean to send, nothing twice, no text that is not UTF-8: written again it is the same. */
function decode(body: Buffer): Request {
  const message = REQUEST.decode(body);
  assert.deepEqual(Buffer.from(REQUEST.encode(message).finish()), body);
  return asJson(message);
}

export type Collector = {
  url: string;
  /** All spans that were taken, in order. */
  spans: Span[];
  /** Of each request. */
  headers: IncomingMessage["headers"][];
  /** Of the resources. */
  services: Set<string>;
  /** What is answered from now on; undefined: nothing. */
  answers: (status: number | undefined) => void;
  /** Fails when something came that is no such request. */
  close: () => Promise<void>;
};

const plain = ({ stringValue, intValue }: Value): string | number => stringValue ?? Number(intValue);
const hrTime = (nanoseconds: string): [number, number] => [Number(BigInt(nanoseconds) / 1_000_000_000n), Number(BigInt(nanoseconds) % 1_000_000_000n)];

/** The same span, written by OpenTelemetry's own hand. */
function theirs(span: Span): Span {
  const context = (spanId: string): object => ({ traceId: span.traceId, spanId, traceFlags: 1 });
  const readable = {
    spanContext: () => context(span.spanId),
    ...(span.parentSpanId !== undefined && { parentSpanContext: context(span.parentSpanId) }),
    name: span.name,
    kind: span.kind - 1,
    startTime: hrTime(span.startTimeUnixNano),
    endTime: hrTime(span.endTimeUnixNano),
    status: span.status ?? { code: 0 },
    attributes: Object.fromEntries(span.attributes.map(({ key, value }) => [key, plain(value)])),
    links: [],
    events: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    resource: { attributes: {}, asyncAttributesPending: false },
    instrumentationScope: { name: "hookswitch" },
  };
  const bytes = ProtobufTraceSerializer.serializeRequest([readable] as never) ?? assert.fail("no request");
  return asJson(REQUEST.decode(bytes)).resourceSpans[0]?.scopeSpans[0]?.spans[0] ?? assert.fail("no span");
}

const told = (span: Span): unknown => ({ ...span, attributes: span.attributes.map(({ key, value }) => [key, plain(value)]) });

/** It is as OpenTelemetry would have written it. */
export function checkSpan(span: Span): void {
  assert.match(span.traceId, /^(?!0{32})[0-9a-f]{32}$/);
  assert.match(span.spanId, /^(?!0{16})[0-9a-f]{16}$/);
  const judged = theirs(span);
  const common = Object.fromEntries(Object.entries(judged).filter(([name]) => name in span)) as Span;
  assert.deepEqual(told(span), told(common));
}

/** A ULID's 128 bits, as the id of a trace. */
export function traceOf(ulid: string): string {
  const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  return [...ulid]
    .reduce((bits, letter) => bits * 32n + BigInt(alphabet.indexOf(letter)), 0n)
    .toString(16)
    .padStart(32, "0");
}

export async function startCollector(): Promise<Collector> {
  const spans: Span[] = [];
  const headers: IncomingMessage["headers"][] = [];
  const services = new Set<string>();
  const flaws: unknown[] = [];
  let status: number | undefined = 200;

  async function take(request: IncomingMessage): Promise<void> {
    const { resourceSpans } = decode(await buffer(request));
    headers.push(request.headers);
    if (request.url !== "/v1/traces" || status !== 200) return;
    for (const { resource, scopeSpans } of resourceSpans) {
      for (const { key, value } of resource.attributes) if (key === "service.name") services.add(String(plain(value)));
      spans.push(...scopeSpans.flatMap((scope) => scope.spans));
    }
  }
  const { url, close } = await listen((request, response) => {
    const flawed = (flaw: unknown): void => {
      if (request.complete) flaws.push(flaw); // and not broken off
      response.writeHead(400).end();
    };
    void take(request).then(() => {
      if (status !== undefined) response.writeHead(status, { "Content-Type": "application/x-protobuf" }).end();
    }, flawed);
  });
  return {
    url,
    spans,
    headers,
    services,
    answers: (next) => (status = next),
    close: async () => {
      await close();
      assert.deepEqual(flaws, []);
    },
  };
}
