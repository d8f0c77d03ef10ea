-- up
-- What the list of conversations shows and is searched by stands on its rows, so that a page is read from
-- an index whatever it is narrowed by. calls/batch_save.c keeps it, `hookswitch verify` holds it against the
-- calls. A node of the version before writes calls without it: a conversation that it changes shows its
-- latest call rightly again with the next one.
ALTER TABLE calls ADD COLUMN missed boolean NOT NULL DEFAULT false; -- call_is_missed()
ALTER TABLE conversations
    ADD COLUMN contact_name text, -- its contact's display_name
    ADD COLUMN last_call_id bigint,
    ADD COLUMN last_direction text,
    ADD COLUMN last_status text, -- its display_status
    ADD COLUMN last_missed boolean,
    ADD COLUMN last_recorded boolean;

-- Nothing happens to a conversation by this: its updated_at stays.
ALTER TABLE conversations DISABLE TRIGGER conversations_touch;
UPDATE calls SET missed = true
 WHERE direction = 'inbound' AND display_status IN ('no-answer', 'busy', 'canceled', 'failed');
UPDATE conversations AS v
   SET contact_name = (SELECT x.display_name FROM contacts x WHERE x.id = v.contact_id),
       (last_call_id, last_direction, last_status, last_missed, last_recorded) = (
           SELECT c.id, c.direction, c.display_status, c.missed, c.recording_url IS NOT NULL
             FROM calls c
            WHERE c.conversation_id = v.id AND c.visibility = 'visible'
              AND (c.parent_call_sid IS NULL OR NOT EXISTS (
                   SELECT 1 FROM calls p
                    WHERE p.project_id = c.project_id AND p.provider = c.provider
                      AND p.twilio_sid = c.parent_call_sid AND p.visibility = 'visible'
                      AND p.conversation_id = c.conversation_id))
            ORDER BY c.start_time DESC, c.id DESC
            LIMIT 1);
ALTER TABLE conversations ENABLE TRIGGER conversations_touch;

-- The index of the whole list is what a text is looked for in.
DROP INDEX idx_conversations_recent;
CREATE INDEX idx_conversations_recent
    ON conversations (project_id, last_message_at DESC, id DESC) INCLUDE (contact_name, external_id);
CREATE INDEX idx_conversations_status
    ON conversations (project_id, last_status, last_message_at DESC, id DESC);
CREATE INDEX idx_conversations_direction
    ON conversations (project_id, last_direction, last_message_at DESC, id DESC);
CREATE INDEX idx_conversations_missed ON conversations (project_id, last_message_at DESC, id DESC)
    WHERE last_missed;
CREATE INDEX idx_conversations_recorded ON conversations (project_id, last_message_at DESC, id DESC)
    WHERE last_recorded;

-- Names are given from outside.
CREATE FUNCTION name_conversations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE conversations SET contact_name = NEW.display_name WHERE contact_id = NEW.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER contacts_name AFTER UPDATE OF display_name ON contacts
    FOR EACH ROW WHEN (NEW.display_name IS DISTINCT FROM OLD.display_name)
    EXECUTE FUNCTION name_conversations();

-- A text as the search compares it: in capitals, of every alphabet. What lower() and upper() know without a
-- collation depends on how the database was created. On SQLite it is a function of ours (sqlite/capitals.c).
DO $$
BEGIN
    EXECUTE format('CREATE FUNCTION capitals(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE'
                   ' AS ''SELECT upper($1 COLLATE %I)''',
                   COALESCE((SELECT collname FROM pg_collation WHERE collname = 'und-x-icu'), 'default'));
END
$$;

-- down
DROP FUNCTION capitals(text);
DROP TRIGGER contacts_name ON contacts;
DROP FUNCTION name_conversations();
DROP INDEX idx_conversations_recent;
DROP INDEX idx_conversations_recorded;
DROP INDEX idx_conversations_missed;
DROP INDEX idx_conversations_direction;
DROP INDEX idx_conversations_status;
CREATE INDEX idx_conversations_recent ON conversations (project_id, last_message_at DESC, id DESC);
ALTER TABLE conversations
    DROP COLUMN last_recorded,
    DROP COLUMN last_missed,
    DROP COLUMN last_status,
    DROP COLUMN last_direction,
    DROP COLUMN last_call_id,
    DROP COLUMN contact_name;
ALTER TABLE calls DROP COLUMN missed;
