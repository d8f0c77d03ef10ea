-- up
-- What the list of conversations shows and is searched by stands on its rows, so that a page is read from
-- an index whatever it is narrowed by. calls/batch_save.c keeps it, `hookswitch verify` holds it against the
-- calls. A node of the version before writes calls without it: a conversation that it changes shows its
-- latest call rightly again with the next one.
ALTER TABLE calls ADD COLUMN missed INTEGER NOT NULL DEFAULT 0; -- call_is_missed()
ALTER TABLE conversations ADD COLUMN contact_name TEXT; -- its contact's display_name
ALTER TABLE conversations ADD COLUMN last_call_id INTEGER;
ALTER TABLE conversations ADD COLUMN last_direction TEXT;
ALTER TABLE conversations ADD COLUMN last_status TEXT; -- its display_status
ALTER TABLE conversations ADD COLUMN last_missed INTEGER;
ALTER TABLE conversations ADD COLUMN last_recorded INTEGER;

-- Nothing happens to a conversation by this: its updated_at stays.
DROP TRIGGER conversations_touch;
UPDATE calls SET missed = 1
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
CREATE TRIGGER conversations_touch AFTER UPDATE ON conversations
    WHEN NEW.updated_at = OLD.updated_at
BEGIN
    UPDATE conversations
       SET updated_at = (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000)
     WHERE id = NEW.id;
END;

-- The index of the whole list is what a text is looked for in.
DROP INDEX idx_conversations_recent;
CREATE INDEX idx_conversations_recent
    ON conversations (project_id, last_message_at DESC, id DESC, contact_name, external_id);
CREATE INDEX idx_conversations_status
    ON conversations (project_id, last_status, last_message_at DESC, id DESC);
CREATE INDEX idx_conversations_direction
    ON conversations (project_id, last_direction, last_message_at DESC, id DESC);
CREATE INDEX idx_conversations_missed ON conversations (project_id, last_message_at DESC, id DESC)
    WHERE last_missed;
CREATE INDEX idx_conversations_recorded ON conversations (project_id, last_message_at DESC, id DESC)
    WHERE last_recorded;

-- Names are given from outside.
CREATE TRIGGER contacts_name AFTER UPDATE OF display_name ON contacts
    WHEN NEW.display_name IS NOT OLD.display_name
BEGIN
    UPDATE conversations SET contact_name = NEW.display_name WHERE contact_id = NEW.id;
END;

-- As in 0001: what the planner believes.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('conversations', 'idx_conversations_recent', '20000 2000 1 1 1 1'),
    ('conversations', 'idx_conversations_status', '20000 2000 250 1 1'),
    ('conversations', 'idx_conversations_direction', '20000 2000 700 1 1'),
    ('conversations', 'idx_conversations_missed', '2000 200 1 1'),
    ('conversations', 'idx_conversations_recorded', '2000 200 1 1');
ANALYZE sqlite_schema;

-- down
DROP TRIGGER contacts_name;
DROP INDEX idx_conversations_recent;
DROP INDEX idx_conversations_recorded;
DROP INDEX idx_conversations_missed;
DROP INDEX idx_conversations_direction;
DROP INDEX idx_conversations_status;
CREATE INDEX idx_conversations_recent ON conversations (project_id, last_message_at DESC, id DESC);
ALTER TABLE conversations DROP COLUMN last_recorded;
ALTER TABLE conversations DROP COLUMN last_missed;
ALTER TABLE conversations DROP COLUMN last_status;
ALTER TABLE conversations DROP COLUMN last_direction;
ALTER TABLE conversations DROP COLUMN last_call_id;
ALTER TABLE conversations DROP COLUMN contact_name;
ALTER TABLE calls DROP COLUMN missed;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('conversations', 'idx_conversations_recent', '20000 2000 1 1');
ANALYZE sqlite_schema;
