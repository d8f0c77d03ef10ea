-- name: verify_projects
-- scope: system — the auditor looks at every project, one after the other
SELECT id FROM projects ORDER BY id;

-- name: verify_counts
-- How many there are, and the ends of both numberings.
-- params: project int
SELECT (SELECT count(*) FROM call_events WHERE project_id = :project) AS log_lines,
       (SELECT COALESCE(max(seq), 0) FROM call_events WHERE project_id = :project) AS log_last,
       (SELECT COALESCE(min(seq), 1) FROM call_events WHERE project_id = :project) AS log_first,
       (SELECT count(*) FROM feed_events WHERE project_id = :project) AS feed_events,
       (SELECT COALESCE(max(seq), 0) FROM feed_events WHERE project_id = :project) AS feed_last,
       (SELECT COALESCE(min(seq), 1) FROM feed_events WHERE project_id = :project) AS feed_first,
       (SELECT COALESCE(max(last_seq), 0) FROM feed_heads WHERE project_id = :project) AS head,
       (SELECT count(*) FROM webhook_inbox WHERE project_id = :project) AS inbox_rows;

-- name: verify_silent_rows
-- Completed webhooks that left no line in the log.
-- params: project int, limit int
SELECT w.id
  FROM webhook_inbox w
 WHERE w.project_id = :project AND w.processing_status = 'completed'
   AND NOT EXISTS (SELECT 1 FROM call_events e WHERE e.project_id = :project AND e.inbox_id = w.id)
 ORDER BY w.id
 LIMIT :limit;

-- name: verify_early_lines
-- Lines of the log whose webhook is not completed.
-- params: project int, limit int
SELECT e.seq, w.id
  FROM call_events e JOIN webhook_inbox w ON w.id = e.inbox_id
 WHERE e.project_id = :project AND w.processing_status <> 'completed'
 ORDER BY e.seq
 LIMIT :limit;

-- name: verify_totals
-- Conversations whose count of calls is not the number of their calls.
-- params: project int, limit int
-- [sqlite]
SELECT c.id, CAST(json_extract(c.metadata, '$.total_calls') AS bigint) AS kept, n.n AS counted
  FROM conversations c
  JOIN (SELECT conversation_id, count(*) AS n FROM calls
         WHERE project_id = :project AND parent_call_sid IS NULL AND visibility = 'visible'
         GROUP BY conversation_id) n ON n.conversation_id = c.id
 WHERE c.project_id = :project AND COALESCE(json_extract(c.metadata, '$.total_calls'), -1) <> n.n
 LIMIT :limit;
-- [postgres]
SELECT c.id, CAST(c.metadata ->> 'total_calls' AS bigint) AS kept, n.n AS counted
  FROM conversations c
  JOIN (SELECT conversation_id, count(*) AS n FROM calls
         WHERE project_id = :project AND parent_call_sid IS NULL AND visibility = 'visible'
         GROUP BY conversation_id) n ON n.conversation_id = c.id
 WHERE c.project_id = :project
   AND COALESCE(CAST(c.metadata ->> 'total_calls' AS bigint), -1) <> n.n
 LIMIT :limit;
