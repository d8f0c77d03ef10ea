// The REST API as a program with an API key uses it; every answer is held against its description.
import assert from "node:assert/strict";
import { checkAnswer } from "./openapi.ts";
import { API_KEY, type Server } from "./server.ts";

export type Answered<T> = { status: number; body: T; headers: Headers };
export type Options = { method?: string; body?: unknown; key?: string | null; headers?: Record<string, string> };

/** fetch() says "fetch failed" whatever happened; here it says what, and to which request. */
async function sent(url: string, options: RequestInit): Promise<Response> {
  return fetch(url, options).catch((failure: unknown) => {
    const { cause } = failure as { cause?: { code?: string; message?: string } };
    throw new Error(`${String(options.method)} ${url}: ${String(failure)}, for ${String(cause?.code)}: ${String(cause?.message)}`, { cause: failure });
  });
}

export async function ask<T>(server: Server, path: string, options: Options = {}): Promise<Answered<T>> {
  const { method = "GET", body, key = API_KEY, headers = {} } = options;
  const answer = await sent(server.url + path, {
    method,
    redirect: "manual",
    headers: {
      ...(key !== null && { Authorization: `Bearer ${key}` }),
      ...(body !== undefined && { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const json: unknown = text === "" ? null : JSON.parse(text);
  checkAnswer(method, server.url + path, answer.status, json);
  return { status: answer.status, body: json as T, headers: answer.headers };
}

/** An answer that must be 2xx. */
export async function get<T>(server: Server, path: string): Promise<T> {
  const { status, body } = await ask<T>(server, path);
  assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`);
  return body;
}

export type Fault = {
  error: { code: string; human_title: string; human_how_to_fix: string[]; details: { trace_id: string } };
};

export type Call = {
  id: string;
  twilio_sid: string;
  parent_call_sid: string | null;
  direction: string;
  status: string;
  display_status: string;
  visibility: string;
  price: number | null;
  duration: number | null;
  talk_time: number | null;
  wait_time: number | null;
  total_duration: number | null;
  recording_url: string | null;
  is_final: boolean;
  conversation_id: string | null;
  updated_at: string;
};
export type LogLine = {
  id: string;
  seq: number;
  event_type: string;
  event_status: string | null;
  source: string;
  applied: boolean;
  inbox_event_id: string | null;
  payload: Record<string, string> | null;
};
export type CallDetail = { call: Call; legs: Call[]; events: LogLine[] };
export type Envelope = { seq: number; epoch: string; type: string; late: boolean; entity: { id: string }; payload: { call: Call } };
export type FeedPage = { events: Envelope[]; epoch: string; last_seq: number; has_more: boolean; resync?: boolean };
export type InboxEvent = {
  id: string;
  event_type: string;
  dedupe_key: string;
  processing_status: string;
  error: string | null;
};
export type InboxPage = { events: InboxEvent[]; total: number; page: number; limit: number };
export type ReasonPage = { reasons: { error: string; event_type: string; count: number }[]; total: number };
export type Doors = {
  here: boolean;
  accounts: number;
  kept: number;
  refused: { reason: string; count: number; last_at: string }[];
};
export type SyncHealth = {
  version: string;
  status: string;
  reasons: string[];
  inbox: { pending: number; held: number; oldest_pending_age_ms: number; dead_letter: number; counted_ago_ms: number; spool_bytes: number | null };
  worker: { lag_ms: number };
  feed: { last_seq: number; publish_lag_ms: number | null; clients: number };
  canary: { at: string; came_through: boolean; took_ms: number | null } | null;
  reconcile: { enabled: boolean };
};
