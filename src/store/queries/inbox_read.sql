-- part: inbox_filter
   AND (CAST(:source AS text) IS NULL OR source = :source)
   AND (CAST(:event_type AS text) IS NULL OR event_type = :event_type)
   AND (CAST(:processing_status AS text) IS NULL OR processing_status = :processing_status)
   AND (CAST(:call_sid AS text) IS NULL OR call_sid = :call_sid)
   AND (CAST(:error AS text) IS NULL OR error = :error)
   AND (:from_time IS NULL OR received_at >= :from_time)
   AND (:to_time IS NULL OR received_at < :to_time)

-- part: inbox_row
SELECT id, source, event_type, call_sid, recording_sid, dedupe_key, received_at, processed_at,
       processing_status, error, retry_count, next_attempt_at

-- name: inbox_list
-- One page of what was received, newest first.
-- params: project int, source text, event_type text, processing_status text, call_sid text, error text, from_time time, to_time time, limit int, offset int
-- plan: anew
-- use: inbox_row
  FROM webhook_inbox
 WHERE project_id = :project
-- use: inbox_filter
 ORDER BY id DESC
 LIMIT :limit OFFSET :offset;

-- name: inbox_count
-- params: project int, source text, event_type text, processing_status text, call_sid text, error text, from_time time, to_time time
-- plan: anew
SELECT count(*) AS total
  FROM webhook_inbox
 WHERE project_id = :project
-- use: inbox_filter

-- name: inbox_list_dead
-- The same for the states that few rows are in: named in the statement, each is read from its partial
-- index, however long the inbox is. The plus keeps SQLite from preferring the whole project's.
-- params: project int, source text, event_type text, processing_status text, call_sid text, error text, from_time time, to_time time, limit int, offset int
-- plan: anew
-- use: inbox_row
  FROM webhook_inbox
 WHERE project_id = :project AND processing_status = 'dead_letter'
-- use: inbox_filter
 ORDER BY id DESC
 LIMIT :limit OFFSET :offset;

-- name: inbox_count_dead
-- params: project int, source text, event_type text, processing_status text, call_sid text, error text, from_time time, to_time time
-- plan: anew
SELECT count(*) AS total
  FROM webhook_inbox
 WHERE project_id = :project AND processing_status = 'dead_letter'
-- use: inbox_filter

-- name: inbox_list_pending
-- params: project int, source text, event_type text, processing_status text, call_sid text, error text, from_time time, to_time time, limit int, offset int
-- plan: anew
-- use: inbox_row
  FROM webhook_inbox
 WHERE +project_id = :project AND processing_status = 'pending'
-- use: inbox_filter
 ORDER BY id DESC
 LIMIT :limit OFFSET :offset;

-- name: inbox_count_pending
-- params: project int, source text, event_type text, processing_status text, call_sid text, error text, from_time time, to_time time
-- plan: anew
SELECT count(*) AS total
  FROM webhook_inbox
 WHERE +project_id = :project AND processing_status = 'pending'
-- use: inbox_filter

-- name: inbox_list_failed
-- params: project int, source text, event_type text, processing_status text, call_sid text, error text, from_time time, to_time time, limit int, offset int
-- plan: anew
-- use: inbox_row
  FROM webhook_inbox
 WHERE +project_id = :project AND processing_status = 'failed'
-- use: inbox_filter
 ORDER BY id DESC
 LIMIT :limit OFFSET :offset;

-- name: inbox_count_failed
-- params: project int, source text, event_type text, processing_status text, call_sid text, error text, from_time time, to_time time
-- plan: anew
SELECT count(*) AS total
  FROM webhook_inbox
 WHERE +project_id = :project AND processing_status = 'failed'
-- use: inbox_filter

-- name: inbox_among
-- Those of a selection that there are.
-- params: project int[], id int[]
-- [sqlite]
-- use: inbox_row
  FROM webhook_inbox
 WHERE project_id = :project AND id = :id;
-- [postgres]
-- use: inbox_row
  FROM webhook_inbox
  JOIN unnest(:project, :id) AS chosen (chosen_project, chosen_id)
    ON project_id = chosen_project AND id = chosen_id;

-- name: inbox_reasons
-- Why there are dead letters: one row per reason and kind of event, that of the latest letter first.
-- params: project int, limit int, offset int
SELECT error, event_type, count(*) AS n, min(received_at) AS first_received_at,
       max(received_at) AS last_received_at
  FROM webhook_inbox
 WHERE project_id = :project AND processing_status = 'dead_letter'
 GROUP BY error, event_type
 ORDER BY max(id) DESC
 LIMIT :limit OFFSET :offset;

-- name: inbox_reason_count
-- params: project int
SELECT count(*) AS total
  FROM (SELECT DISTINCT error, event_type FROM webhook_inbox
         WHERE project_id = :project AND processing_status = 'dead_letter') AS reasons;

-- name: inbox_by_id
-- params: project int, id int
SELECT id, source, event_type, call_sid, recording_sid, dedupe_key, received_at, processed_at,
       processing_status, error, retry_count, next_attempt_at, payload
  FROM webhook_inbox
 WHERE project_id = :project AND id = :id;

-- name: inbox_reprocess
-- Puts one dead or waiting event back to the head of the queue.
-- params: project int, id int, now time
UPDATE webhook_inbox
   SET processing_status = 'pending', next_attempt_at = :now, retry_count = 0, error = NULL
 WHERE project_id = :project AND id = :id AND processing_status IN ('dead_letter', 'failed');

-- name: inbox_reprocess_each
-- The same for a selection. Gives back those that were put back.
-- params: project int[], id int[], now time
-- [sqlite]
UPDATE webhook_inbox
   SET processing_status = 'pending', next_attempt_at = :now, retry_count = 0, error = NULL
 WHERE project_id = :project AND id = :id AND processing_status IN ('dead_letter', 'failed')
RETURNING id;
-- [postgres]
UPDATE webhook_inbox w
   SET processing_status = 'pending', next_attempt_at = :now, retry_count = 0, error = NULL
  FROM unnest(:project, :id) AS chosen (project_id, id)
 WHERE w.project_id = chosen.project_id AND w.id = chosen.id
   AND w.processing_status IN ('dead_letter', 'failed')
RETURNING w.id;

-- name: inbox_reprocess_dead
-- All dead letters that match; at most :limit of them, the oldest first. Not those that were brought
-- back at this :now and died again meanwhile. Gives back which they were, in any order. PostgreSQL looks for
-- them once, where without WITH it may do so for each dead letter, and leaves those that another brings back.
-- params: project int, source text, event_type text, error text, now time, limit int
-- plan: anew
-- [sqlite]
UPDATE webhook_inbox
   SET processing_status = 'pending', next_attempt_at = :now, retry_count = 0, error = NULL
 WHERE id IN (SELECT id FROM webhook_inbox
               WHERE project_id = :project AND processing_status = 'dead_letter'
                 AND next_attempt_at <> :now
                 AND (CAST(:source AS text) IS NULL OR source = :source)
                 AND (CAST(:event_type AS text) IS NULL OR event_type = :event_type)
                 AND (CAST(:error AS text) IS NULL OR error = :error)
               ORDER BY id LIMIT :limit)
   AND project_id = :project AND processing_status = 'dead_letter'
RETURNING id;
-- [postgres]
WITH dead AS MATERIALIZED (
    SELECT w.id FROM webhook_inbox w
     WHERE w.project_id = :project AND w.processing_status = 'dead_letter'
       AND w.next_attempt_at <> :now
       AND (CAST(:source AS text) IS NULL OR w.source = :source)
       AND (CAST(:event_type AS text) IS NULL OR w.event_type = :event_type)
       AND (CAST(:error AS text) IS NULL OR w.error = :error)
     ORDER BY w.id LIMIT :limit
       FOR UPDATE OF w SKIP LOCKED)
UPDATE webhook_inbox w
   SET processing_status = 'pending', next_attempt_at = :now, retry_count = 0, error = NULL
  FROM dead WHERE w.project_id = :project AND w.id = dead.id
RETURNING w.id;

-- name: inbox_backlog
-- What waits, since when, and what is dead. In parts, so that each is read from its partial
-- index; the plus keeps SQLite from preferring the whole project's.
-- params: project int
SELECT waiting.n AS pending, waiting.held, waiting.oldest, dead.n AS dead_letter
  FROM (SELECT CAST(sum(part.n) AS bigint) AS n, CAST(sum(part.held) AS bigint) AS held, min(part.oldest) AS oldest
          FROM (SELECT count(*) AS n, count(CASE WHEN held > 0 THEN 1 END) AS held,
                       min(CASE WHEN held = 0 THEN received_at END) AS oldest FROM webhook_inbox
                 WHERE +project_id = :project AND processing_status = 'pending'
                 UNION ALL
                SELECT count(*), count(CASE WHEN held > 0 THEN 1 END),
                       min(CASE WHEN held = 0 THEN received_at END) FROM webhook_inbox
                 WHERE +project_id = :project AND processing_status = 'failed'
                 UNION ALL
                SELECT count(*), 0, min(received_at) FROM webhook_inbox
                 WHERE project_id = :project AND processing_status = 'processing') AS part) AS waiting,
       (SELECT count(*) AS n FROM webhook_inbox
         WHERE project_id = :project AND processing_status = 'dead_letter') AS dead;

-- name: inbox_latest
-- params: project int
SELECT received_at FROM webhook_inbox WHERE project_id = :project ORDER BY id DESC LIMIT 1;

-- name: inbox_waiting_by_project
-- How much waits to be tried for the first time, of the projects that have most.
-- params: limit int
-- scope: system — the doors of a node stand for all projects
SELECT project_id, count(*) AS n FROM webhook_inbox WHERE processing_status = 'pending' AND held = 0
 GROUP BY project_id ORDER BY n DESC LIMIT :limit;
