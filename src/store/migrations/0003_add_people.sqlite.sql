-- up
-- People, their roles and sessions, and the log of what they did. `sessions` and `login_links`, which knew
-- projects instead of people, stay for nodes of the version before; a later migration removes them.
CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL UNIQUE, -- in lower case
    name TEXT NOT NULL,
    password_hash TEXT, -- Argon2id; none before an invitation is taken up
    language TEXT NOT NULL DEFAULT 'auto',
    theme TEXT NOT NULL DEFAULT 'auto',
    time_zone TEXT, -- none: the browser's
    created_at INTEGER NOT NULL
        DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000),
    password_changed_at INTEGER,
    disabled_at INTEGER
) STRICT;

-- What each may do stands in tenancy/rights.h.
CREATE TABLE roles (
    name TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
INSERT INTO roles (name)
VALUES ('owner'), ('admin'), ('supervisor'), ('operator'), ('developer'), ('viewer');

CREATE TABLE user_roles (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    org_id INTEGER NOT NULL REFERENCES orgs (id),
    project_id INTEGER REFERENCES projects (id), -- none: all projects of the organisation
    role TEXT NOT NULL REFERENCES roles (name),
    created_at INTEGER NOT NULL
        DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000)
) STRICT;
-- One role per person and place.
CREATE UNIQUE INDEX idx_user_roles_place ON user_roles (user_id, org_id, coalesce(project_id, 0));
CREATE INDEX idx_user_roles_org ON user_roles (org_id, project_id);

CREATE TABLE user_sessions (
    id TEXT PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    project_id INTEGER REFERENCES projects (id), -- the one last chosen
    agent TEXT NOT NULL, -- the browser's or program's name, for people
    address TEXT NOT NULL,
    created_at INTEGER NOT NULL
        DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000),
    seen_at INTEGER NOT NULL
        DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000), -- last refresh
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_user_sessions_user ON user_sessions (user_id, created_at);

-- All tokens of a session are one family: one that is used twice ends it.
CREATE TABLE refresh_tokens (
    token_hash TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES user_sessions (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL
        DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000),
    used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_refresh_tokens_session ON refresh_tokens (session_id);

-- A link that works once: to sign in, to take up an invitation, to set another password.
CREATE TABLE user_links (
    token_hash TEXT PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL CHECK (purpose IN ('sign_in', 'invitation', 'reset')),
    created_at INTEGER NOT NULL
        DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000),
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_user_links_user ON user_links (user_id);

ALTER TABLE api_keys ADD COLUMN rights TEXT; -- names, apart by blanks; none: all that a key can have
ALTER TABLE api_keys ADD COLUMN prefix TEXT; -- its beginning, to know it by
ALTER TABLE api_keys ADD COLUMN created_by INTEGER REFERENCES users (id);
ALTER TABLE api_keys ADD COLUMN expires_at INTEGER;
ALTER TABLE api_keys ADD COLUMN used_at INTEGER; -- to the hour

-- What people did: one chain of hashes per organisation (tenancy/audit.h), which `hookswitch verify` walks.
CREATE TABLE audit_heads (
    org_id INTEGER PRIMARY KEY REFERENCES orgs (id),
    last_seq INTEGER NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE TABLE audit_logs (
    org_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    project_id INTEGER, -- none: of the organisation itself
    ts INTEGER NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id INTEGER,
    actor_name TEXT NOT NULL,
    action TEXT NOT NULL,
    entity_type TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    details TEXT NOT NULL, -- JSON as it was hashed: what was before, what is after; no secrets
    address TEXT,
    trace_id TEXT,
    hash TEXT NOT NULL,
    PRIMARY KEY (org_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_audit_logs_project ON audit_logs (project_id, ts DESC);
CREATE INDEX idx_audit_logs_action ON audit_logs (org_id, action, seq DESC);
CREATE TRIGGER audit_logs_immutable BEFORE UPDATE ON audit_logs
BEGIN
    SELECT RAISE(ABORT, 'audit_logs is append-only');
END;
CREATE TRIGGER audit_logs_kept BEFORE DELETE ON audit_logs
BEGIN
    SELECT RAISE(ABORT, 'audit_logs is append-only');
END;

-- What all nodes of an installation must agree upon.
CREATE TABLE installation (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

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
