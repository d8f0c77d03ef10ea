-- Conversations: all calls with one outside number.
--
-- `+c.project_id` is the project, and no reason to choose an index: without statistics SQLite would read
-- all calls of a project in the order wanted, rather than those of a conversation.

-- name: conversation_lock
-- Locked in one order, before anything is counted. listed: it has a call that is shown.
-- params: project int[], number text[]
-- [sqlite]
SELECT id, project_id, external_id, last_message_at IS NOT NULL AS listed
  FROM conversations WHERE project_id = :project AND external_id = :number;
-- [postgres]
SELECT c.id, c.project_id, c.external_id, c.last_message_at IS NOT NULL AS listed
  FROM unnest(:project, :number) AS k (project_id, number)
  JOIN conversations c ON c.project_id = k.project_id AND c.external_id = k.number
 ORDER BY c.project_id, c.external_id
   FOR UPDATE OF c;

-- name: conversation_insert
-- New conversations; gives back those that nobody else has inserted meanwhile.
-- params: project int[], number text[], contact int[], subject text[], now time
-- [sqlite]
INSERT INTO conversations (project_id, external_id, contact_id, contact_name, subject, created_at, updated_at)
VALUES (:project, :number, :contact,
        (SELECT display_name FROM contacts WHERE project_id = :project AND id = :contact), :subject, :now, :now)
    ON CONFLICT (project_id, external_id) DO NOTHING
RETURNING id, project_id, external_id;
-- [postgres]
INSERT INTO conversations (project_id, external_id, contact_id, contact_name, subject, created_at, updated_at)
SELECT k.project_id, k.number, k.contact, x.display_name, k.subject, :now, :now
  FROM unnest(:project, :number, :contact, :subject) AS k (project_id, number, contact, subject)
  JOIN contacts x ON x.project_id = k.project_id AND x.id = k.contact
    ON CONFLICT (project_id, external_id) DO NOTHING
RETURNING id, project_id, external_id;

-- part: entry
-- A child leg beside its parent is no entry of its own.
   AND c.visibility = 'visible'
   AND (c.parent_call_sid IS NULL OR NOT EXISTS (
        SELECT 1 FROM calls p
         WHERE p.project_id = c.project_id AND p.provider = c.provider AND p.twilio_sid = c.parent_call_sid
           AND p.visibility = 'visible' AND p.conversation_id = c.conversation_id))

-- name: conversation_refresh
-- Counts anew what belongs to a conversation, and takes over what it shows of the latest. The rows are
-- locked, so that no other worker's call can come between the counting and the commit. Gives back which of them
-- the list has.
-- params: project int[], id int[], now time
-- [sqlite]
UPDATE conversations
   SET last_message_at = (SELECT max(start_time) FROM calls
                           WHERE conversation_id = :id AND visibility = 'visible'),
       metadata = json_set(metadata, '$.total_calls', (
           SELECT count(*) FROM calls c
            WHERE c.conversation_id = :id
            -- use: entry
            )),
       (last_call_id, last_direction, last_status, last_missed, last_recorded) = (
           SELECT c.id, c.direction, c.display_status, c.missed, c.recording_url IS NOT NULL
             FROM calls c
            WHERE c.conversation_id = :id
            -- use: entry
            ORDER BY c.start_time DESC, c.id DESC
            LIMIT 1),
       updated_at = :now
 WHERE project_id = :project AND id = :id
RETURNING project_id, external_id, last_message_at IS NOT NULL AS listed;
-- [postgres]
UPDATE conversations v
   SET last_message_at = (SELECT max(start_time) FROM calls
                           WHERE conversation_id = v.id AND visibility = 'visible'),
       metadata = v.metadata || jsonb_build_object('total_calls', (
           SELECT count(*) FROM calls c
            WHERE c.conversation_id = v.id
            -- use: entry
            )),
       (last_call_id, last_direction, last_status, last_missed, last_recorded) = (
           SELECT c.id, c.direction, c.display_status, c.missed, c.recording_url IS NOT NULL
             FROM calls c
            WHERE c.conversation_id = v.id
            -- use: entry
            ORDER BY c.start_time DESC, c.id DESC
            LIMIT 1),
       updated_at = :now
  FROM unnest(:project, :id) AS k (project_id, id)
 WHERE v.project_id = k.project_id AND v.id = k.id
RETURNING v.project_id, v.external_id, v.last_message_at IS NOT NULL AS listed;

-- name: conversation_total
-- All that there are, shown or not.
-- params: project int
SELECT count(*) AS n FROM conversations WHERE project_id = :project;

-- name: conversation_held
-- A page of conversations, and whether what each says of its calls is not what they are.
-- params: project int, after int, limit int
SELECT v.id, CAST(v.metadata ->> 'total_calls' AS bigint) IS DISTINCT FROM (
           SELECT count(*) FROM calls c
            WHERE c.conversation_id = v.id
            -- use: entry
            )
       OR v.last_call_id IS DISTINCT FROM (
           SELECT c.id FROM calls c
            WHERE c.conversation_id = v.id
            -- use: entry
            ORDER BY c.start_time DESC, c.id DESC
            LIMIT 1)
       OR v.last_message_at IS DISTINCT FROM (
           SELECT max(start_time) FROM calls WHERE conversation_id = v.id AND visibility = 'visible') AS wrong
  FROM conversations v
 WHERE v.project_id = :project AND v.id > :after
 ORDER BY v.id LIMIT :limit;

-- name: conversation_show
-- Takes over what a conversation shows of its latest call, where it is this one. The rows are locked.
-- params: project int[], id int[], call int[], now time
-- [sqlite]
UPDATE conversations
   SET (last_direction, last_status, last_missed, last_recorded) = (
           SELECT direction, display_status, missed, recording_url IS NOT NULL FROM calls WHERE id = :call),
       updated_at = :now
 WHERE project_id = :project AND id = :id AND last_call_id = :call;
-- [postgres]
UPDATE conversations v
   SET last_direction = c.direction, last_status = c.display_status, last_missed = c.missed,
       last_recorded = c.recording_url IS NOT NULL, updated_at = :now
  FROM unnest(:project, :id, :call) AS k (project_id, id, call_id)
  JOIN calls c ON c.id = k.call_id
 WHERE v.project_id = k.project_id AND v.id = k.id AND v.last_call_id = k.call_id;

-- The list. What it is narrowed by stands on the rows, and what lets few through has an index in the order
-- of the list: there is a query for each way, because an index serves only what surely is asked. A text is
-- looked for in the index of the whole list, which has the names and the numbers too.

-- part: conversation_rows
SELECT v.id, v.subject, v.status, v.external_id, v.last_message_at, v.metadata, v.created_at, v.updated_at,
       c.display_name, c.formatted_number, c.phone_number
  FROM (SELECT v.id
          FROM conversations v
         WHERE v.project_id = :project

-- part: conversation_total
SELECT count(*) AS total
  FROM conversations v
 WHERE v.project_id = :project

-- part: conversation_from
-- A page starts before the last row of the one before it: :before_time, :before_id.
   AND v.last_message_at >= :from_time AND (v.last_message_at, v.id) < (:before_time, :before_id)

-- part: conversation_named
-- Patterns.
   AND (v.external_id LIKE :number
        OR capitals(v.contact_name) LIKE capitals(CAST(:name AS text)) ESCAPE '!')

-- part: conversation_matches
   AND (CAST(:direction AS text) IS NULL OR v.last_direction = :direction)
   AND (CAST(:status AS text) IS NULL OR v.last_status = :status)
   AND (NOT :recording OR v.last_recorded)
   AND (NOT :missed OR v.last_missed)
   AND (CAST(:name AS text) IS NULL OR v.external_id LIKE :number
        OR capitals(v.contact_name) LIKE capitals(CAST(:name AS text)) ESCAPE '!')

-- part: conversation_page
         ORDER BY v.last_message_at DESC, v.id DESC
         LIMIT :limit OFFSET :offset) k
  JOIN conversations v ON v.id = k.id
  JOIN contacts c ON c.id = v.contact_id
 ORDER BY v.last_message_at DESC, v.id DESC;

-- name: conversation_list
-- One page, the latest first. OFFSET 0 keeps PostgreSQL, which plans for any page, from reading the whole table
-- to join it with a few rows.
-- params: project int, from_time time, before_time time, before_id int, offset int, limit int
-- [sqlite]
-- use: conversation_rows
-- use: conversation_from
-- use: conversation_page
-- [postgres]
SELECT v.id, v.subject, v.status, v.external_id, v.last_message_at, v.metadata, v.created_at, v.updated_at,
       c.display_name, c.formatted_number, c.phone_number
  FROM (SELECT v.id
          FROM conversations v
         WHERE v.project_id = :project
         -- use: conversation_from
         ORDER BY v.last_message_at DESC, v.id DESC
         LIMIT :limit OFFSET :offset) k
 CROSS JOIN LATERAL (SELECT * FROM conversations v WHERE v.id = k.id OFFSET 0) v
  JOIN contacts c ON c.id = v.contact_id
 ORDER BY v.last_message_at DESC, v.id DESC;

-- How many the whole list has stands beside the feed's counter (feed_reserve), whose row is written with each batch
-- anyway: counting a hundred thousand rows behind row-level security costs more than the page.

-- part: conversation_listed
       (SELECT count(*) FROM conversations v WHERE v.project_id = :project AND v.last_message_at IS NOT NULL)

-- name: conversation_count_all
-- params: project int
SELECT conversations AS total FROM feed_heads WHERE project_id = :project;

-- name: conversation_count_held
-- What is told, and what is so.
-- params: project int
SELECT h.conversations AS told,
-- use: conversation_listed
       AS counted
  FROM feed_heads h
 WHERE h.project_id = :project;

-- name: conversation_count_hold
-- Nobody lists another one until the transaction ends.
-- params: project int
-- [sqlite]
SELECT project_id FROM feed_heads WHERE project_id = :project;
-- [postgres]
SELECT project_id FROM feed_heads WHERE project_id = :project FOR NO KEY UPDATE;

-- name: conversation_count_anew
-- The row is held: what is seen now is what it has to tell.
-- params: project int
UPDATE feed_heads
   SET conversations =
-- use: conversation_listed
 WHERE project_id = :project;

-- name: conversation_count
-- Of a stretch of time.
-- params: project int, from_time time, before_time time, before_id int
-- use: conversation_total
-- use: conversation_from

-- name: conversation_list_named
-- params: project int, from_time time, before_time time, before_id int, name text, number text, offset int, limit int
-- plan: anew
-- use: conversation_rows
-- use: conversation_from
-- use: conversation_named
-- use: conversation_page

-- name: conversation_count_named
-- params: project int, from_time time, before_time time, before_id int, name text, number text
-- plan: anew
-- use: conversation_total
-- use: conversation_from
-- use: conversation_named

-- name: conversation_list_missed
-- params: project int, from_time time, before_time time, before_id int, name text, number text,
--         direction text, status text, recording bool, missed bool, offset int, limit int
-- plan: anew
-- use: conversation_rows
   AND v.last_missed
-- use: conversation_from
-- use: conversation_matches
-- use: conversation_page

-- name: conversation_count_missed
-- params: project int, from_time time, before_time time, before_id int, name text, number text,
--         direction text, status text, recording bool, missed bool
-- plan: anew
-- use: conversation_total
   AND v.last_missed
-- use: conversation_from
-- use: conversation_matches

-- name: conversation_list_by_status
-- params: project int, from_time time, before_time time, before_id int, name text, number text,
--         direction text, status text, recording bool, missed bool, offset int, limit int
-- plan: anew
-- use: conversation_rows
   AND v.last_status = :status
-- use: conversation_from
-- use: conversation_matches
-- use: conversation_page

-- name: conversation_count_by_status
-- params: project int, from_time time, before_time time, before_id int, name text, number text,
--         direction text, status text, recording bool, missed bool
-- plan: anew
-- use: conversation_total
   AND v.last_status = :status
-- use: conversation_from
-- use: conversation_matches

-- name: conversation_list_recorded
-- params: project int, from_time time, before_time time, before_id int, name text, number text,
--         direction text, status text, recording bool, missed bool, offset int, limit int
-- plan: anew
-- use: conversation_rows
   AND v.last_recorded
-- use: conversation_from
-- use: conversation_matches
-- use: conversation_page

-- name: conversation_count_recorded
-- params: project int, from_time time, before_time time, before_id int, name text, number text,
--         direction text, status text, recording bool, missed bool
-- plan: anew
-- use: conversation_total
   AND v.last_recorded
-- use: conversation_from
-- use: conversation_matches

-- name: conversation_list_by_direction
-- params: project int, from_time time, before_time time, before_id int, name text, number text,
--         direction text, status text, recording bool, missed bool, offset int, limit int
-- plan: anew
-- use: conversation_rows
   AND v.last_direction = :direction
-- use: conversation_from
-- use: conversation_matches
-- use: conversation_page

-- name: conversation_count_by_direction
-- params: project int, from_time time, before_time time, before_id int, name text, number text,
--         direction text, status text, recording bool, missed bool
-- plan: anew
-- use: conversation_total
   AND v.last_direction = :direction
-- use: conversation_from
-- use: conversation_matches

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
-- The latest entry of each conversation.
-- params: project int[], id int[]
-- [sqlite]
SELECT c.*
  FROM conversations v JOIN calls c ON c.id = v.last_call_id
 WHERE v.project_id = :project AND v.id = :id;
-- [postgres]
SELECT c.*
  FROM unnest(:project, :id) AS k (project_id, id)
  JOIN conversations v ON v.project_id = k.project_id AND v.id = k.id
  JOIN calls c ON c.id = v.last_call_id;

-- name: conversation_calls
-- One page of a conversation's entries, the latest first: child legs are merged into their parents.
-- params: project int, id int, offset int, limit int
SELECT c.*
  FROM calls c
 WHERE +c.project_id = :project AND c.conversation_id = :id
 -- use: entry
 ORDER BY c.start_time DESC, c.id DESC
 LIMIT :limit OFFSET :offset;

-- name: conversation_call_count
-- params: project int, id int
SELECT count(*) AS total
  FROM calls c
 WHERE +c.project_id = :project AND c.conversation_id = :id
 -- use: entry
 ;
