-- The durable append: one row per received webhook. Reading and claiming them is the queue's.

-- name: inbox_append
-- A group of events, of any projects. Gives back those that were new; the others were there already.
-- A new row is due since ever, so that no step of a clock can hold it back; retries have a time.
-- params: project int[], provider text[], source text[], event_type text[], call_sid text[],
--         recording_sid text[], lane text[], dedupe_key text[], payload json[], raw_body bytes[],
--         trace_id text[], received_at time[]
-- echo: project as project_id, dedupe_key
-- [sqlite]
INSERT INTO webhook_inbox (project_id, provider, source, event_type, call_sid, recording_sid, lane,
                           dedupe_key, payload, raw_body, trace_id, received_at, next_attempt_at)
VALUES (:project, :provider, :source, :event_type, :call_sid, :recording_sid, :lane,
        :dedupe_key, :payload, :raw_body, :trace_id, :received_at, 0)
    ON CONFLICT (project_id, dedupe_key) DO NOTHING;
-- [postgres]
INSERT INTO webhook_inbox (project_id, provider, source, event_type, call_sid, recording_sid, lane,
                           dedupe_key, payload, raw_body, trace_id, received_at, next_attempt_at)
SELECT project_id, provider, source, event_type, call_sid, recording_sid, lane,
       dedupe_key, payload, raw_body, trace_id, received_at, to_timestamp(0)
  FROM unnest(:project, :provider, :source, :event_type, :call_sid, :recording_sid, :lane,
              :dedupe_key, :payload, :raw_body, :trace_id, :received_at)
    AS item (project_id, provider, source, event_type, call_sid, recording_sid, lane,
             dedupe_key, payload, raw_body, trace_id, received_at)
    ON CONFLICT (project_id, dedupe_key) DO NOTHING
RETURNING project_id, dedupe_key;

-- name: inbox_append_new
-- The same for a group of which none is expected to be there already: one that is fails them all.
-- It spares PostgreSQL a look-up and a provisional insert for each row.
-- params: project int[], provider text[], source text[], event_type text[], call_sid text[],
--         recording_sid text[], lane text[], dedupe_key text[], payload json[], raw_body bytes[],
--         trace_id text[], received_at time[]
-- [sqlite]
INSERT INTO webhook_inbox (project_id, provider, source, event_type, call_sid, recording_sid, lane,
                           dedupe_key, payload, raw_body, trace_id, received_at, next_attempt_at)
VALUES (:project, :provider, :source, :event_type, :call_sid, :recording_sid, :lane,
        :dedupe_key, :payload, :raw_body, :trace_id, :received_at, 0);
-- [postgres]
INSERT INTO webhook_inbox (project_id, provider, source, event_type, call_sid, recording_sid, lane,
                           dedupe_key, payload, raw_body, trace_id, received_at, next_attempt_at)
SELECT project_id, provider, source, event_type, call_sid, recording_sid, lane,
       dedupe_key, payload, raw_body, trace_id, received_at, to_timestamp(0)
  FROM unnest(:project, :provider, :source, :event_type, :call_sid, :recording_sid, :lane,
              :dedupe_key, :payload, :raw_body, :trace_id, :received_at)
    AS item (project_id, provider, source, event_type, call_sid, recording_sid, lane,
             dedupe_key, payload, raw_body, trace_id, received_at);
