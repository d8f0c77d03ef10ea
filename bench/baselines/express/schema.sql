CREATE TABLE webhook_inbox (
    id bigserial PRIMARY KEY,
    source text NOT NULL,
    event_type text NOT NULL,
    call_sid text,
    dedupe_key text NOT NULL UNIQUE,
    payload jsonb NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    processed_at timestamptz
);
CREATE INDEX webhook_inbox_pending ON webhook_inbox (id) WHERE processed_at IS NULL;

CREATE TABLE calls (
    call_sid text PRIMARY KEY,
    parent_call_sid text,
    direction text NOT NULL,
    status text NOT NULL,
    rank int NOT NULL,
    from_number text NOT NULL,
    to_number text NOT NULL,
    duration int,
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE call_events (
    id bigserial PRIMARY KEY,
    call_sid text NOT NULL,
    status text NOT NULL,
    event_time timestamptz NOT NULL,
    payload jsonb NOT NULL
);
