-- name: queue_claim_lock
-- Claims take turns, so that two workers never take rows of one lane. Held until the commit.
-- params: queue text
-- scope: system — a queue serves every project
-- [sqlite]
SELECT :queue AS queue;
-- [postgres]
SELECT pg_advisory_xact_lock(hashtext('queue ' || :queue)) IS NULL AS queue;

-- name: queue_lease_hold
-- A worker's lease, made or renewed. The database's time counts where several nodes share it.
-- params: token text, queue text, owner text, now time, lease_us int
-- scope: system — a queue serves every project
-- [sqlite]
INSERT INTO queue_leases (token, queue, owner, expires_at)
VALUES (:token, :queue, :owner, :now + :lease_us)
    ON CONFLICT (token) DO UPDATE SET expires_at = excluded.expires_at;
-- [postgres]
INSERT INTO queue_leases (token, queue, owner, expires_at)
VALUES (:token, :queue, :owner,
        CASE WHEN :now IS NULL THEN NULL ELSE clock_timestamp() + :lease_us * interval '1 microsecond' END)
    ON CONFLICT (token) DO UPDATE SET expires_at = excluded.expires_at;

-- name: queue_lease_renew
-- params: token text, now time, lease_us int
-- scope: system — a queue serves every project
-- [sqlite]
UPDATE queue_leases SET expires_at = :now + :lease_us WHERE token = :token;
-- [postgres]
UPDATE queue_leases
   SET expires_at = clock_timestamp() + :lease_us * interval '1 microsecond'
 WHERE token = :token AND :now IS NOT NULL;

-- name: queue_lease_drop
-- params: token text
-- scope: system — a queue serves every project
DELETE FROM queue_leases WHERE token = :token;

-- name: queue_stalled_end
-- Ends sessions of ours that have waited so long for the rest of a pipeline: a process that stands still holds
-- their locks, and the server's idle_in_transaction_session_timeout knows nothing of pipelines.
-- params: lease_us int
-- scope: system — a process that stands still is nobody's
-- [sqlite]
SELECT 0 AS ended WHERE :lease_us IS NULL;
-- [postgres]
SELECT count(pg_terminate_backend(pid)) AS ended
  FROM pg_stat_activity
 WHERE datname = current_database() AND usename = current_user
   AND application_name IN ('hookswitch-work', 'hookswitch-ingest')
   AND state = 'active' AND wait_event = 'ClientRead'
   AND state_change < clock_timestamp() - :lease_us * interval '1 microsecond';

-- name: queue_leases_expire
-- Those that have run out; and those that last longer than any lease, for the clock was set back
-- behind them. A small step of the clock is borne.
-- params: queue text, now time, lease_us int
-- scope: system — a queue serves every project
-- [sqlite]
DELETE FROM queue_leases
 WHERE queue = :queue AND (expires_at < :now OR expires_at > :now + 2 * :lease_us);
-- [postgres]
DELETE FROM queue_leases
 WHERE queue = :queue AND :now IS NOT NULL
   AND (expires_at < clock_timestamp()
        OR expires_at > clock_timestamp() + 2 * :lease_us * interval '1 microsecond');

-- name: inbox_waiting
-- Which projects have rows that were never tried: one look into the index for each of them, however many rows
-- it has.
-- params: after int, from int, limit int
-- scope: system — a queue serves every project
WITH RECURSIVE waiting (project_id) AS (
    SELECT (SELECT w.project_id FROM webhook_inbox w
             WHERE w.processing_status = 'pending' AND w.held = 0 AND w.project_id > :after AND w.id > :from
             ORDER BY w.project_id LIMIT 1)
     UNION ALL
    SELECT (SELECT w.project_id FROM webhook_inbox w
             WHERE w.processing_status = 'pending' AND w.held = 0 AND w.project_id > waiting.project_id
               AND w.id > :from
             ORDER BY w.project_id LIMIT 1)
      FROM waiting WHERE waiting.project_id IS NOT NULL)
SELECT project_id FROM waiting WHERE project_id IS NOT NULL LIMIT :limit;

-- name: inbox_claim
-- Takes rows that were never tried, of each of these projects so many, in the order of arrival, whatever the
-- clocks say, of lanes that nobody works on; counts the attempt. OFFSET 0 has PostgreSQL look a lane up row by
-- row: an anti-join would walk over all that was ever claimed, and its estimate would have the waiting rows sorted.
-- What comes behind :from is said by whole keys of the index of what waits, and nothing else then has their order.
-- params: project int[], token text, from int, limit int
-- scope: system — a queue serves every project
-- [sqlite]
UPDATE webhook_inbox
   SET processing_status = 'processing', claim_token = :token, retry_count = retry_count + 1
 WHERE id IN (SELECT w.id FROM webhook_inbox w
               WHERE w.project_id = :project AND w.processing_status = 'pending' AND w.held = 0
                 AND w.id > :from
                 AND NOT EXISTS (SELECT 1 FROM webhook_inbox b
                                  WHERE b.lane = w.lane AND b.project_id = w.project_id
                                    AND b.processing_status = 'processing')
               ORDER BY w.id LIMIT :limit)
RETURNING id, project_id, lane, retry_count AS attempts, received_at, provider, source, event_type,
          call_sid, payload, trace_id;
-- [postgres]
WITH due AS MATERIALIZED (
    SELECT taken.id
      FROM unnest(:project) AS theirs (project_id)
     CROSS JOIN LATERAL (
           SELECT w.id FROM webhook_inbox w
            WHERE w.processing_status = 'pending'
              AND (w.held, w.project_id, w.id) > (0, theirs.project_id, :from)
              AND (w.held, w.project_id) <= (0, theirs.project_id)
              AND NOT EXISTS (SELECT 1 FROM webhook_inbox b
                               WHERE b.lane = w.lane AND b.project_id = w.project_id
                                 AND b.processing_status = 'processing' OFFSET 0)
            ORDER BY w.held, w.project_id, w.id LIMIT :limit
              FOR UPDATE OF w SKIP LOCKED) AS taken)
UPDATE webhook_inbox w
   SET processing_status = 'processing', claim_token = :token, retry_count = w.retry_count + 1
  FROM due WHERE w.id = due.id
RETURNING w.id, w.project_id, w.lane, w.retry_count AS attempts, w.received_at, w.provider, w.source,
          w.event_type, w.call_sid, w.payload, w.trace_id;

-- name: inbox_claim_tried
-- The same for rows that were tried before and whose wait is over.
-- params: token text, now time, limit int
-- scope: system — a queue serves every project
-- [sqlite]
UPDATE webhook_inbox
   SET processing_status = 'processing', claim_token = :token, retry_count = retry_count + 1
 WHERE id IN (SELECT w.id FROM webhook_inbox w
               WHERE w.processing_status = 'failed' AND w.held = 0 AND w.next_attempt_at <= :now
                 AND NOT EXISTS (SELECT 1 FROM webhook_inbox b
                                  WHERE b.lane = w.lane AND b.project_id = w.project_id
                                    AND b.processing_status = 'processing')
               ORDER BY w.next_attempt_at, w.id LIMIT :limit)
RETURNING id, project_id, lane, retry_count AS attempts, received_at, provider, source, event_type,
          call_sid, payload, trace_id;
-- [postgres]
WITH due AS MATERIALIZED (
    SELECT w.id FROM webhook_inbox w
     WHERE w.processing_status = 'failed' AND w.held = 0 AND w.next_attempt_at <= :now
       AND NOT EXISTS (SELECT 1 FROM webhook_inbox b
                        WHERE b.lane = w.lane AND b.project_id = w.project_id
                          AND b.processing_status = 'processing' OFFSET 0)
     ORDER BY w.next_attempt_at, w.id LIMIT :limit
       FOR UPDATE OF w SKIP LOCKED)
UPDATE webhook_inbox w
   SET processing_status = 'processing', claim_token = :token, retry_count = w.retry_count + 1
  FROM due WHERE w.id = due.id
RETURNING w.id, w.project_id, w.lane, w.retry_count AS attempts, w.received_at, w.provider, w.source,
          w.event_type, w.call_sid, w.payload, w.trace_id;

-- name: inbox_complete
-- Only rows that still carry our token: who lost the lease changes nothing.
-- params: id int[], token text, now time
-- scope: system — the rows were claimed by this token
-- [sqlite]
UPDATE webhook_inbox
   SET processing_status = 'completed', processed_at = :now, error = NULL, claim_token = NULL
 WHERE id = :id AND claim_token = :token;
-- [postgres]
UPDATE webhook_inbox w
   SET processing_status = 'completed', processed_at = :now, error = NULL, claim_token = NULL
  FROM unnest(:id) AS r (id)
 WHERE w.id = r.id AND w.claim_token = :token;

-- name: inbox_retry
-- params: id int[], error text[], next_attempt_at time[], token text
-- scope: system — the rows were claimed by this token
-- [sqlite]
UPDATE webhook_inbox
   SET processing_status = 'failed', error = :error, next_attempt_at = :next_attempt_at, claim_token = NULL
 WHERE id = :id AND claim_token = :token;
-- [postgres]
UPDATE webhook_inbox w
   SET processing_status = 'failed', error = r.error, next_attempt_at = r.next_attempt_at, claim_token = NULL
  FROM unnest(:id, :error, :next_attempt_at) AS r (id, error, next_attempt_at)
 WHERE w.id = r.id AND w.claim_token = :token;

-- name: inbox_bury
-- params: id int[], error text[], token text
-- scope: system — the rows were claimed by this token
-- [sqlite]
UPDATE webhook_inbox
   SET processing_status = 'dead_letter', error = :error, claim_token = NULL
 WHERE id = :id AND claim_token = :token;
-- [postgres]
UPDATE webhook_inbox w
   SET processing_status = 'dead_letter', error = r.error, claim_token = NULL
  FROM unnest(:id, :error) AS r (id, error)
 WHERE w.id = r.id AND w.claim_token = :token;

-- name: inbox_hasten
-- Rows that wait longer than anybody was ever told to after so many attempts: the clock was set back.
-- They are due now.
-- params: now time, first_wait_us int, last_wait_us int
-- scope: system — a queue serves every project
-- [sqlite]
UPDATE webhook_inbox
   SET next_attempt_at = :now
 WHERE processing_status = 'failed' AND next_attempt_at > :now + :first_wait_us
   AND next_attempt_at > :now + min(:last_wait_us, :first_wait_us << min(retry_count - 1, 30));
-- [postgres]
UPDATE webhook_inbox
   SET next_attempt_at = :now
 WHERE processing_status = 'failed'
   AND next_attempt_at > :now + :first_wait_us * interval '1 microsecond'
   AND next_attempt_at > :now + least(:last_wait_us, :first_wait_us << least(retry_count - 1, 30)::int)
                                * interval '1 microsecond';

-- name: inbox_reap
-- Rows of workers whose lease has run out were tried, and are due again at once.
-- params: now time
-- scope: system — a queue serves every project
-- [sqlite]
UPDATE webhook_inbox
   SET processing_status = 'failed', claim_token = NULL, next_attempt_at = :now,
       error = 'the worker ended, or lost the store, while it was at work'
 WHERE processing_status = 'processing'
   AND NOT EXISTS (SELECT 1 FROM queue_leases l
                    WHERE l.token = webhook_inbox.claim_token AND l.expires_at >= :now);
-- [postgres]
UPDATE webhook_inbox
   SET processing_status = 'failed', claim_token = NULL, next_attempt_at = :now,
       error = 'the worker ended, or lost the store, while it was at work'
 WHERE processing_status = 'processing'
   AND NOT EXISTS (SELECT 1 FROM queue_leases l
                    WHERE l.token = webhook_inbox.claim_token AND l.expires_at >= clock_timestamp());
