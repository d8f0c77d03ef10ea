-- up
-- The sign-in of before there were people (0003) kept these; nothing has asked for them since.
DROP TABLE sessions;
DROP TABLE login_links;

-- down
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
CALL guard('login_links', 'project', 'project_id');
CALL guard('sessions', 'project', 'project_id');
