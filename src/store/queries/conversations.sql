-- Conversations: all calls with one outside number.
--
-- `+c.project_id` is the project, and no reason to choose an index: without statistics SQLite would read
-- all calls of a project in the order wanted, rather than those of a conversation.

-- name: conversation_lock
-- Locked in one order, before anything is counted.
-- params: project int[], number text[]
-- [sqlite]
SELECT id, project_id, external_id FROM conversations WHERE project_id = :project AND external_id = :number;
-- [postgres]
SELECT c.id, c.project_id, c.external_id
  FROM unnest(:project, :number) AS k (project_id, number)
  JOIN conversations c ON c.project_id = k.project_id AND c.external_id = k.number
 ORDER BY c.project_id, c.external_id
   FOR UPDATE OF c;

-- name: conversation_insert
-- New conversations; gives back those that nobody else has inserted meanwhile.
-- params: project int[], number text[], contact int[], subject text[], now time
-- [sqlite]
INSERT INTO conversations (project_id, external_id, contact_id, subject, created_at, updated_at)
VALUES (:project, :number, :contact, :subject, :now, :now)
    ON CONFLICT (project_id, external_id) DO NOTHING
RETURNING id, project_id, external_id;
-- [postgres]
INSERT INTO conversations (project_id, external_id, contact_id, subject, created_at, updated_at)
SELECT k.project_id, k.number, k.contact, k.subject, :now, :now
  FROM unnest(:project, :number, :contact, :subject) AS k (project_id, number, contact, subject)
    ON CONFLICT (project_id, external_id) DO NOTHING
RETURNING id, project_id, external_id;

-- name: conversation_refresh
-- Counts anew what belongs to a conversation. The rows are locked, so that no other worker's call can
-- come between the counting and the commit. A child leg beside its parent is not an entry of its own.
-- params: project int[], id int[], now time
-- [sqlite]
UPDATE conversations
   SET last_message_at = (SELECT max(start_time) FROM calls
                           WHERE conversation_id = :id AND visibility = 'visible'),
       metadata = json_set(metadata, '$.total_calls', (
           SELECT count(*) FROM calls c
            WHERE c.conversation_id = :id AND c.visibility = 'visible'
              AND (c.parent_call_sid IS NULL OR NOT EXISTS (
                   SELECT 1 FROM calls p
                    WHERE p.project_id = c.project_id AND p.provider = c.provider
                      AND p.twilio_sid = c.parent_call_sid AND p.visibility = 'visible'
                      AND p.conversation_id = c.conversation_id)))),
       updated_at = :now
 WHERE project_id = :project AND id = :id;
-- [postgres]
UPDATE conversations v
   SET last_message_at = (SELECT max(start_time) FROM calls
                           WHERE conversation_id = v.id AND visibility = 'visible'),
       metadata = v.metadata || jsonb_build_object('total_calls', (
           SELECT count(*) FROM calls c
            WHERE c.conversation_id = v.id AND c.visibility = 'visible'
              AND (c.parent_call_sid IS NULL OR NOT EXISTS (
                   SELECT 1 FROM calls p
                    WHERE p.project_id = c.project_id AND p.provider = c.provider
                      AND p.twilio_sid = c.parent_call_sid AND p.visibility = 'visible'
                      AND p.conversation_id = c.conversation_id)))),
       updated_at = :now
  FROM unnest(:project, :id) AS k (project_id, id)
 WHERE v.project_id = k.project_id AND v.id = k.id;

-- part: conversation_filter
-- :name and :number are patterns; the rest is about the latest call, which the row shows, and is looked at
-- only when :of_call says that it matters.
  FROM conversations v
  JOIN contacts c ON c.id = v.contact_id
 WHERE v.project_id = :project AND v.last_message_at IS NOT NULL
   AND (:from_time IS NULL OR v.last_message_at >= :from_time)
   AND (:to_time IS NULL OR v.last_message_at < :to_time)
   AND (CAST(:name AS text) IS NULL OR lower(c.display_name) LIKE lower(:name) ESCAPE '!'
        OR c.phone_number LIKE :number)
   AND (NOT :of_call OR EXISTS (
        SELECT 1
          FROM calls l
         WHERE l.id = (SELECT k.id
                         FROM calls k
                        WHERE k.conversation_id = v.id AND k.visibility = 'visible'
                          AND (k.parent_call_sid IS NULL OR NOT EXISTS (
                               SELECT 1 FROM calls p
                                WHERE p.project_id = k.project_id AND p.provider = k.provider
                                  AND p.twilio_sid = k.parent_call_sid AND p.visibility = 'visible'
                                  AND p.conversation_id = k.conversation_id))
                        ORDER BY k.start_time DESC, k.id DESC
                        LIMIT 1)
           AND (CAST(:direction AS text) IS NULL OR l.direction = :direction)
           AND (CAST(:status AS text) IS NULL OR l.display_status = :status)
           AND (NOT :recording OR l.recording_url IS NOT NULL)
           AND (NOT :missed OR (l.direction = 'inbound'
                AND l.display_status IN ('no-answer', 'busy', 'canceled', 'failed')))))

-- name: conversation_list
-- One page, the latest first.
-- params: project int, from_time time, to_time time, name text, number text, of_call bool, direction text,
--         status text, recording bool, missed bool, offset int, limit int
SELECT v.id, v.subject, v.status, v.external_id, v.last_message_at, v.metadata, v.created_at, v.updated_at,
       c.display_name, c.formatted_number, c.phone_number
-- use: conversation_filter
 ORDER BY v.last_message_at DESC, v.id DESC
 LIMIT :limit OFFSET :offset;

-- name: conversation_count
-- params: project int, from_time time, to_time time, name text, number text, of_call bool, direction text,
--         status text, recording bool, missed bool
SELECT count(*) AS total
-- use: conversation_filter

-- name: conversation_by_id
-- In the order in which they are asked for.
-- params: project int[], id int[]
-- [sqlite]
SELECT v.id, v.subject, v.status, v.external_id, v.last_message_at, v.metadata, v.created_at, v.updated_at,
       c.display_name, c.formatted_number, c.phone_number
  FROM conversations v
  JOIN contacts c ON c.id = v.contact_id
 WHERE v.project_id = :project AND v.id = :id;
-- [postgres]
SELECT v.id, v.subject, v.status, v.external_id, v.last_message_at, v.metadata, v.created_at, v.updated_at,
       c.display_name, c.formatted_number, c.phone_number
  FROM unnest(:project, :id) WITH ORDINALITY AS k (project_id, id, place)
  JOIN conversations v ON v.project_id = k.project_id AND v.id = k.id
  JOIN contacts c ON c.id = v.contact_id
 ORDER BY k.place;

-- name: conversation_last_call
-- The latest visible call of each conversation; of a parent and its legs the parent.
-- params: project int[], id int[]
-- [sqlite]
SELECT c.*
  FROM calls c
 WHERE +c.project_id = :project AND c.conversation_id = :id AND c.visibility = 'visible'
   AND (c.parent_call_sid IS NULL OR NOT EXISTS (
        SELECT 1 FROM calls p
         WHERE p.project_id = c.project_id AND p.provider = c.provider AND p.twilio_sid = c.parent_call_sid
           AND p.visibility = 'visible' AND p.conversation_id = c.conversation_id))
 ORDER BY c.start_time DESC, c.id DESC
 LIMIT 1;
-- [postgres]
SELECT c.*
  FROM unnest(:project, :id) AS k (project_id, id)
 CROSS JOIN LATERAL (
       SELECT c.*
         FROM calls c
        WHERE +c.project_id = k.project_id AND c.conversation_id = k.id AND c.visibility = 'visible'
          AND (c.parent_call_sid IS NULL OR NOT EXISTS (
               SELECT 1 FROM calls p
                WHERE p.project_id = c.project_id AND p.provider = c.provider
                  AND p.twilio_sid = c.parent_call_sid
                  AND p.visibility = 'visible' AND p.conversation_id = c.conversation_id))
        ORDER BY c.start_time DESC, c.id DESC
        LIMIT 1) c;

-- name: conversation_calls
-- One page of a conversation's entries, the latest first: child legs are merged into their parents.
-- params: project int, id int, offset int, limit int
SELECT c.*
  FROM calls c
 WHERE +c.project_id = :project AND c.conversation_id = :id AND c.visibility = 'visible'
   AND (c.parent_call_sid IS NULL OR NOT EXISTS (
        SELECT 1 FROM calls p
         WHERE p.project_id = c.project_id AND p.provider = c.provider AND p.twilio_sid = c.parent_call_sid
           AND p.visibility = 'visible' AND p.conversation_id = c.conversation_id))
 ORDER BY c.start_time DESC, c.id DESC
 LIMIT :limit OFFSET :offset;

-- name: conversation_call_count
-- params: project int, id int
SELECT count(*) AS total
  FROM calls c
 WHERE +c.project_id = :project AND c.conversation_id = :id AND c.visibility = 'visible'
   AND (c.parent_call_sid IS NULL OR NOT EXISTS (
        SELECT 1 FROM calls p
         WHERE p.project_id = c.project_id AND p.provider = c.provider AND p.twilio_sid = c.parent_call_sid
           AND p.visibility = 'visible' AND p.conversation_id = c.conversation_id));
