-- What is to be asked of a provider: calls by their sids.

-- name: reconcile_silent
-- Calls that are not final, and of which nothing was heard for a while: the most silent first. They are
-- found by their status, before it is looked at when they spoke. n: how many are not final, silent or not.
-- params: project int, provider text, silent_since time, given_up time, limit int
WITH going_on AS MATERIALIZED (
    SELECT twilio_sid, updated_at, start_time
      FROM calls
     WHERE project_id = :project
       AND status IN ('queued', 'initiated', 'ringing', 'in-progress')
       AND provider = :provider
)
SELECT twilio_sid, start_time, (SELECT count(*) FROM going_on) AS n
  FROM going_on
 WHERE updated_at < :silent_since AND updated_at >= :given_up
 ORDER BY updated_at
 LIMIT :limit;

-- name: reconcile_lacking
-- Calls that were answered and ended in a range of time, and lack what the provider tells later.
-- params: project int, provider text, from time, to time, limit int
SELECT twilio_sid, start_time
  FROM calls
 WHERE project_id = :project AND is_final AND sync_state = 'active'
   AND finalized_at >= :from AND finalized_at < :to
   AND provider = :provider AND status = 'completed'
   AND (duration IS NULL OR (price IS NULL AND duration > 0))
 ORDER BY start_time
 LIMIT :limit;

-- name: reconcile_started
-- How many calls started in a range of time.
-- params: project int, from time, to time
SELECT count(*) AS n FROM calls WHERE project_id = :project AND start_time >= :from AND start_time < :to;
