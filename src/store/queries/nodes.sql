-- The processes of the installation.

-- part: beaten
ON CONFLICT (host, port) DO UPDATE
   SET roles = excluded.roles, version = excluded.version, started_at = excluded.started_at,
       seen_at = excluded.seen_at, canary_at = excluded.canary_at, canary_us = excluded.canary_us,
       ahead_s = excluded.ahead_s

-- name: node_beat
-- It is heard of by the clock of the database, as clocks of nodes differ; :now is the node's own. With SQLite the two
-- are one.
-- params: host text, port int, roles text, version text, started_at time, now time, canary_at time, canary_us int
-- scope: system — a process serves all projects
-- [sqlite]
INSERT INTO nodes (host, port, roles, version, started_at, seen_at, canary_at, canary_us, ahead_s)
VALUES (:host, :port, :roles, :version, :started_at, :now, :canary_at, :canary_us, 0)
-- use: beaten
-- [postgres]
INSERT INTO nodes (host, port, roles, version, started_at, seen_at, canary_at, canary_us, ahead_s)
VALUES (:host, :port, :roles, :version, :started_at, clock_timestamp(), :canary_at, :canary_us,
        trunc(extract(epoch FROM :now - clock_timestamp())))
-- use: beaten

-- name: node_list
-- params: now time, limit int
-- scope: system — for who runs the installation
-- [sqlite]
SELECT host, port, roles, version, started_at, seen_at, :now - seen_at AS silent_us, canary_at, canary_us, ahead_s
  FROM nodes
 ORDER BY host, port
 LIMIT :limit;
-- [postgres]
SELECT host, port, roles, version, started_at, seen_at, canary_at, canary_us, ahead_s,
       CASE WHEN :now IS NULL THEN NULL
            ELSE trunc(extract(epoch FROM clock_timestamp() - seen_at) * 1000000)::bigint END AS silent_us
  FROM nodes
 ORDER BY host, port
 LIMIT :limit;

-- name: node_askers
-- How many nodes may ask providers: those that were heard of lately and have the roles for it. With SQLite there is
-- one, and what it was before it was started anew does not count.
-- params: silent_us int
-- scope: system — they share the budget of each project
-- [sqlite]
SELECT CASE WHEN :silent_us IS NULL THEN 0 ELSE 1 END AS n;
-- [postgres]
SELECT count(*) AS n FROM nodes
 WHERE seen_at > clock_timestamp() - :silent_us * interval '1 microsecond'
   AND (roles LIKE '%api%' OR roles LIKE '%scheduler%');

-- name: node_sweep
-- Those that were not heard of since; few, and all at once. Who sweeps minds the clock: it is that of the database,
-- give or take an hour.
-- params: before time, limit int
-- scope: system — processes serve all projects
DELETE FROM nodes
 WHERE (host, port) IN (SELECT host, port FROM nodes WHERE seen_at < :before LIMIT :limit);
