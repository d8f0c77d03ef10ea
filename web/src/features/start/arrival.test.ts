import { describe, expect, it } from "vitest";
import type { Doors, InboxEvent, InboxPage } from "../../lib/types";
import { arrivalOf, isPublic } from "./arrival";

const event: InboxEvent = {
  id: "1",
  source: "twilio_voice",
  event_type: "call-inbound",
  call_sid: "CA1",
  recording_sid: null,
  dedupe_key: "inbound:CA1",
  received_at: "2026-02-08T06:11:00Z",
  processed_at: null,
  processing_status: "pending",
  error: null,
  retry_count: 0,
  next_attempt_at: null,
};

function inbox(...events: InboxEvent[]): InboxPage {
  return { events, total: events.length, page: 1, limit: 1 };
}

function doors(...refused: Doors["refused"]): Doors {
  return { here: true, accounts: 1, kept: 0, refused };
}

const before = { reason: "no_signature", count: 9, last_at: "2026-02-08T06:10:00Z" } as const;
const after = { reason: "wrong_url", count: 2, last_at: "2026-02-08T06:12:00Z" } as const;

describe("what has come in", () => {
  it("is nothing at first", () => {
    expect(arrivalOf(inbox(), doors())).toEqual({ received: 0, latest: null, refusal: null });
    expect(arrivalOf(inbox(), undefined)).toEqual({ received: 0, latest: null, refusal: null });
  });

  it("tells the latest refusal, for as long as nothing good came after it", () => {
    expect(arrivalOf(inbox(), doors(after, before)).refusal).toBe(after);
    expect(arrivalOf(inbox(event), doors(before, after))).toEqual({ received: 1, latest: event, refusal: after });
    expect(arrivalOf(inbox(event), doors(before)).refusal).toBeNull();
  });
});

describe("an address", () => {
  it("can be reached by a provider when it is public and asked over https", () => {
    expect(["https://calls.example.com", "https://calls.example.com:8443/sub", "https://203.0.113.7"].every(isPublic)).toBe(true);
    for (const address of ["http://calls.example.com", "https://localhost:3000", "https://127.0.0.1", "https://10.0.0.5", "https://172.20.1.1", "https://192.168.1.2", "https://pbx.local", "https://[::1]", "none"])
      expect(isPublic(address), address).toBe(false);
  });
});
