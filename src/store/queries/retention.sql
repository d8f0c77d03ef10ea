-- What is kept no longer. Each looks at a window of rows in their order, so that it costs the same however
-- much there is; a window that holds a row that is too young is the last one. What a clock that was wrong put into
-- the future is neither old nor young.

-- name: inbox_window
-- last: its last row; upto: the last one that is old; young: how many are.
-- params: project int, after int, before time, now time, limit int
SELECT max(w.id) AS last, max(CASE WHEN w.received_at < :before THEN w.id END) AS upto, count(*) AS n,
       COALESCE(sum(CASE WHEN w.received_at BETWEEN :before AND :now THEN 1 ELSE 0 END), 0) AS young
  FROM (SELECT id, received_at FROM webhook_inbox
         WHERE project_id = :project AND id > :after
         ORDER BY id LIMIT :limit) w;

-- name: inbox_expire
-- What has not been processed stays, however old it is.
-- params: project int, after int, upto int, before time
DELETE FROM webhook_inbox
 WHERE project_id = :project AND id > :after AND id <= :upto AND processing_status = 'completed'
   AND received_at < :before;

-- name: inbox_floor
-- params: project int, from int
UPDATE feed_heads SET inbox_from = :from WHERE project_id = :project AND inbox_from < :from;

-- name: inbox_expire_last
-- params: project int
SELECT COALESCE(max(id), 0) AS n FROM webhook_inbox WHERE project_id = :project;

-- name: inbox_expire_place
-- The first row behind a number, and when it came: for a search that halves the numbers.
-- params: project int, after int
SELECT id AS n, received_at AS at FROM webhook_inbox WHERE project_id = :project AND id > :after ORDER BY id LIMIT 1;

-- name: inbox_expire_count
-- Of a range, without dead letters: from indexes alone, and :limit at most.
-- params: project int, after int, upto int, limit int
SELECT (SELECT count(*)
          FROM (SELECT 1 FROM webhook_inbox
                 WHERE project_id = :project AND id > :after AND id <= :upto LIMIT :limit) w)
       - (SELECT count(*)
            FROM (SELECT 1 FROM webhook_inbox
                   WHERE project_id = :project AND processing_status = 'dead_letter' AND id > :after AND id <= :upto
                   LIMIT :limit) d) AS n;

-- name: feed_expire_place
-- params: project int, after int
SELECT seq AS n, created_at AS at FROM feed_events WHERE project_id = :project AND seq > :after ORDER BY seq LIMIT 1;

-- name: feed_window
-- upto: the last one that is old and before which none is young; never the last event of all.
-- params: project int, after int, before time, now time, limit int
WITH w AS (
    SELECT seq, created_at FROM feed_events
     WHERE project_id = :project AND seq > :after
       AND seq < (SELECT last_seq FROM feed_heads WHERE project_id = :project)
     ORDER BY seq LIMIT :limit),
young AS (SELECT min(seq) AS first, count(*) AS n FROM w WHERE created_at BETWEEN :before AND :now)
SELECT max(w.seq) AS last, count(*) AS n, COALESCE(max(young.n), 0) AS young,
       max(CASE WHEN w.created_at < :before AND (young.first IS NULL OR w.seq < young.first) THEN w.seq END) AS upto
  FROM w, young;

-- name: feed_expire_others
-- Before feed_expire: those of which the log has no line either, so that the auditor misses no more than these. As a
-- rule there are none, and who numbers events is not held up.
-- params: project int, upto int
UPDATE feed_heads
   SET others_gone = others_gone + (SELECT count(*) FROM feed_events f
                                     WHERE f.project_id = :project AND f.seq <= :upto AND f.entity_type <> 'call')
 WHERE project_id = :project AND EXISTS (
       SELECT 1 FROM feed_events f WHERE f.project_id = :project AND f.seq <= :upto AND f.entity_type <> 'call');

-- name: feed_expire
-- params: project int, upto int
DELETE FROM feed_events WHERE project_id = :project AND seq <= :upto;

-- Whole calls, with their log (calls/expire.c). In this order: a page, held, judged by statements of their own, which
-- see what whoever held the rows before has committed; then lines, calls, conversations; the feed's row last.

-- name: call_expire_page
-- Calls that began before then and are frozen, and of which nothing waits to be looked at, the oldest first. What comes
-- later than this comes late. waiting: in parts, each read from its partial index, and once for the whole page. The plus
-- keeps SQLite from preferring the whole project's, and PostgreSQL from knowing how many they are: it puts what it takes
-- for few into a hash table, and would go through many once for each call.
-- params: project int, after_time time, after_id int, before time, limit int
WITH waiting AS (
    SELECT call_sid, lane FROM webhook_inbox WHERE +project_id = :project AND processing_status = 'pending'
    UNION ALL
    SELECT call_sid, lane FROM webhook_inbox WHERE +project_id = :project AND processing_status = 'failed'
    UNION ALL
    SELECT call_sid, lane FROM webhook_inbox
     WHERE project_id = :project AND +project_id = :project AND processing_status = 'processing'
    UNION ALL
    SELECT call_sid, lane FROM webhook_inbox
     WHERE project_id = :project AND +project_id = :project AND processing_status = 'dead_letter')
SELECT id, start_time
  FROM calls
 WHERE project_id = :project AND start_time < :before AND (start_time, id) > (:after_time, :after_id)
   AND is_final AND sync_state = 'frozen'
   AND twilio_sid NOT IN (SELECT lane FROM waiting)
   AND twilio_sid NOT IN (SELECT call_sid FROM waiting WHERE call_sid IS NOT NULL)
 ORDER BY start_time, id
 LIMIT :limit;

-- name: call_expire_count
-- How many stand on such pages, whether anything of them waits or not; :limit at most.
-- params: project int, after_time time, after_id int, before time, limit int
SELECT count(*) AS n
  FROM (SELECT 1 FROM calls
         WHERE project_id = :project AND start_time < :before AND (start_time, id) > (:after_time, :after_id)
           AND is_final AND sync_state = 'frozen'
         LIMIT :limit) c;

-- name: call_expire_hold
-- Nobody waits: what a worker has in hand is left to it.
-- params: project int[], id int[]
-- [sqlite]
SELECT id FROM calls WHERE project_id = :project AND id = :id;
-- [postgres]
SELECT c.id
  FROM unnest(:project, :id) AS k (project_id, id)
  JOIN calls c ON c.project_id = k.project_id AND c.id = k.id
   FOR UPDATE OF c SKIP LOCKED;

-- part: may_go
-- Of it and of its nearest family nothing is young, and nothing of it is kept elsewhere.
   AND c.is_final AND c.sync_state = 'frozen'
   AND NOT EXISTS (
       SELECT 1 FROM calls r
        WHERE r.project_id = c.project_id AND r.provider = c.provider AND r.twilio_sid = c.parent_call_sid
          AND NOT (r.is_final AND r.sync_state = 'frozen' AND r.finalized_at < :before))
   AND NOT EXISTS (
       SELECT 1 FROM calls r
        WHERE r.project_id = c.project_id AND r.parent_call_sid = c.twilio_sid AND r.provider = c.provider
          AND NOT (r.is_final AND r.sync_state = 'frozen' AND r.finalized_at < :before))
   AND NOT EXISTS (
       SELECT 1 FROM call_events e
         LEFT JOIN feed_events f ON f.project_id = e.project_id AND f.seq = e.seq
         LEFT JOIN webhook_inbox i ON i.id = e.inbox_id AND i.project_id = e.project_id
        WHERE e.project_id = c.project_id AND e.call_sid = c.twilio_sid AND e.provider = c.provider
          AND (e.created_at >= :before OR f.seq IS NOT NULL OR i.id IS NOT NULL))

-- part: call_expiring
SELECT c.id, c.provider, c.twilio_sid, c.conversation_id,
       (SELECT max(e.seq) FROM call_events e
         WHERE e.project_id = c.project_id AND e.call_sid = c.twilio_sid AND e.provider = c.provider) AS last_seq

-- name: call_expire_judge
-- Those of the calls in hand that may go, and the last line of each.
-- params: project int[], id int[], before time
-- [sqlite]
-- use: call_expiring
  FROM calls c
 WHERE c.project_id = :project AND c.id = :id
-- use: may_go
;
-- [postgres]
-- use: call_expiring
  FROM unnest(:project, :id) AS k (project_id, id)
  JOIN calls c ON c.project_id = k.project_id AND c.id = k.id
-- use: may_go
;

-- name: call_expire_log
-- params: project int[], provider text[], sid text[]
-- [sqlite]
DELETE FROM call_events WHERE project_id = :project AND call_sid = :sid AND provider = :provider;
-- [postgres]
DELETE FROM call_events e
 USING unnest(:project, :provider, :sid) AS k (project_id, provider, sid)
 WHERE e.project_id = k.project_id AND e.call_sid = k.sid AND e.provider = k.provider;

-- name: call_expire
-- params: project int[], id int[]
-- [sqlite]
DELETE FROM calls WHERE project_id = :project AND id = :id;
-- [postgres]
DELETE FROM calls c
 USING unnest(:project, :id) AS k (project_id, id)
 WHERE c.project_id = k.project_id AND c.id = k.id;

-- name: conversation_expire_hold
-- Those that lose a call, locked as conversation_lock does.
-- params: project int[], id int[]
-- [sqlite]
SELECT id, last_message_at IS NOT NULL AS listed FROM conversations WHERE project_id = :project AND id = :id;
-- [postgres]
SELECT v.id, v.last_message_at IS NOT NULL AS listed
  FROM unnest(:project, :id) AS k (project_id, id)
  JOIN conversations v ON v.project_id = k.project_id AND v.id = k.id
 ORDER BY v.project_id, v.external_id
   FOR UPDATE OF v;

-- name: conversation_expire
-- Those of them that have no call any more.
-- params: project int[], id int[]
-- [sqlite]
DELETE FROM conversations
 WHERE project_id = :project AND id = :id
   AND NOT EXISTS (SELECT 1 FROM calls c WHERE c.conversation_id = conversations.id)
RETURNING contact_id;
-- [postgres]
DELETE FROM conversations v
 USING unnest(:project, :id) AS k (project_id, id)
 WHERE v.project_id = k.project_id AND v.id = k.id
   AND NOT EXISTS (SELECT 1 FROM calls c WHERE c.conversation_id = v.id)
RETURNING v.contact_id;

-- name: contact_expire
-- Whoever was given a name, or anything else, stays: that is nobody's call.
-- params: project int[], id int[]
-- [sqlite]
DELETE FROM contacts
 WHERE project_id = :project AND id = :id AND display_name IS formatted_number AND metadata = '{}'
   AND NOT EXISTS (SELECT 1 FROM conversations v WHERE v.contact_id = contacts.id);
-- [postgres]
DELETE FROM contacts x
 USING unnest(:project, :id) AS k (project_id, id)
 WHERE x.project_id = k.project_id AND x.id = k.id AND x.display_name IS NOT DISTINCT FROM x.formatted_number
   AND x.metadata = '{}'
   AND NOT EXISTS (SELECT 1 FROM conversations v WHERE v.contact_id = x.id);

-- name: log_floor
-- Lines before it may be gone from here on. delisted: how many conversations the list has lost.
-- params: project int, from int, delisted int
UPDATE feed_heads
   SET log_from = CASE WHEN log_from < :from THEN :from ELSE log_from END,
       conversations = conversations - :delisted
 WHERE project_id = :project;
