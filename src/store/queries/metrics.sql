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
-- When each job was due, of the project that waits longest.
-- scope: system — figures of the whole installation
SELECT job_name, min(next_run_at) AS due FROM sync_state
 WHERE next_run_at IS NOT NULL GROUP BY job_name ORDER BY job_name;
