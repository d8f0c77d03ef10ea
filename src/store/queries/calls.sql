-- Calls and their log. A snapshot is written whole: it is computed from fold_state (calls/derive.c).

-- name: call_load
-- The folds of a batch, locked in one order, so that two workers cannot wait for each other.
-- params: project int[], provider text[], sid text[]
-- [sqlite]
SELECT id, project_id, provider, twilio_sid, conversation_id, fold_state, sync_state, created_at, updated_at
  FROM calls
 WHERE project_id = :project AND provider = :provider AND twilio_sid = :sid;
-- [postgres]
SELECT c.id, c.project_id, c.provider, c.twilio_sid, c.conversation_id, c.fold_state, c.sync_state,
       c.created_at, c.updated_at
  FROM unnest(:project, :provider, :sid) AS k (project_id, provider, sid)
  JOIN calls c ON c.project_id = k.project_id AND c.provider = k.provider AND c.twilio_sid = k.sid
 ORDER BY c.project_id, c.provider, c.twilio_sid
   FOR UPDATE OF c;

-- name: call_peek
-- The same without locks, to see what would change.
-- params: project int[], provider text[], sid text[]
-- [sqlite]
SELECT id, project_id, provider, twilio_sid, conversation_id, fold_state, sync_state, created_at, updated_at
  FROM calls
 WHERE project_id = :project AND provider = :provider AND twilio_sid = :sid;
-- [postgres]
SELECT c.id, c.project_id, c.provider, c.twilio_sid, c.conversation_id, c.fold_state, c.sync_state,
       c.created_at, c.updated_at
  FROM unnest(:project, :provider, :sid) AS k (project_id, provider, sid)
  JOIN calls c ON c.project_id = k.project_id AND c.provider = k.provider AND c.twilio_sid = k.sid;

-- name: call_insert
-- Calls heard of for the first time. One that somebody else has inserted meanwhile is not given back.
-- params: project int[], provider text[], sid text[], conversation int[], parent text[], direction text[],
--         status text[], display_status text[], visibility text[], from_number text[], to_number text[],
--         from_e164 text[], to_e164 text[], duration int[], total_duration int[], talk_time int[],
--         wait_time int[], price decimal[], price_unit text[], start_time time[], answered_at time[],
--         end_time time[], recording_url text[], metadata json[], attributes json[], fold_state json[],
--         last_event_time time[], is_final bool[], missed bool[], finalized_at time[], now time
-- [sqlite]
INSERT INTO calls (project_id, provider, twilio_sid, conversation_id, parent_call_sid, direction, status,
                   display_status, visibility, from_number, to_number, from_e164, to_e164, duration,
                   total_duration, talk_time, wait_time, price, price_unit, start_time, answered_at, end_time,
                   recording_url, metadata, attributes, fold_state, last_event_time, is_final, missed,
                   finalized_at, created_at, updated_at)
VALUES (:project, :provider, :sid, :conversation, :parent, :direction, :status, :display_status, :visibility,
        :from_number, :to_number, :from_e164, :to_e164, :duration, :total_duration, :talk_time, :wait_time,
        :price, :price_unit, :start_time, :answered_at, :end_time, :recording_url, :metadata, :attributes,
        :fold_state, :last_event_time, :is_final, :missed, :finalized_at, :now, :now)
    ON CONFLICT (project_id, provider, twilio_sid) DO NOTHING
RETURNING id, project_id, provider, twilio_sid;
-- [postgres]
INSERT INTO calls (project_id, provider, twilio_sid, conversation_id, parent_call_sid, direction, status,
                   display_status, visibility, from_number, to_number, from_e164, to_e164, duration,
                   total_duration, talk_time, wait_time, price, price_unit, start_time, answered_at, end_time,
                   recording_url, metadata, attributes, fold_state, last_event_time, is_final, missed,
                   finalized_at, created_at, updated_at)
SELECT v.*, :now, :now
  FROM unnest(:project, :provider, :sid, :conversation, :parent, :direction, :status, :display_status,
              :visibility, :from_number, :to_number, :from_e164, :to_e164, :duration, :total_duration,
              :talk_time, :wait_time, :price, :price_unit, :start_time, :answered_at, :end_time,
              :recording_url, :metadata, :attributes, :fold_state, :last_event_time, :is_final, :missed,
              :finalized_at) AS v
    ON CONFLICT (project_id, provider, twilio_sid) DO NOTHING
RETURNING id, project_id, provider, twilio_sid;

-- name: call_update
-- Calls that call_load has locked.
-- params: project int[], id int[], conversation int[], parent text[], direction text[],
--         status text[], display_status text[], visibility text[], from_number text[], to_number text[],
--         from_e164 text[], to_e164 text[], duration int[], total_duration int[], talk_time int[],
--         wait_time int[], price decimal[], price_unit text[], start_time time[], answered_at time[],
--         end_time time[], recording_url text[], metadata json[], attributes json[], fold_state json[],
--         last_event_time time[], is_final bool[], missed bool[], finalized_at time[], now time
-- [sqlite]
UPDATE calls
   SET conversation_id = :conversation, parent_call_sid = :parent, direction = :direction, status = :status,
       display_status = :display_status, visibility = :visibility, from_number = :from_number,
       to_number = :to_number, from_e164 = :from_e164, to_e164 = :to_e164, duration = :duration,
       total_duration = :total_duration, talk_time = :talk_time, wait_time = :wait_time, price = :price,
       price_unit = :price_unit, start_time = :start_time, answered_at = :answered_at, end_time = :end_time,
       recording_url = :recording_url, metadata = :metadata, attributes = :attributes,
       fold_state = :fold_state, last_event_time = :last_event_time, is_final = :is_final,
       missed = :missed, finalized_at = :finalized_at, updated_at = :now
 WHERE project_id = :project AND id = :id;
-- [postgres]
UPDATE calls c
   SET conversation_id = v.conversation_id, parent_call_sid = v.parent_call_sid, direction = v.direction,
       status = v.status, display_status = v.display_status, visibility = v.visibility,
       from_number = v.from_number, to_number = v.to_number, from_e164 = v.from_e164, to_e164 = v.to_e164,
       duration = v.duration, total_duration = v.total_duration, talk_time = v.talk_time,
       wait_time = v.wait_time, price = v.price, price_unit = v.price_unit, start_time = v.start_time,
       answered_at = v.answered_at, end_time = v.end_time, recording_url = v.recording_url,
       metadata = v.metadata, attributes = v.attributes, fold_state = v.fold_state,
       last_event_time = v.last_event_time, is_final = v.is_final, missed = v.missed,
       finalized_at = v.finalized_at, updated_at = :now
  FROM unnest(:project, :id, :conversation, :parent, :direction, :status, :display_status, :visibility,
              :from_number, :to_number, :from_e164, :to_e164, :duration, :total_duration, :talk_time,
              :wait_time, :price, :price_unit, :start_time, :answered_at, :end_time, :recording_url,
              :metadata, :attributes, :fold_state, :last_event_time, :is_final, :missed, :finalized_at)
    AS v (project_id, id, conversation_id, parent_call_sid, direction, status, display_status, visibility,
          from_number, to_number, from_e164, to_e164, duration, total_duration, talk_time, wait_time, price,
          price_unit, start_time, answered_at, end_time, recording_url, metadata, attributes, fold_state,
          last_event_time, is_final, missed, finalized_at)
 WHERE c.project_id = v.project_id AND c.id = v.id;

-- name: call_event_insert
-- Lines of the log, numbered by the feed.
-- params: project int[], seq int[], provider text[], call_sid text[], event_type text[], event_status text[],
--         event_time time[], source text[], applied bool[], refusal text[], change json[], payload json[],
--         inbox_id int[], trace_id text[], now time
-- [sqlite]
INSERT INTO call_events (project_id, seq, provider, call_sid, event_type, event_status, event_time, source,
                         applied, refusal, change, payload, inbox_id, trace_id, created_at)
VALUES (:project, :seq, :provider, :call_sid, :event_type, :event_status, :event_time, :source, :applied,
        :refusal, :change, :payload, :inbox_id, :trace_id, :now);
-- [postgres]
INSERT INTO call_events (project_id, seq, provider, call_sid, event_type, event_status, event_time, source,
                         applied, refusal, change, payload, inbox_id, trace_id, created_at)
SELECT v.*, :now
  FROM unnest(:project, :seq, :provider, :call_sid, :event_type, :event_status, :event_time, :source,
              :applied, :refusal, :change, :payload, :inbox_id, :trace_id) AS v;

-- name: call_list
-- One page of a project's calls, the latest first.
-- params: project int, direction text, status text, visibility text, offset int, limit int
-- plan: anew
SELECT *
  FROM calls
 WHERE project_id = :project AND start_time IS NOT NULL
   AND (CAST(:visibility AS text) IS NULL OR visibility = :visibility)
   AND (CAST(:direction AS text) IS NULL OR direction = :direction)
   AND (CAST(:status AS text) IS NULL OR status = :status)
 ORDER BY start_time DESC, id DESC
 LIMIT :limit OFFSET :offset;

-- name: call_count
-- params: project int, direction text, status text, visibility text
-- plan: anew
SELECT count(*) AS total
  FROM calls
 WHERE project_id = :project AND start_time IS NOT NULL
   AND (CAST(:visibility AS text) IS NULL OR visibility = :visibility)
   AND (CAST(:direction AS text) IS NULL OR direction = :direction)
   AND (CAST(:status AS text) IS NULL OR status = :status);

-- name: call_active
-- Calls that are not final, the latest first; the words are those of the partial index. They are few, and
-- found before they are sorted: otherwise all calls would be read in the order wanted.
-- params: project int, limit int
WITH going_on AS MATERIALIZED (
    SELECT *
      FROM calls
     WHERE project_id = :project
       AND status IN ('queued', 'initiated', 'ringing', 'in-progress')
       AND visibility = 'visible'
)
SELECT * FROM going_on ORDER BY start_time DESC, id DESC LIMIT :limit;

-- name: call_by_sid
-- params: project int, sid text
SELECT *
  FROM calls
 WHERE project_id = :project AND twilio_sid = :sid
 ORDER BY provider
 LIMIT 1;

-- name: call_by_key
-- params: project int, provider text, sid text
SELECT * FROM calls WHERE project_id = :project AND provider = :provider AND twilio_sid = :sid;

-- name: call_after
-- Some calls of a project in the order of their ids, for a walk over all of them.
-- params: project int, after int, limit int
SELECT * FROM calls WHERE project_id = :project AND id > :after ORDER BY id LIMIT :limit;

-- name: call_legs
-- The child legs of a call, or the parent of a child leg, the oldest first. Found before they are sorted.
-- params: project int, provider text, sid text, parent text
WITH family AS MATERIALIZED (
    SELECT * FROM calls WHERE project_id = :project AND provider = :provider AND parent_call_sid = :sid
     UNION ALL
    SELECT * FROM calls WHERE project_id = :project AND provider = :provider AND twilio_sid = :parent
)
SELECT * FROM family ORDER BY start_time, id;

-- name: call_event_list
-- The log of one call up to a line of it, in the order of the feed. Found before it is sorted.
-- params: project int, provider text, sid text, up_to int
WITH log AS MATERIALIZED (
    SELECT id, seq, event_type, event_status, event_time, created_at, source, applied, refusal, inbox_id,
           payload, change
      FROM call_events
     WHERE project_id = :project AND call_sid = :sid AND provider = :provider
       AND (CAST(:up_to AS bigint) IS NULL OR seq <= :up_to)
)
SELECT * FROM log ORDER BY seq;

-- name: call_event_seq
-- The number of one line of a call's log.
-- params: project int, provider text, sid text, id int
SELECT seq FROM call_events
 WHERE project_id = :project AND provider = :provider AND call_sid = :sid AND id = :id;

-- name: call_event_of_inbox
-- What became of one received webhook: lines of its call's log, and of the log of the parent that was
-- told. The lane is the root call, so that the two sids lead to the few rows to look at.
-- params: project int, inbox_id int
WITH log AS MATERIALIZED (
    SELECT e.id, e.seq, e.event_type, e.event_status, e.event_time, e.created_at, e.source, e.applied,
           e.refusal, e.inbox_id, e.payload
      FROM webhook_inbox i
      JOIN call_events e ON e.project_id = i.project_id AND e.call_sid IN (i.call_sid, i.lane)
                        AND e.inbox_id = i.id
     WHERE i.project_id = :project AND i.id = :inbox_id
)
SELECT * FROM log ORDER BY seq;

-- name: call_count_unfrozen
-- How many call_freeze would freeze, were it not limited: of its index alone.
-- params: project int, before time
SELECT count(*) AS n FROM calls
 WHERE project_id = :project AND is_final AND sync_state = 'active' AND finalized_at < :before;

-- name: call_freeze
-- Some of the calls that ended before then. Nothing else of them changes, updated_at neither.
-- params: project int, before time, limit int
UPDATE calls SET sync_state = 'frozen'
 WHERE project_id = :project
   AND id IN (SELECT id FROM calls
               WHERE project_id = :project AND is_final AND sync_state = 'active' AND finalized_at < :before
               ORDER BY finalized_at LIMIT :limit);
