-- What is kept no longer. Each looks at a window of rows in their order, so that it costs the same however
-- much there is; a window that holds a row that is too young is the last one.

-- name: inbox_window
-- upto: its last row; young: one of them is.
-- params: project int, after int, before time, limit int
SELECT max(w.id) AS upto, count(*) AS n, COALESCE(sum(CASE WHEN w.received_at >= :before THEN 1 ELSE 0 END), 0) AS young
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
-- upto: the last row of the window before which none is young; never the last event of all.
-- params: project int, before time, limit int
SELECT COALESCE(min(CASE WHEN w.created_at >= :before THEN w.seq END) - 1, max(w.seq)) AS upto, count(*) AS n,
       COALESCE(sum(CASE WHEN w.created_at >= :before THEN 1 ELSE 0 END), 0) AS young
  FROM (SELECT seq, created_at FROM feed_events
         WHERE project_id = :project
           AND seq < (SELECT last_seq FROM feed_heads WHERE project_id = :project)
         ORDER BY seq LIMIT :limit) w;

-- name: feed_expire
-- params: project int, upto int
DELETE FROM feed_events WHERE project_id = :project AND seq <= :upto;
