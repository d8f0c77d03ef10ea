-- name: feed_reserve
-- Takes :n numbers of a project's feed; the row stays locked until the commit. listed: how many more conversations
-- the list has.
-- params: project int, n int, listed int
UPDATE feed_heads
   SET last_seq = last_seq + :n, conversations = conversations + :listed
 WHERE project_id = :project
RETURNING last_seq;

-- name: feed_insert
-- params: project int[], seq int[], type text[], ts time[], entity_type text[], entity_id text[], payload json[], trace_id text[], now time
-- [sqlite]
INSERT INTO feed_events (project_id, seq, type, ts, entity_type, entity_id, payload, trace_id, created_at)
VALUES (:project, :seq, :type, :ts, :entity_type, :entity_id, :payload, :trace_id, :now);
-- [postgres]
INSERT INTO feed_events (project_id, seq, type, ts, entity_type, entity_id, payload, trace_id, created_at)
SELECT r.*, :now
  FROM unnest(:project, :seq, :type, :ts, :entity_type, :entity_id, :payload, :trace_id) AS r;

-- name: feed_head
-- params: project int
SELECT h.last_seq, h.epoch,
       COALESCE((SELECT min(seq) FROM feed_events WHERE project_id = :project), h.last_seq + 1) AS first_seq
  FROM feed_heads h
 WHERE h.project_id = :project;

-- name: feed_heads
-- How far several projects are.
-- params: project int[]
-- [sqlite]
SELECT project_id, last_seq, epoch FROM feed_heads WHERE project_id = :project;
-- [postgres]
SELECT h.project_id, h.last_seq, h.epoch
  FROM unnest(:project) AS r (project_id) JOIN feed_heads h ON h.project_id = r.project_id;

-- name: feed_new_epoch
-- Another history begins: the database was restored from a backup.
-- params: epoch text
-- scope: system — a restore concerns every project
UPDATE feed_heads SET epoch = :epoch;

-- name: feed_after
-- params: project int, after_seq int, limit int
SELECT seq, type, ts, created_at, entity_type, entity_id, payload, trace_id
  FROM feed_events
 WHERE project_id = :project AND seq > :after_seq
 ORDER BY seq
 LIMIT :limit;
