-- up
-- The twin of the .postgres.sql file: same tables, same columns. Times are microseconds since 1970
-- in UTC; truth is 0 or 1; JSON and decimals are text.
CREATE TABLE orgs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
        DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000)
) STRICT;

CREATE TABLE projects (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id INTEGER NOT NULL REFERENCES orgs (id),
    name TEXT NOT NULL,
    time_zone TEXT NOT NULL DEFAULT 'UTC',
    created_at INTEGER NOT NULL
        DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000)
) STRICT;

-- The provider's account that a webhook names, and the project that it belongs to.
CREATE TABLE provider_accounts (
    project_id INTEGER NOT NULL REFERENCES projects (id),
    provider TEXT NOT NULL,
    account_sid TEXT NOT NULL,
    created_at INTEGER NOT NULL
        DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000),
    PRIMARY KEY (provider, account_sid)
) STRICT;
CREATE INDEX idx_provider_accounts_project ON provider_accounts (project_id);

CREATE TABLE api_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL REFERENCES projects (id),
    name TEXT NOT NULL,
    key_hash TEXT NOT NULL UNIQUE, -- SHA-256, hex
    created_at INTEGER NOT NULL
        DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000),
    revoked_at INTEGER
) STRICT;
CREATE INDEX idx_api_keys_project ON api_keys (project_id);

CREATE TABLE login_links (
    token_hash TEXT PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects (id),
    created_at INTEGER NOT NULL
        DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000),
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects (id),
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
        DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000),
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_sessions_project ON sessions (project_id);

CREATE TABLE contacts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL REFERENCES projects (id),
    phone_number TEXT NOT NULL, -- E.164
    formatted_number TEXT,
    display_name TEXT,
    metadata TEXT NOT NULL DEFAULT '{}',
    created_at INTEGER NOT NULL
        DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000),
    updated_at INTEGER NOT NULL
        DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000),
    UNIQUE (project_id, phone_number)
) STRICT;

CREATE TABLE conversations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL REFERENCES projects (id),
    contact_id INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    external_id TEXT NOT NULL, -- the contact's number
    subject TEXT,
    status TEXT NOT NULL DEFAULT 'active',
    last_message_at INTEGER,
    metadata TEXT NOT NULL DEFAULT '{}', -- total_calls
    created_at INTEGER NOT NULL
        DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000),
    updated_at INTEGER NOT NULL
        DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000),
    UNIQUE (project_id, external_id)
) STRICT;
CREATE INDEX idx_conversations_recent ON conversations (project_id, last_message_at DESC, id DESC);
CREATE INDEX idx_conversations_contact ON conversations (contact_id);

CREATE TABLE calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL REFERENCES projects (id),
    provider TEXT NOT NULL,
    conversation_id INTEGER REFERENCES conversations (id) ON DELETE CASCADE,
    twilio_sid TEXT NOT NULL, -- the provider's id of the call
    parent_call_sid TEXT,
    direction TEXT NOT NULL,
    status TEXT NOT NULL,
    display_status TEXT NOT NULL,
    visibility TEXT NOT NULL DEFAULT 'visible'
        CHECK (visibility IN ('visible', 'filtered', 'pending')),
    from_number TEXT NOT NULL,
    to_number TEXT NOT NULL,
    from_e164 TEXT,
    to_e164 TEXT,
    duration INTEGER,
    total_duration INTEGER,
    talk_time INTEGER,
    wait_time INTEGER,
    price TEXT,
    price_unit TEXT,
    start_time INTEGER,
    answered_at INTEGER,
    end_time INTEGER,
    recording_url TEXT,
    metadata TEXT NOT NULL DEFAULT '{}',
    attributes TEXT NOT NULL DEFAULT '{}',
    fold_state TEXT NOT NULL DEFAULT '{}', -- what apply needs besides the columns
    created_at INTEGER NOT NULL
        DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000),
    updated_at INTEGER NOT NULL
        DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000),
    last_event_time INTEGER,
    is_final INTEGER NOT NULL DEFAULT 0,
    finalized_at INTEGER,
    sync_state TEXT NOT NULL DEFAULT 'active' CHECK (sync_state IN ('active', 'frozen')),
    UNIQUE (project_id, provider, twilio_sid)
) STRICT;
CREATE INDEX idx_calls_active_status ON calls (project_id, status, start_time DESC)
    WHERE status IN ('queued', 'initiated', 'ringing', 'in-progress');
CREATE INDEX idx_calls_updated_at ON calls (project_id, updated_at DESC);
CREATE INDEX idx_calls_parent_call_sid ON calls (project_id, parent_call_sid);
CREATE INDEX idx_calls_conversation ON calls (conversation_id, start_time DESC);
CREATE INDEX idx_calls_recent ON calls (project_id, start_time DESC, id DESC);

-- The log. No foreign key here and on webhook_inbox: they are written by the thousand per second,
-- always for a project that was just looked up, and a key would be checked for each of them.
CREATE TABLE call_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    provider TEXT NOT NULL,
    call_sid TEXT NOT NULL,
    event_type TEXT NOT NULL,
    event_status TEXT,
    event_time INTEGER NOT NULL,
    source TEXT NOT NULL, -- webhook, inferred, reconcile_hot …
    applied INTEGER NOT NULL,
    refusal TEXT, -- why not, when not applied
    change TEXT NOT NULL, -- canonical; the snapshot is the fold of these
    payload TEXT NOT NULL, -- as the provider sent it
    inbox_id INTEGER,
    trace_id TEXT,
    created_at INTEGER NOT NULL
        DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000),
    UNIQUE (project_id, seq)
) STRICT;
CREATE INDEX idx_call_events_call ON call_events (project_id, call_sid, event_time DESC);
CREATE INDEX idx_call_events_type ON call_events (project_id, event_type, event_time DESC);

CREATE TABLE feed_heads (
    project_id INTEGER PRIMARY KEY REFERENCES projects (id),
    last_seq INTEGER NOT NULL DEFAULT 0,
    epoch TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE feed_events (
    project_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    type TEXT NOT NULL,
    ts INTEGER NOT NULL,
    entity_type TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    payload TEXT NOT NULL,
    trace_id TEXT,
    created_at INTEGER NOT NULL
        DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000),
    PRIMARY KEY (project_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL,
    provider TEXT NOT NULL,
    source TEXT NOT NULL,
    event_type TEXT NOT NULL,
    call_sid TEXT,
    recording_sid TEXT,
    lane TEXT NOT NULL,
    dedupe_key TEXT NOT NULL,
    payload TEXT NOT NULL,
    raw_body BLOB,
    trace_id TEXT,
    received_at INTEGER NOT NULL
        DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000),
    processed_at INTEGER,
    processing_status TEXT NOT NULL DEFAULT 'pending' CHECK (
        processing_status IN ('pending', 'processing', 'completed', 'failed', 'dead_letter')),
    error TEXT,
    retry_count INTEGER NOT NULL DEFAULT 0, -- attempts, counted before each
    next_attempt_at INTEGER NOT NULL
        DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000),
    claim_token TEXT,
    UNIQUE (project_id, dedupe_key)
) STRICT;
-- Every index is paid for at each webhook. None is on call_sid, whose order is random: what became
-- of a call stands in call_events, which names the row here.
-- `pending` was never tried and is claimed in the order of arrival; `failed` waits for its next
-- attempt.
CREATE INDEX idx_webhook_inbox_due ON webhook_inbox (id)
    WHERE processing_status = 'pending';
CREATE INDEX idx_webhook_inbox_retry ON webhook_inbox (next_attempt_at, id)
    WHERE processing_status = 'failed';
CREATE INDEX idx_webhook_inbox_claimed ON webhook_inbox (project_id, lane)
    WHERE processing_status = 'processing';
CREATE INDEX idx_webhook_inbox_dead ON webhook_inbox (project_id, id)
    WHERE processing_status = 'dead_letter';
CREATE INDEX idx_webhook_inbox_recent ON webhook_inbox (project_id, id);

CREATE TABLE queue_leases (
    token TEXT PRIMARY KEY,
    queue TEXT NOT NULL,
    owner TEXT NOT NULL, -- node and thread, for people
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sync_state (
    project_id INTEGER NOT NULL REFERENCES projects (id),
    job_name TEXT NOT NULL,
    cursor TEXT NOT NULL DEFAULT '{}',
    last_success_at INTEGER,
    last_error_at INTEGER,
    last_error TEXT,
    updated_at INTEGER NOT NULL
        DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000),
    PRIMARY KEY (project_id, job_name)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER contacts_touch AFTER UPDATE ON contacts
    WHEN NEW.updated_at = OLD.updated_at
BEGIN
    UPDATE contacts
       SET updated_at = (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000)
     WHERE id = NEW.id;
END;

CREATE TRIGGER conversations_touch AFTER UPDATE ON conversations
    WHEN NEW.updated_at = OLD.updated_at
BEGIN
    UPDATE conversations
       SET updated_at = (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000)
     WHERE id = NEW.id;
END;

CREATE TRIGGER call_events_immutable BEFORE UPDATE ON call_events
BEGIN
    SELECT RAISE(ABORT, 'call_events is append-only');
END;

-- The names and columns of earlier systems, for people's reports. The program does not read them.
CREATE VIEW twilio_webhook_inbox AS
SELECT id, source, event_type, call_sid, recording_sid, dedupe_key, payload, received_at,
       processed_at, processing_status, error, retry_count
  FROM webhook_inbox
 WHERE provider = 'twilio';

CREATE VIEW webhook_events AS
SELECT id, event_type,
       CAST(CAST(json_extract(payload, '$.event_timestamp') AS REAL) * 1000000 AS INTEGER)
           AS event_timestamp,
       json_extract(payload, '$.data.agent_id') AS agent_id,
       json_extract(payload, '$.data.conversation_id') AS conversation_id,
       json_extract(payload, '$.data.status') AS status,
       json_extract(payload, '$.data.has_audio') AS has_audio,
       json_extract(payload, '$.data.has_user_audio') AS has_user_audio,
       json_extract(payload, '$.data.has_response_audio') AS has_response_audio,
       payload, processing_status = 'completed' AS processed, processed_at, error AS processor_note,
       received_at
  FROM webhook_inbox
 WHERE provider = 'elevenlabs';

CREATE VIEW call_messages AS
SELECT id, conversation_id, twilio_sid, direction, status, from_number, to_number, duration, price,
       price_unit, start_time, end_time, recording_url, parent_call_sid, metadata, created_at,
       updated_at, last_event_time, is_final, finalized_at, sync_state
  FROM calls;

-- What the planner believes about the tables: those of ten busy projects after some months. Without
-- it SQLite takes all indexes that begin with project_id for equally good; and a database that was
-- analysed while it is small would be planned for as small for ever. The numbers: rows, then rows
-- per distinct prefix of the index.
ANALYZE sqlite_schema;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('contacts', 'sqlite_autoindex_contacts_1', '20000 2000 1'),
    ('conversations', 'sqlite_autoindex_conversations_1', '20000 2000 1'),
    ('conversations', 'idx_conversations_recent', '20000 2000 1 1'),
    ('conversations', 'idx_conversations_contact', '20000 1'),
    ('calls', 'sqlite_autoindex_calls_1', '200000 20000 20000 1'),
    ('calls', 'idx_calls_active_status', '200 20 7 1'),
    ('calls', 'idx_calls_updated_at', '200000 20000 1'),
    ('calls', 'idx_calls_parent_call_sid', '200000 20000 2'),
    ('calls', 'idx_calls_conversation', '200000 10 1'),
    ('calls', 'idx_calls_recent', '200000 20000 1 1'),
    ('call_events', 'sqlite_autoindex_call_events_1', '1200000 120000 1'),
    ('call_events', 'idx_call_events_call', '1200000 120000 6 1'),
    ('call_events', 'idx_call_events_type', '1200000 120000 20000 2'),
    ('feed_events', 'feed_events', '1200000 120000 1'),
    ('webhook_inbox', 'sqlite_autoindex_webhook_inbox_1', '1200000 120000 1'),
    ('webhook_inbox', 'idx_webhook_inbox_due', '1000 1'),
    ('webhook_inbox', 'idx_webhook_inbox_retry', '100 2 1'),
    ('webhook_inbox', 'idx_webhook_inbox_claimed', '500 50 2'),
    ('webhook_inbox', 'idx_webhook_inbox_dead', '100 10 1'),
    ('webhook_inbox', 'idx_webhook_inbox_recent', '1200000 120000 1');
ANALYZE sqlite_schema;

-- down
DELETE FROM sqlite_stat1;
DROP VIEW call_messages;
DROP VIEW webhook_events;
DROP VIEW twilio_webhook_inbox;
DROP TABLE sync_state;
DROP TABLE queue_leases;
DROP TABLE webhook_inbox;
DROP TABLE feed_events;
DROP TABLE feed_heads;
DROP TABLE call_events;
DROP TABLE calls;
DROP TABLE conversations;
DROP TABLE contacts;
DROP TABLE sessions;
DROP TABLE login_links;
DROP TABLE api_keys;
DROP TABLE provider_accounts;
DROP TABLE projects;
DROP TABLE orgs;
