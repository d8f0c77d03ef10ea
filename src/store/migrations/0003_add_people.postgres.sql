-- up
-- People, their roles and sessions, and the log of what they did. `sessions` and `login_links`, which knew
-- projects instead of people, stay for nodes of the version before; a later migration removes them.
CREATE TABLE users (
    id bigserial PRIMARY KEY,
    email text NOT NULL UNIQUE, -- in lower case
    name text NOT NULL,
    password_hash text, -- Argon2id; none before an invitation is taken up
    language text NOT NULL DEFAULT 'auto',
    theme text NOT NULL DEFAULT 'auto',
    time_zone text, -- none: the browser's
    created_at timestamptz NOT NULL DEFAULT now(),
    password_changed_at timestamptz,
    disabled_at timestamptz
);

-- What each may do stands in tenancy/rights.h.
CREATE TABLE roles (
    name text PRIMARY KEY
);
INSERT INTO roles (name)
VALUES ('owner'), ('admin'), ('supervisor'), ('operator'), ('developer'), ('viewer');

CREATE TABLE user_roles (
    id bigserial PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    org_id bigint NOT NULL REFERENCES orgs (id),
    project_id bigint REFERENCES projects (id), -- none: all projects of the organisation
    role text NOT NULL REFERENCES roles (name),
    created_at timestamptz NOT NULL DEFAULT now()
);
-- One role per person and place.
CREATE UNIQUE INDEX idx_user_roles_place ON user_roles (user_id, org_id, coalesce(project_id, 0));
CREATE INDEX idx_user_roles_org ON user_roles (org_id, project_id);

CREATE TABLE user_sessions (
    id text PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    project_id bigint REFERENCES projects (id), -- the one last chosen
    agent text NOT NULL, -- the browser's or program's name, for people
    address text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(), -- last refresh
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX idx_user_sessions_user ON user_sessions (user_id, created_at);

-- All tokens of a session are one family: one that is used twice ends it.
CREATE TABLE refresh_tokens (
    token_hash text PRIMARY KEY,
    session_id text NOT NULL REFERENCES user_sessions (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz
);
CREATE INDEX idx_refresh_tokens_session ON refresh_tokens (session_id);

-- A link that works once: to sign in, to take up an invitation, to set another password.
CREATE TABLE user_links (
    token_hash text PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose text NOT NULL CHECK (purpose IN ('sign_in', 'invitation', 'reset')),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX idx_user_links_user ON user_links (user_id);

ALTER TABLE api_keys ADD COLUMN rights text; -- names, apart by blanks; none: all that a key can have
ALTER TABLE api_keys ADD COLUMN prefix text; -- its beginning, to know it by
ALTER TABLE api_keys ADD COLUMN created_by bigint REFERENCES users (id);
ALTER TABLE api_keys ADD COLUMN expires_at timestamptz;
ALTER TABLE api_keys ADD COLUMN used_at timestamptz; -- to the hour

-- What people did: one chain of hashes per organisation (tenancy/audit.h), which `hookswitch verify` walks.
CREATE TABLE audit_heads (
    org_id bigint PRIMARY KEY REFERENCES orgs (id),
    last_seq bigint NOT NULL,
    hash text NOT NULL
);
CREATE TABLE audit_logs (
    org_id bigint NOT NULL,
    seq bigint NOT NULL,
    project_id bigint, -- none: of the organisation itself
    ts timestamptz NOT NULL,
    actor_kind text NOT NULL,
    actor_id bigint,
    actor_name text NOT NULL,
    action text NOT NULL,
    entity_type text NOT NULL,
    entity_id text NOT NULL,
    details text NOT NULL, -- JSON as it was hashed: what was before, what is after; no secrets
    address text,
    trace_id text,
    hash text NOT NULL,
    PRIMARY KEY (org_id, seq)
);
CREATE INDEX idx_audit_logs_project ON audit_logs (project_id, ts DESC);
CREATE INDEX idx_audit_logs_action ON audit_logs (org_id, action, seq DESC);
CREATE FUNCTION refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER audit_logs_immutable BEFORE UPDATE ON audit_logs
    FOR EACH ROW EXECUTE FUNCTION refuse_update();
CREATE TRIGGER audit_logs_kept BEFORE DELETE ON audit_logs
    FOR EACH ROW EXECUTE FUNCTION refuse_delete();

-- What all nodes of an installation must agree upon.
CREATE TABLE installation (
    name text PRIMARY KEY,
    value text NOT NULL
);

-- down
DROP TABLE installation;
DROP TABLE audit_logs;
DROP TABLE audit_heads;
ALTER TABLE api_keys DROP COLUMN used_at;
ALTER TABLE api_keys DROP COLUMN expires_at;
ALTER TABLE api_keys DROP COLUMN created_by;
ALTER TABLE api_keys DROP COLUMN prefix;
ALTER TABLE api_keys DROP COLUMN rights;
DROP TABLE user_links;
DROP TABLE refresh_tokens;
DROP TABLE user_sessions;
DROP TABLE user_roles;
DROP TABLE roles;
DROP TABLE users;
DROP FUNCTION refuse_delete();
