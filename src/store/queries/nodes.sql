-- The processes of the installation.

-- name: node_beat
-- params: host text, port int, roles text, version text, started_at time, now time, canary_at time, canary_us int
-- scope: system — a process serves all projects
INSERT INTO nodes (host, port, roles, version, started_at, seen_at, canary_at, canary_us)
VALUES (:host, :port, :roles, :version, :started_at, :now, :canary_at, :canary_us)
ON CONFLICT (host, port) DO UPDATE
   SET roles = excluded.roles, version = excluded.version, started_at = excluded.started_at,
       seen_at = excluded.seen_at, canary_at = excluded.canary_at, canary_us = excluded.canary_us;

-- name: node_list
-- params: limit int
-- scope: system — for who runs the installation
SELECT host, port, roles, version, started_at, seen_at, canary_at, canary_us
  FROM nodes
 ORDER BY host, port
 LIMIT :limit;

-- name: node_sweep
-- Those that were not heard of for so long; all at once, there are few.
-- params: before time, limit int
-- scope: system — processes serve all projects
DELETE FROM nodes
 WHERE (host, port) IN (SELECT host, port FROM nodes WHERE seen_at < :before LIMIT :limit);
