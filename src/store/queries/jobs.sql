-- name: clock_ahead
-- By how much the clock of who asks is ahead of the database's; SQLite has none of its own.
-- params: now time
-- scope: system — of nobody's rows
-- [sqlite]
SELECT CASE WHEN :now IS NULL THEN NULL ELSE 0 END AS ahead_us;
-- [postgres]
SELECT trunc(extract(epoch FROM :now - clock_timestamp()) * 1000000)::bigint AS ahead_us;

-- name: job_missing
-- Projects that a job has not been planned for yet.
-- params: job text, first_only bool, limit int
-- scope: system — plans for every project
SELECT p.id AS project_id, p.time_zone
  FROM projects p
 WHERE NOT EXISTS (SELECT 1 FROM sync_state s
                    WHERE s.project_id = p.id AND s.job_name = :job AND (s.next_run_at IS NOT NULL OR s.run_id IS NOT NULL))
   AND (NOT CAST(:first_only AS boolean) OR p.id = (SELECT min(id) FROM projects))
 ORDER BY p.id LIMIT :limit;

-- name: job_plan
-- params: project int[], job text[], next time[], now time
-- [sqlite]
INSERT INTO sync_state (project_id, job_name, next_run_at, updated_at)
VALUES (:project, :job, :next, :now)
    ON CONFLICT (project_id, job_name) DO UPDATE SET next_run_at = excluded.next_run_at
 WHERE sync_state.next_run_at IS NULL AND sync_state.run_id IS NULL;
-- [postgres]
INSERT INTO sync_state (project_id, job_name, next_run_at, updated_at)
SELECT r.*, :now FROM unnest(:project, :job, :next) AS r
    ON CONFLICT (project_id, job_name) DO UPDATE SET next_run_at = excluded.next_run_at
 WHERE sync_state.next_run_at IS NULL AND sync_state.run_id IS NULL;

-- name: job_hasten
-- What was planned while a clock stood too late would never come.
-- params: job text, horizon time, now time
-- scope: system — plans for every project
UPDATE sync_state SET next_run_at = :now WHERE job_name = :job AND next_run_at > :horizon;

-- name: job_due
-- Whether there is anything to claim; cheap, and asked often. What is claimed counts: perhaps its worker is gone.
-- params: now time
-- scope: system — jobs of every project
SELECT EXISTS (SELECT 1 FROM sync_state WHERE next_run_at <= :now) AS due;

-- name: job_claim
-- The job that has been due longest, unless a living worker has it. names: ",a,b," of the jobs that are known here.
-- params: token text, names text, now time
-- scope: system — jobs of every project
-- [sqlite]
UPDATE sync_state SET claim_token = :token, attempts = attempts + 1, updated_at = :now
 WHERE (project_id, job_name) = (
       SELECT s.project_id, s.job_name FROM sync_state s
        WHERE s.next_run_at <= :now AND instr(:names, ',' || s.job_name || ',') > 0
          AND NOT EXISTS (SELECT 1 FROM queue_leases l WHERE l.token = s.claim_token)
        ORDER BY s.next_run_at LIMIT 1)
RETURNING project_id, job_name, cursor, attempts, failures, run_id, last_success_at,
          (SELECT started_at FROM job_runs r WHERE r.id = run_id) AS started_at,
          (SELECT time_zone FROM projects p WHERE p.id = project_id) AS time_zone,
          (SELECT done FROM job_runs r WHERE r.id = run_id) AS done,
          (SELECT total FROM job_runs r WHERE r.id = run_id) AS total;
-- [postgres]
WITH due AS (
    SELECT s.project_id, s.job_name FROM sync_state s
     WHERE s.next_run_at <= :now AND strpos(:names, ',' || s.job_name || ',') > 0
       AND NOT EXISTS (SELECT 1 FROM queue_leases l WHERE l.token = s.claim_token)
     ORDER BY s.next_run_at LIMIT 1
       FOR UPDATE)
UPDATE sync_state s SET claim_token = :token, attempts = s.attempts + 1, updated_at = :now
  FROM due
 WHERE s.project_id = due.project_id AND s.job_name = due.job_name
RETURNING s.project_id, s.job_name, s.cursor, s.attempts, s.failures, s.run_id, s.last_success_at,
          (SELECT started_at FROM job_runs r WHERE r.id = s.run_id) AS started_at,
          (SELECT time_zone FROM projects p WHERE p.id = s.project_id) AS time_zone,
          (SELECT done FROM job_runs r WHERE r.id = s.run_id) AS done,
          (SELECT total FROM job_runs r WHERE r.id = s.run_id) AS total;

-- name: job_run_add
-- params: project int, job text, state text, through text, by text, now time, started_at time
INSERT INTO job_runs (project_id, job_name, state, asked_through, asked_by, asked_at, started_at)
VALUES (:project, :job, :state, :through, :by, :now, :started_at)
RETURNING id;

-- name: job_run_begin
-- A run that was asked for, or that another worker left.
-- params: project int, id int, now time
UPDATE job_runs SET state = 'running', started_at = COALESCE(started_at, :now)
 WHERE project_id = :project AND id = :id
RETURNING counts;

-- name: job_hold_run
-- params: project int, job text, run int
UPDATE sync_state SET run_id = :run WHERE project_id = :project AND job_name = :job;

-- name: job_keep
-- The end of a step. Nothing changes when another worker has the job by now.
-- params: project int, job text, token text, cursor json, now time
UPDATE sync_state SET cursor = :cursor, attempts = 0, updated_at = :now
 WHERE project_id = :project AND job_name = :job AND claim_token = :token;

-- name: job_run_keep
-- params: project int, id int, done int, total int, counts json
UPDATE job_runs SET done = :done, total = :total, counts = :counts WHERE project_id = :project AND id = :id;

-- name: job_run_count
-- Nothing changes when another worker has the job by now; who would have it waits for the end of this transaction.
-- params: project int, id int, token text, counts json
-- [sqlite]
UPDATE job_runs SET counts = :counts
 WHERE project_id = :project AND id = :id
   AND EXISTS (SELECT 1 FROM sync_state s WHERE s.project_id = :project AND s.run_id = :id AND s.claim_token = :token);
-- [postgres]
WITH held AS (
    SELECT 1 FROM sync_state s
     WHERE s.project_id = :project AND s.run_id = :id AND s.claim_token = :token
       FOR SHARE)
UPDATE job_runs SET counts = :counts
 WHERE project_id = :project AND id = :id AND EXISTS (SELECT 1 FROM held);

-- name: job_give_way
-- The run goes on later, here or elsewhere, behind those that are due by then.
-- params: project int, job text, token text, attempts int, next time, now time
UPDATE sync_state SET claim_token = NULL, attempts = :attempts, next_run_at = :next, updated_at = :now
 WHERE project_id = :project AND job_name = :job AND claim_token = :token;

-- name: job_end
-- The end of a run. error: why it failed; none: it did not; refused: the provider refuses the project's credentials.
-- Failures in a row are of one of these two kinds. began: how old a success is.
-- params: project int, job text, token text, cursor json, next time, error text, refused bool, began time, now time
UPDATE sync_state
   SET cursor = :cursor, claim_token = NULL, run_id = NULL, attempts = 0, next_run_at = :next, updated_at = :now,
       failures = CASE WHEN CAST(:error AS text) IS NULL THEN 0
                       WHEN CAST(:refused AS boolean) = COALESCE(refused_at = last_error_at, FALSE) THEN failures + 1
                       ELSE 1 END,
       refused_at = CASE WHEN CAST(:refused AS boolean) THEN :now ELSE refused_at END,
       last_success_at = CASE WHEN CAST(:error AS text) IS NULL THEN :began ELSE last_success_at END,
       last_error_at = CASE WHEN CAST(:error AS text) IS NULL THEN last_error_at ELSE :now END,
       last_error = COALESCE(:error, last_error)
 WHERE project_id = :project AND job_name = :job AND claim_token = :token;

-- name: job_run_end
-- params: project int, id int, error text, now time
UPDATE job_runs
   SET state = CASE WHEN CAST(:error AS text) IS NULL THEN 'succeeded' ELSE 'failed' END, error = :error, ended_at = :now
 WHERE project_id = :project AND id = :id;

-- name: job_pass_over
-- It is switched off, and nobody waits for it: what failed before is no trouble any more.
-- params: project int, job text, next time
UPDATE sync_state SET claim_token = NULL, attempts = 0, failures = 0, next_run_at = :next
 WHERE project_id = :project AND job_name = :job;

-- name: job_mended
-- Runs that were refused for the project's credentials are no trouble any more, and come soon.
-- params: project int, next time
UPDATE sync_state
   SET failures = 0, next_run_at = CASE WHEN next_run_at > :next THEN :next ELSE next_run_at END
 WHERE project_id = :project AND failures > 0 AND refused_at = last_error_at AND next_run_at IS NOT NULL;

-- name: job_know
-- A row to hold on to, for a job that was never planned.
-- params: project int, job text, now time
INSERT INTO sync_state (project_id, job_name, updated_at) VALUES (:project, :job, :now) ON CONFLICT DO NOTHING;

-- name: job_under_way
-- Locked, so that two who ask at once do not both get a run.
-- params: project int, job text
-- [sqlite]
SELECT run_id FROM sync_state WHERE project_id = :project AND job_name = :job;
-- [postgres]
SELECT run_id FROM sync_state WHERE project_id = :project AND job_name = :job FOR UPDATE;

-- name: job_ask
-- params: project int, job text, run int, now time
UPDATE sync_state SET run_id = :run, next_run_at = :now, updated_at = :now
 WHERE project_id = :project AND job_name = :job;

-- name: job_states
-- `+r.project_id` is the project, and no reason to choose an index: the run is known by its id.
-- params: project int
WITH s AS MATERIALIZED (
    SELECT t.project_id, t.job_name, t.next_run_at, t.updated_at, t.last_success_at, t.last_error_at, t.last_error,
           t.refused_at, t.failures, t.run_id,
           COALESCE(t.run_id, (SELECT max(x.id) FROM job_runs x
                                WHERE x.project_id = :project AND x.job_name = t.job_name)) AS shown
      FROM sync_state t
     WHERE t.project_id = :project)
SELECT s.job_name, s.next_run_at, s.updated_at, s.last_success_at, s.last_error_at, s.last_error, s.refused_at, s.failures,
       s.run_id, r.id, r.state, r.asked_through, r.asked_by, r.asked_at, r.started_at, r.ended_at, r.done, r.total, r.counts, r.error
  FROM s
  LEFT JOIN job_runs r ON +r.project_id = s.project_id AND r.id = s.shown
 ORDER BY s.job_name;

-- name: job_latest
-- Of several projects. `+r.project_id` as above.
-- params: project int[]
-- [sqlite]
WITH s AS MATERIALIZED (
    SELECT t.project_id, t.job_name,
           COALESCE(t.run_id, (SELECT max(x.id) FROM job_runs x
                                WHERE x.project_id = :project AND x.job_name = t.job_name)) AS shown
      FROM sync_state t
     WHERE t.project_id = :project)
SELECT s.project_id, r.id, r.job_name, r.state, r.asked_through, r.asked_by, r.asked_at, r.started_at, r.ended_at, r.done,
       r.total, r.counts, r.error
  FROM s
  JOIN job_runs r ON +r.project_id = s.project_id AND r.id = s.shown
 ORDER BY s.job_name;
-- [postgres]
WITH s AS MATERIALIZED (
    SELECT t.project_id, t.job_name,
           COALESCE(t.run_id, (SELECT max(x.id) FROM job_runs x
                                WHERE x.project_id = t.project_id AND x.job_name = t.job_name)) AS shown
      FROM unnest(:project) AS p (project_id) JOIN sync_state t ON t.project_id = p.project_id)
SELECT s.project_id, r.id, r.job_name, r.state, r.asked_through, r.asked_by, r.asked_at, r.started_at, r.ended_at, r.done,
       r.total, r.counts, r.error
  FROM s
  JOIN job_runs r ON +r.project_id = s.project_id AND r.id = s.shown
 ORDER BY s.project_id, s.job_name;

-- name: job_run_list
-- Newest first.
-- params: project int, job text, before int, limit int
-- plan: anew
SELECT id, job_name, state, asked_through, asked_by, asked_at, started_at, ended_at, done, total, counts, error
  FROM job_runs
 WHERE project_id = :project AND job_name = :job AND (CAST(:before AS bigint) IS NULL OR id < :before)
 ORDER BY id DESC LIMIT :limit;

-- name: job_run_show
-- params: project int, id int
SELECT id, job_name, state, asked_through, asked_by, asked_at, started_at, ended_at, done, total, counts, error
  FROM job_runs
 WHERE project_id = :project AND id = :id;

-- name: job_run_sweep
-- params: before time, limit int
-- scope: system — runs of every project
DELETE FROM job_runs WHERE id IN (SELECT id FROM job_runs WHERE ended_at < :before ORDER BY id LIMIT :limit);

-- name: job_run_sweep_quiet
-- Those that were planned, succeeded, and found nothing.
-- params: before time, limit int
-- scope: system — runs of every project
-- [sqlite]
DELETE FROM job_runs
 WHERE id IN (SELECT id FROM job_runs
               WHERE ended_at < :before AND state = 'succeeded' AND asked_through = 'schedule'
                 AND (counts = '{}' OR (job_name LIKE 'reconcile%' AND json_extract(counts, '$.synced') IS NULL))
               ORDER BY id LIMIT :limit);
-- [postgres]
DELETE FROM job_runs
 WHERE id IN (SELECT id FROM job_runs
               WHERE ended_at < :before AND state = 'succeeded' AND asked_through = 'schedule'
                 AND (counts = jsonb '{}' OR (job_name LIKE 'reconcile%' AND counts -> 'synced' IS NULL))
               ORDER BY id LIMIT :limit);

-- name: user_session_sweep
-- Somebody's last one stays: it says that they were here, and when.
-- params: before time, limit int
-- scope: system — sessions belong to people
DELETE FROM user_sessions
 WHERE id IN (SELECT s.id FROM user_sessions s
               WHERE (s.expires_at < :before OR s.revoked_at < :before)
                 AND EXISTS (SELECT 1 FROM user_sessions later
                              WHERE later.user_id = s.user_id AND later.seen_at > s.seen_at)
               LIMIT :limit);

-- name: refresh_token_sweep
-- Of sessions that live on; the newest of each is not used yet.
-- params: before time, limit int
-- scope: system — tokens belong to people
DELETE FROM refresh_tokens
 WHERE token_hash IN (SELECT token_hash FROM refresh_tokens WHERE used_at < :before LIMIT :limit);

-- name: user_link_sweep
-- params: before time, limit int
-- scope: system — links belong to people
DELETE FROM user_links
 WHERE token_hash IN (SELECT token_hash FROM user_links
                       WHERE expires_at < :before OR used_at < :before LIMIT :limit);

-- name: job_drift
-- What runs counted as drift, by day (UTC), the newest day first.
-- params: project int, since time, limit int
-- [sqlite]
SELECT date(r.ended_at / 1000000, 'unixepoch') AS day, substr(j.key, 7) AS kind, sum(j.value) AS found
  FROM job_runs r, json_each(r.counts) j
 WHERE r.project_id = :project AND r.ended_at >= :since AND j.key LIKE 'drift.%'
 GROUP BY day, kind ORDER BY day DESC, kind LIMIT :limit;
-- [postgres]
SELECT to_char(r.ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, substr(j.key, 7) AS kind,
       sum(j.value::bigint)::bigint AS found
  FROM job_runs r, jsonb_each_text(r.counts) j
 WHERE r.project_id = :project AND r.ended_at >= :since AND starts_with(j.key, 'drift.')
 GROUP BY day, kind ORDER BY day DESC, kind LIMIT :limit;
