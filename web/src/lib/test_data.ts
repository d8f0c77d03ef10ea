// Calls and events for tests.
import type { FeedEvent } from "./feed_state";
import type { Call, Envelope, FeedPage } from "./types";

const AT = "2026-02-08T06:11:00Z";

export function aCall(change: Partial<Call>): Call {
  return {
    id: "1",
    conversation_id: "42",
    provider: "twilio",
    twilio_sid: "CA1",
    parent_call_sid: null,
    direction: "inbound",
    status: "ringing",
    display_status: change.status ?? "ringing",
    visibility: "visible",
    from_number: "+15085140320",
    to_number: "+16175006181",
    duration: null,
    total_duration: null,
    talk_time: null,
    wait_time: null,
    price: null,
    price_unit: null,
    start_time: AT,
    answered_at: null,
    end_time: null,
    recording_url: null,
    metadata: {},
    created_at: AT,
    updated_at: AT,
    last_event_time: AT,
    is_final: false,
    missed: false,
    finalized_at: null,
    sync_state: "active",
    ...change,
  };
}

export function anEvent(seq: number, call: Call = aCall({}), epoch = "e1"): FeedEvent {
  return { seq, epoch, call, late: false };
}

function envelope({ seq, epoch, call, late }: FeedEvent): Envelope {
  const event = { event_type: "call.state_changed", event_status: call.status } as const;
  return {
    seq,
    epoch,
    type: "call.state_changed",
    ts: AT,
    late,
    project_id: "1",
    entity: { type: "call", id: call.twilio_sid },
    payload: { call, event: { ...event, event_time: AT, source: "webhook", applied: true } },
    trace_id: null,
  };
}

export function aPage(events: FeedEvent[], lastSeq: number, change: Partial<FeedPage> = {}): FeedPage {
  return { events: events.map(envelope), epoch: "e1", last_seq: lastSeq, has_more: false, ...change };
}
