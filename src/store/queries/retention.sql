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

-- name: feed_expire
-- params: project int, upto int
DELETE FROM feed_events WHERE project_id = :project AND seq <= :upto;
