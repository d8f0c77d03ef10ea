-- What is counted over all projects, for /metrics.

-- name: metrics_backlog
-- Each part is read from its partial index.
-- scope: system — figures of the whole installation
SELECT (SELECT count(*) FROM webhook_inbox WHERE processing_status = 'pending' AND held = 0)
     + (SELECT count(*) FROM webhook_inbox WHERE processing_status = 'failed' AND held = 0)
     + (SELECT count(*) FROM webhook_inbox WHERE processing_status = 'processing') AS pending,
       (SELECT count(*) FROM webhook_inbox WHERE processing_status = 'pending' AND held > 0)
     + (SELECT count(*) FROM webhook_inbox WHERE processing_status = 'failed' AND held > 0) AS held,
       (SELECT count(*) FROM webhook_inbox WHERE processing_status = 'dead_letter') AS dead,
       (SELECT received_at FROM webhook_inbox WHERE processing_status = 'pending' AND held = 0
         ORDER BY id LIMIT 1) AS oldest;

-- name: metrics_jobs
-- When each job was due, of the project that waits longest; how often it has failed in a row, and when the last good run
-- began where it fails or is not done yet, each of the project that fares worst. Where it always failed, it is behind
-- since the project was made; where its credentials were refused, since they last were. While they are, it neither fails
-- nor is behind by any fault of ours. What nobody will ever run again by itself is none of this.
-- scope: system — figures of the whole installation
SELECT s.job_name, min(s.next_run_at) AS due,
       max(CASE WHEN s.refused_at = s.last_error_at THEN 0 ELSE s.failures END) AS failures,
       min(CASE WHEN s.failures > 0 AND s.refused_at = s.last_error_at THEN NULL
                WHEN s.failures > 0 AND s.refused_at > COALESCE(s.last_success_at, p.created_at) THEN s.refused_at
                WHEN s.failures > 0 THEN COALESCE(s.last_success_at, p.created_at)
                WHEN s.run_id IS NOT NULL THEN s.last_success_at END) AS behind
  FROM sync_state s JOIN projects p ON p.id = s.project_id
 WHERE s.next_run_at IS NOT NULL GROUP BY s.job_name ORDER BY s.job_name;

-- name: metrics_refused
-- Of how many projects the provider refuses the credentials.
-- scope: system — figures of the whole installation
SELECT count(DISTINCT project_id) AS refused FROM sync_state
 WHERE failures > 0 AND refused_at = last_error_at AND next_run_at IS NOT NULL;

-- name: metrics_sizes
-- What the database takes of its server's disk, and how much of its log the replication slot keeps there that is furthest
-- behind. SQLite's file is looked at as a file.
-- scope: system — figures of the whole installation
-- [sqlite]
SELECT NULL AS bytes, NULL AS kept WHERE false;
-- [postgres]
SELECT pg_database_size(current_database()) AS bytes,
       (SELECT COALESCE(max(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)), 0)::bigint
          FROM pg_replication_slots) AS kept;
