-- What the auditor reads (ops/verify.c): pages in the order of a key, each a small index scan.

-- name: verify_project_next
-- The next project that exists or that a row names, though it does not.
-- params: after int
-- scope: system — all projects are audited
SELECT next.id, EXISTS (SELECT 1 FROM projects p WHERE p.id = next.id) AS known
  FROM (SELECT min(part.id) AS id
          FROM (SELECT min(id) AS id FROM projects WHERE id > :after
                 UNION ALL
                SELECT min(project_id) FROM webhook_inbox WHERE project_id > :after
                 UNION ALL
                SELECT min(project_id) FROM call_events WHERE project_id > :after
                 UNION ALL
                SELECT min(project_id) FROM feed_events WHERE project_id > :after) AS part) AS next;

-- name: verify_owners
-- Whose conversation a call is in.
-- params: project int, after int, limit int
-- scope: system — the auditor looks for what crosses from one project into another
SELECT c.id, c.twilio_sid, v.project_id AS conversation_project
  FROM calls c LEFT JOIN conversations v ON v.id = c.conversation_id
 WHERE c.project_id = :project AND c.id > :after
 ORDER BY c.id LIMIT :limit;

-- name: verify_feed
-- params: project int, after int, limit int
-- scope: system — the auditor looks for what crosses from one project into another
SELECT seq FROM feed_events WHERE project_id = :project AND seq > :after ORDER BY seq LIMIT :limit;

-- name: verify_others
-- Events of the feed that are of no call: the log has no line of them. Asked for where lines are missing.
-- params: project int, after int, before int, limit int
-- scope: system — the auditor looks for what crosses from one project into another
SELECT seq FROM feed_events
 WHERE project_id = :project AND seq > :after AND seq < :before AND entity_type <> 'call'
 ORDER BY seq LIMIT :limit;

-- name: verify_floors
-- Below them the retention may have deleted: received webhooks that were completed, and whole calls with their lines.
-- others_gone: events of no call that the feed does not keep any more.
-- params: project int
SELECT inbox_from, log_from, others_gone FROM feed_heads WHERE project_id = :project;

-- name: verify_log
-- Lines of the log beside what they must agree with. reverts: it was applied, says that its call goes
-- on, and stands behind a line by which that call had ended. repeats: a line before it tells the same
-- call of the same received webhook.
-- params: project int, after int, limit int
-- scope: system — the auditor looks for what crosses from one project into another
-- [sqlite]
SELECT e.seq, e.call_sid, e.event_type, e.event_status, e.inbox_id, i.processing_status AS inbox_status,
       i.project_id AS inbox_project,
       f.type AS feed_type, f.entity_id AS feed_sid, c.id AS call_id,
       e.applied AND e.event_status IN ('queued', 'initiated', 'ringing', 'in-progress')
           AND json_extract(e.change, '$.kind') = 'status'
           AND EXISTS (SELECT 1 FROM call_events b
                        WHERE b.project_id = e.project_id AND b.call_sid = e.call_sid AND b.provider = e.provider
                          AND b.seq < e.seq AND b.applied
                          AND b.event_status IN ('completed', 'busy', 'no-answer', 'canceled', 'failed')
                          AND json_extract(b.change, '$.kind') = 'status') AS reverts,
       EXISTS (SELECT 1 FROM call_events b
                WHERE b.project_id = e.project_id AND b.call_sid = e.call_sid AND b.provider = e.provider
                  AND b.inbox_id = e.inbox_id AND b.seq < e.seq) AS repeats
  FROM call_events e
  LEFT JOIN webhook_inbox i ON i.id = e.inbox_id
  LEFT JOIN feed_events f ON f.project_id = e.project_id AND f.seq = e.seq
  LEFT JOIN calls c ON c.project_id = e.project_id AND c.provider = e.provider AND c.twilio_sid = e.call_sid
 WHERE e.project_id = :project AND e.seq > :after
 ORDER BY e.seq LIMIT :limit;
-- [postgres]
SELECT e.seq, e.call_sid, e.event_type, e.event_status, e.inbox_id, i.processing_status AS inbox_status,
       i.project_id AS inbox_project,
       f.type AS feed_type, f.entity_id AS feed_sid, c.id AS call_id,
       e.applied AND e.event_status IN ('queued', 'initiated', 'ringing', 'in-progress')
           AND e.change ->> 'kind' = 'status'
           AND EXISTS (SELECT 1 FROM call_events b
                        WHERE b.project_id = e.project_id AND b.call_sid = e.call_sid AND b.provider = e.provider
                          AND b.seq < e.seq AND b.applied
                          AND b.event_status IN ('completed', 'busy', 'no-answer', 'canceled', 'failed')
                          AND b.change ->> 'kind' = 'status') AS reverts,
       EXISTS (SELECT 1 FROM call_events b
                WHERE b.project_id = e.project_id AND b.call_sid = e.call_sid AND b.provider = e.provider
                  AND b.inbox_id = e.inbox_id AND b.seq < e.seq) AS repeats
  FROM call_events e
  LEFT JOIN webhook_inbox i ON i.id = e.inbox_id
  LEFT JOIN feed_events f ON f.project_id = e.project_id AND f.seq = e.seq
  LEFT JOIN calls c ON c.project_id = e.project_id AND c.provider = e.provider AND c.twilio_sid = e.call_sid
 WHERE e.project_id = :project AND e.seq > :after
 ORDER BY e.seq LIMIT :limit;

-- name: verify_inbox
-- Received webhooks, whether the log has a line of them (the lane is the root call), and whose the
-- account is that they name.
-- params: project int, after int, limit int
-- scope: system — the auditor looks for what crosses from one project into another
-- [sqlite]
SELECT i.id, i.call_sid, i.processing_status, i.error, a.project_id AS account_project,
       i.processing_status = 'completed' AND NOT EXISTS (
           SELECT 1 FROM call_events e
            WHERE e.project_id = i.project_id AND e.call_sid IN (i.call_sid, i.lane)
              AND e.inbox_id = i.id) AS unlogged
  FROM webhook_inbox i
  LEFT JOIN provider_accounts a ON a.provider = i.provider
                               AND a.account_sid = json_extract(i.payload, '$.AccountSid')
 WHERE i.project_id = :project AND i.id > :after
 ORDER BY i.id LIMIT :limit;
-- [postgres]
WITH i AS MATERIALIZED (
    SELECT w.id, w.project_id, w.call_sid, w.lane, w.processing_status, w.error, w.provider,
           w.payload ->> 'AccountSid' AS account_sid
      FROM webhook_inbox w
     WHERE w.project_id = :project AND w.id > :after
     ORDER BY w.id LIMIT :limit)
SELECT i.id, i.call_sid, i.processing_status, i.error, a.project_id AS account_project,
       i.processing_status = 'completed' AND NOT EXISTS (
           SELECT 1 FROM call_events e
            WHERE e.project_id = i.project_id AND e.call_sid IN (i.call_sid, i.lane)
              AND e.inbox_id = i.id) AS unlogged
  FROM i
  LEFT JOIN provider_accounts a ON a.provider = i.provider AND a.account_sid = i.account_sid
 ORDER BY i.id;

-- part: entry
-- A child leg beside its parent is no entry of its own.
   AND c.visibility = 'visible'
   AND (c.parent_call_sid IS NULL OR NOT EXISTS (
        SELECT 1 FROM calls p
         WHERE p.project_id = c.project_id AND p.provider = c.provider AND p.twilio_sid = c.parent_call_sid
           AND p.visibility = 'visible' AND p.conversation_id = c.conversation_id))

-- name: verify_conversations
-- What a conversation says of its calls, and what they are (as in conversation_refresh); and whose its
-- contact is. wrong: the first column that is not what its latest call or its contact says.
-- params: project int, after int, limit int
-- scope: system — the auditor looks for what crosses from one project into another
-- [sqlite]
SELECT v.id, json_extract(v.metadata, '$.total_calls') AS stored,
       (SELECT count(*) FROM calls c
         WHERE c.conversation_id = v.id
         -- use: entry
         ) AS counted,
       x.project_id AS contact_project,
       CASE WHEN v.contact_name IS DISTINCT FROM x.display_name THEN 'contact_name'
            WHEN v.last_call_id IS DISTINCT FROM l.id THEN 'last_call_id'
            WHEN v.last_direction IS DISTINCT FROM l.direction THEN 'last_direction'
            WHEN v.last_status IS DISTINCT FROM l.display_status THEN 'last_status'
            WHEN v.last_missed IS DISTINCT FROM l.missed THEN 'last_missed'
            WHEN v.last_recorded IS DISTINCT FROM
                 CASE WHEN l.id IS NOT NULL THEN l.recording_url IS NOT NULL END THEN 'last_recorded'
            WHEN v.last_message_at IS DISTINCT FROM (
                 SELECT max(start_time) FROM calls WHERE conversation_id = v.id AND visibility = 'visible')
                 THEN 'last_message_at'
       END AS wrong
  FROM conversations v
  LEFT JOIN contacts x ON x.id = v.contact_id
  LEFT JOIN calls l ON l.id = (
       SELECT c.id FROM calls c
        WHERE c.conversation_id = v.id
        -- use: entry
        ORDER BY c.start_time DESC, c.id DESC
        LIMIT 1)
 WHERE v.project_id = :project AND v.id > :after
 ORDER BY v.id LIMIT :limit;
-- [postgres]
SELECT v.id, (v.metadata ->> 'total_calls')::bigint AS stored,
       (SELECT count(*) FROM calls c
         WHERE c.conversation_id = v.id
         -- use: entry
         ) AS counted,
       x.project_id AS contact_project,
       CASE WHEN v.contact_name IS DISTINCT FROM x.display_name THEN 'contact_name'
            WHEN v.last_call_id IS DISTINCT FROM l.id THEN 'last_call_id'
            WHEN v.last_direction IS DISTINCT FROM l.direction THEN 'last_direction'
            WHEN v.last_status IS DISTINCT FROM l.display_status THEN 'last_status'
            WHEN v.last_missed IS DISTINCT FROM l.missed THEN 'last_missed'
            WHEN v.last_recorded IS DISTINCT FROM
                 CASE WHEN l.id IS NOT NULL THEN l.recording_url IS NOT NULL END THEN 'last_recorded'
            WHEN v.last_message_at IS DISTINCT FROM (
                 SELECT max(start_time) FROM calls WHERE conversation_id = v.id AND visibility = 'visible')
                 THEN 'last_message_at'
       END AS wrong
  FROM conversations v
  LEFT JOIN contacts x ON x.id = v.contact_id
  LEFT JOIN LATERAL (
       SELECT c.id, c.direction, c.display_status, c.missed, c.recording_url FROM calls c
        WHERE c.conversation_id = v.id
        -- use: entry
        ORDER BY c.start_time DESC, c.id DESC
        LIMIT 1) l ON true
 WHERE v.project_id = :project AND v.id > :after
 ORDER BY v.id LIMIT :limit;

-- name: verify_account
-- The project of an account, whoever provides it.
-- params: account_sid text
-- scope: system — finds the project
SELECT project_id FROM provider_accounts WHERE account_sid = :account_sid ORDER BY provider LIMIT 1;

-- name: verify_acks
-- Acknowledged events, each with the line of the log that says so: those that are not there exactly once.
-- params: project int[], dedupe_key text[], line int[]
-- scope: system — the auditor looks for what crosses from one project into another
-- [sqlite]
SELECT :line AS line, :project AS project_id, :dedupe_key AS dedupe_key, count(*) AS stored
  FROM webhook_inbox
 WHERE project_id = :project AND dedupe_key = :dedupe_key
HAVING count(*) <> 1;
-- [postgres]
SELECT told.line, told.project_id, told.dedupe_key, count(i.id) AS stored
  FROM unnest(:project, :dedupe_key, :line) AS told (project_id, dedupe_key, line)
  LEFT JOIN webhook_inbox i ON i.project_id = told.project_id AND i.dedupe_key = told.dedupe_key
 GROUP BY told.line, told.project_id, told.dedupe_key
HAVING count(i.id) <> 1
 ORDER BY told.line;
