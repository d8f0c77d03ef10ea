-- What the auditor reads (ops/verify.c): pages in the order of a key, each a small index scan.

-- name: verify_project_next
-- params: after int
-- scope: system — all projects are audited
SELECT id FROM projects WHERE id > :after ORDER BY id LIMIT 1;

-- name: verify_feed
-- params: project int, after int, limit int
SELECT seq FROM feed_events WHERE project_id = :project AND seq > :after ORDER BY seq LIMIT :limit;

-- name: verify_log
-- Lines of the log beside what they must agree with. reverts: it was applied, says that its call goes
-- on, and stands behind a line by which that call had ended.
-- params: project int, after int, limit int
-- [sqlite]
SELECT e.seq, e.call_sid, e.event_type, e.event_status, e.inbox_id, i.processing_status AS inbox_status,
       f.type AS feed_type, f.entity_id AS feed_sid, c.id AS call_id,
       e.applied AND e.event_status IN ('queued', 'initiated', 'ringing', 'in-progress')
           AND json_extract(e.change, '$.kind') = 'status'
           AND EXISTS (SELECT 1 FROM call_events b
                        WHERE b.project_id = e.project_id AND b.call_sid = e.call_sid AND b.provider = e.provider
                          AND b.seq < e.seq AND b.applied
                          AND b.event_status IN ('completed', 'busy', 'no-answer', 'canceled', 'failed')
                          AND json_extract(b.change, '$.kind') = 'status') AS reverts
  FROM call_events e
  LEFT JOIN webhook_inbox i ON i.id = e.inbox_id AND i.project_id = e.project_id
  LEFT JOIN feed_events f ON f.project_id = e.project_id AND f.seq = e.seq
  LEFT JOIN calls c ON c.project_id = e.project_id AND c.provider = e.provider AND c.twilio_sid = e.call_sid
 WHERE e.project_id = :project AND e.seq > :after
 ORDER BY e.seq LIMIT :limit;
-- [postgres]
SELECT e.seq, e.call_sid, e.event_type, e.event_status, e.inbox_id, i.processing_status AS inbox_status,
       f.type AS feed_type, f.entity_id AS feed_sid, c.id AS call_id,
       e.applied AND e.event_status IN ('queued', 'initiated', 'ringing', 'in-progress')
           AND e.change ->> 'kind' = 'status'
           AND EXISTS (SELECT 1 FROM call_events b
                        WHERE b.project_id = e.project_id AND b.call_sid = e.call_sid AND b.provider = e.provider
                          AND b.seq < e.seq AND b.applied
                          AND b.event_status IN ('completed', 'busy', 'no-answer', 'canceled', 'failed')
                          AND b.change ->> 'kind' = 'status') AS reverts
  FROM call_events e
  LEFT JOIN webhook_inbox i ON i.id = e.inbox_id AND i.project_id = e.project_id
  LEFT JOIN feed_events f ON f.project_id = e.project_id AND f.seq = e.seq
  LEFT JOIN calls c ON c.project_id = e.project_id AND c.provider = e.provider AND c.twilio_sid = e.call_sid
 WHERE e.project_id = :project AND e.seq > :after
 ORDER BY e.seq LIMIT :limit;

-- name: verify_inbox
-- Received webhooks, and whether the log has a line of them. The lane is the root call.
-- params: project int, after int, limit int
SELECT i.id, i.source, i.call_sid,
       i.processing_status = 'completed' AND NOT EXISTS (
           SELECT 1 FROM call_events e
            WHERE e.project_id = i.project_id AND e.call_sid IN (i.call_sid, i.lane)
              AND e.inbox_id = i.id) AS unlogged
  FROM webhook_inbox i
 WHERE i.project_id = :project AND i.id > :after
 ORDER BY i.id LIMIT :limit;

-- name: verify_conversations
-- What a conversation says of its calls, and what they are (as in conversation_refresh).
-- params: project int, after int, limit int
-- [sqlite]
SELECT v.id, json_extract(v.metadata, '$.total_calls') AS stored,
       (SELECT count(*) FROM calls c
         WHERE c.conversation_id = v.id AND c.visibility = 'visible'
           AND (c.parent_call_sid IS NULL OR NOT EXISTS (
                SELECT 1 FROM calls p
                 WHERE p.project_id = c.project_id AND p.provider = c.provider
                   AND p.twilio_sid = c.parent_call_sid AND p.visibility = 'visible'
                   AND p.conversation_id = c.conversation_id))) AS counted
  FROM conversations v
 WHERE v.project_id = :project AND v.id > :after
 ORDER BY v.id LIMIT :limit;
-- [postgres]
SELECT v.id, (v.metadata ->> 'total_calls')::bigint AS stored,
       (SELECT count(*) FROM calls c
         WHERE c.conversation_id = v.id AND c.visibility = 'visible'
           AND (c.parent_call_sid IS NULL OR NOT EXISTS (
                SELECT 1 FROM calls p
                 WHERE p.project_id = c.project_id AND p.provider = c.provider
                   AND p.twilio_sid = c.parent_call_sid AND p.visibility = 'visible'
                   AND p.conversation_id = c.conversation_id))) AS counted
  FROM conversations v
 WHERE v.project_id = :project AND v.id > :after
 ORDER BY v.id LIMIT :limit;
