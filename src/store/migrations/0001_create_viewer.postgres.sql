-- up
CREATE TABLE orgs (
    id bigserial PRIMARY KEY,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE projects (
    id bigserial PRIMARY KEY,
    org_id bigint NOT NULL REFERENCES orgs (id),
    name text NOT NULL,
    time_zone text NOT NULL DEFAULT 'UTC',
    created_at timestamptz NOT NULL DEFAULT now()
);

-- The provider's account that a webhook names, and the project that it belongs to.
CREATE TABLE provider_accounts (
    project_id bigint NOT NULL REFERENCES projects (id),
    provider text NOT NULL,
    account_sid text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (provider, account_sid)
);
CREATE INDEX idx_provider_accounts_project ON provider_accounts (project_id);

CREATE TABLE api_keys (
    id bigserial PRIMARY KEY,
    project_id bigint NOT NULL REFERENCES projects (id),
    name text NOT NULL,
    key_hash text NOT NULL UNIQUE, -- SHA-256, hex
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);
CREATE INDEX idx_api_keys_project ON api_keys (project_id);

CREATE TABLE login_links (
    token_hash text PRIMARY KEY,
    project_id bigint NOT NULL REFERENCES projects (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

CREATE TABLE sessions (
    token_hash text PRIMARY KEY,
    project_id bigint NOT NULL REFERENCES projects (id),
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX idx_sessions_project ON sessions (project_id);

CREATE TABLE contacts (
    id bigserial PRIMARY KEY,
    project_id bigint NOT NULL REFERENCES projects (id),
    phone_number text NOT NULL, -- E.164
    formatted_number text,
    display_name text,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (project_id, phone_number)
);

CREATE TABLE conversations (
    id bigserial PRIMARY KEY,
    project_id bigint NOT NULL REFERENCES projects (id),
    contact_id bigint NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    external_id text NOT NULL, -- the contact's number
    subject text,
    status text NOT NULL DEFAULT 'active',
    last_message_at timestamptz,
    metadata jsonb NOT NULL DEFAULT '{}', -- total_calls
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (project_id, external_id)
);
CREATE INDEX idx_conversations_recent ON conversations (project_id, last_message_at DESC, id DESC);
CREATE INDEX idx_conversations_contact ON conversations (contact_id);

CREATE TABLE calls (
    id bigserial PRIMARY KEY,
    project_id bigint NOT NULL REFERENCES projects (id),
    provider text NOT NULL,
    conversation_id bigint REFERENCES conversations (id) ON DELETE CASCADE,
    twilio_sid text NOT NULL, -- the provider's id of the call
    parent_call_sid text,
    direction text NOT NULL,
    status text NOT NULL,
    display_status text NOT NULL,
    visibility text NOT NULL DEFAULT 'visible'
        CHECK (visibility IN ('visible', 'filtered', 'pending')),
    from_number text NOT NULL,
    to_number text NOT NULL,
    from_e164 text,
    to_e164 text,
    duration bigint,
    total_duration bigint,
    talk_time bigint,
    wait_time bigint,
    price numeric(10, 4),
    price_unit text,
    start_time timestamptz,
    answered_at timestamptz,
    end_time timestamptz,
    recording_url text,
    metadata jsonb NOT NULL DEFAULT '{}',
    attributes jsonb NOT NULL DEFAULT '{}',
    fold_state jsonb NOT NULL DEFAULT '{}', -- what apply needs besides the columns
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    last_event_time timestamptz,
    is_final boolean NOT NULL DEFAULT false,
    finalized_at timestamptz,
    sync_state text NOT NULL DEFAULT 'active' CHECK (sync_state IN ('active', 'frozen')),
    UNIQUE (project_id, provider, twilio_sid)
);
CREATE INDEX idx_calls_active_status ON calls (project_id, status, start_time DESC)
    WHERE status IN ('queued', 'initiated', 'ringing', 'in-progress');
CREATE INDEX idx_calls_updated_at ON calls (project_id, updated_at DESC);
CREATE INDEX idx_calls_parent_call_sid ON calls (project_id, parent_call_sid);
CREATE INDEX idx_calls_conversation ON calls (conversation_id, start_time DESC);
CREATE INDEX idx_calls_recent ON calls (project_id, start_time DESC, id DESC);

-- The log. No foreign key here and on webhook_inbox: they are written by the thousand per second,
-- always for a project that was just looked up, and a key would lock its row for each of them.
CREATE TABLE call_events (
    id bigserial PRIMARY KEY,
    project_id bigint NOT NULL,
    seq bigint NOT NULL,
    provider text NOT NULL,
    call_sid text NOT NULL,
    event_type text NOT NULL,
    event_status text,
    event_time timestamptz NOT NULL,
    source text NOT NULL, -- webhook, inferred, reconcile_hot …
    applied boolean NOT NULL,
    refusal text, -- why not, when not applied
    change jsonb NOT NULL, -- canonical; the snapshot is the fold of these
    payload jsonb NOT NULL, -- as the provider sent it
    inbox_id bigint,
    trace_id text,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (project_id, seq)
);
CREATE INDEX idx_call_events_call ON call_events (project_id, call_sid, event_time DESC);
CREATE INDEX idx_call_events_type ON call_events (project_id, event_type, event_time DESC);

CREATE TABLE feed_heads (
    project_id bigint PRIMARY KEY REFERENCES projects (id),
    last_seq bigint NOT NULL DEFAULT 0,
    epoch text NOT NULL
);

CREATE TABLE feed_events (
    project_id bigint NOT NULL,
    seq bigint NOT NULL,
    type text NOT NULL,
    ts timestamptz NOT NULL,
    entity_type text NOT NULL,
    entity_id text NOT NULL,
    payload jsonb NOT NULL,
    trace_id text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, seq)
);

CREATE TABLE webhook_inbox (
    id bigserial PRIMARY KEY,
    project_id bigint NOT NULL,
    provider text NOT NULL,
    source text NOT NULL,
    event_type text NOT NULL,
    call_sid text,
    recording_sid text,
    lane text NOT NULL,
    dedupe_key text NOT NULL,
    payload jsonb NOT NULL,
    raw_body bytea,
    trace_id text,
    received_at timestamptz NOT NULL DEFAULT now(),
    processed_at timestamptz,
    processing_status text NOT NULL DEFAULT 'pending' CHECK (
        processing_status IN ('pending', 'processing', 'completed', 'failed', 'dead_letter')),
    error text,
    retry_count bigint NOT NULL DEFAULT 0, -- attempts, counted before each
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    claim_token text,
    UNIQUE (project_id, dedupe_key)
);
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
    token text PRIMARY KEY,
    queue text NOT NULL,
    owner text NOT NULL, -- node and thread, for people
    expires_at timestamptz NOT NULL
);

CREATE TABLE sync_state (
    project_id bigint NOT NULL REFERENCES projects (id),
    job_name text NOT NULL,
    cursor jsonb NOT NULL DEFAULT '{}',
    last_success_at timestamptz,
    last_error_at timestamptz,
    last_error text,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, job_name)
);

CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.updated_at = OLD.updated_at THEN
        NEW.updated_at := now();
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER contacts_touch BEFORE UPDATE ON contacts
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER conversations_touch BEFORE UPDATE ON conversations
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE FUNCTION refuse_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE TRIGGER call_events_immutable BEFORE UPDATE ON call_events
    FOR EACH ROW EXECUTE FUNCTION refuse_update();

-- The names and columns of earlier systems, for people's reports. The program does not read them.
CREATE VIEW twilio_webhook_inbox AS
SELECT id, source, event_type, call_sid, recording_sid, dedupe_key, payload, received_at,
       processed_at, processing_status, error, retry_count
  FROM webhook_inbox
 WHERE provider = 'twilio';

CREATE VIEW webhook_events AS
SELECT id, event_type,
       CASE WHEN payload ->> 'event_timestamp' ~ '^[0-9]{1,11}(\.[0-9]+)?$'
            THEN to_timestamp((payload ->> 'event_timestamp')::double precision)
       END AS event_timestamp,
       payload #>> '{data,agent_id}' AS agent_id,
       payload #>> '{data,conversation_id}' AS conversation_id,
       payload #>> '{data,status}' AS status,
       payload #> '{data,has_audio}' = 'true' AS has_audio,
       payload #> '{data,has_user_audio}' = 'true' AS has_user_audio,
       payload #> '{data,has_response_audio}' = 'true' AS has_response_audio,
       payload, processing_status = 'completed' AS processed, processed_at, error AS processor_note,
       received_at
  FROM webhook_inbox
 WHERE provider = 'elevenlabs';

CREATE VIEW call_messages AS
SELECT id, conversation_id, twilio_sid, direction, status, from_number, to_number, duration, price,
       price_unit, start_time, end_time, recording_url, parent_call_sid, metadata, created_at,
       updated_at, last_event_time, is_final, finalized_at, sync_state
  FROM calls;

-- down
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
DROP FUNCTION refuse_update();
DROP FUNCTION touch_updated_at();
