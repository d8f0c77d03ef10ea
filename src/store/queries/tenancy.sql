-- name: project_default
-- The default project of a fresh installation: the oldest one.
-- scope: system — a start has no project yet
SELECT id FROM projects ORDER BY id LIMIT 1;

-- name: org_add
-- params: name text
-- scope: system — an organisation stands above projects
INSERT INTO orgs (name) VALUES (:name) RETURNING id;

-- name: project_add
-- params: org int, name text
-- scope: system — makes a project
INSERT INTO projects (org_id, name) VALUES (:org, :name) RETURNING id;

-- name: feed_head_add
-- The counter row of a new project's feed.
-- params: project int, epoch text
INSERT INTO feed_heads (project_id, last_seq, epoch) VALUES (:project, 0, :epoch) ON CONFLICT DO NOTHING;

-- name: provider_account_add
-- Gives an account to a project. An account that already has an owner keeps it.
-- params: project int, provider text, account_sid text
INSERT INTO provider_accounts (project_id, provider, account_sid)
VALUES (:project, :provider, :account_sid) ON CONFLICT DO NOTHING;

-- name: provider_account_project
-- params: provider text, account_sid text
-- scope: system — finds the project
SELECT project_id FROM provider_accounts WHERE provider = :provider AND account_sid = :account_sid;

-- name: api_key_add
-- params: project int, name text, key_hash text
INSERT INTO api_keys (project_id, name, key_hash) VALUES (:project, :name, :key_hash) ON CONFLICT DO NOTHING;

-- name: actor_by_api_key
-- params: key_hash text
-- scope: system — finds the project
SELECT k.project_id, p.name AS project_name, k.name
  FROM api_keys k JOIN projects p ON p.id = k.project_id
 WHERE k.key_hash = :key_hash AND k.revoked_at IS NULL;

-- name: actor_by_session
-- params: token_hash text, now time
-- scope: system — finds the project
SELECT s.project_id, p.name AS project_name, s.name
  FROM sessions s JOIN projects p ON p.id = s.project_id
 WHERE s.token_hash = :token_hash AND s.revoked_at IS NULL AND s.expires_at > :now;

-- name: login_link_add
-- params: project int, token_hash text, now time, expires_at time
INSERT INTO login_links (token_hash, project_id, created_at, expires_at)
VALUES (:token_hash, :project, :now, :expires_at);

-- name: login_link_use
-- Takes the link; a second use finds nothing.
-- params: token_hash text, now time
-- scope: system — finds the project
UPDATE login_links SET used_at = :now
 WHERE token_hash = :token_hash AND used_at IS NULL AND expires_at > :now
RETURNING project_id;

-- name: session_add
-- params: project int, token_hash text, name text, now time, expires_at time
INSERT INTO sessions (token_hash, project_id, name, created_at, expires_at)
VALUES (:token_hash, :project, :name, :now, :expires_at);

-- name: session_revoke
-- params: token_hash text, now time
-- scope: system — the token itself is the proof
UPDATE sessions SET revoked_at = :now WHERE token_hash = :token_hash AND revoked_at IS NULL;
