-- name: project_bootstrap_lock
-- Nodes that start at the same time on an empty database make one installation, in turn. Held until the commit.
-- scope: system — a start has no project yet
-- [sqlite]
SELECT 1 AS locked;
-- [postgres]
SELECT CASE WHEN pg_advisory_xact_lock(hashtext('bootstrap')) IS NULL THEN 0 ELSE 1 END AS locked;

-- name: project_default
-- The default project of a fresh installation: the oldest one.
-- scope: system — a start has no project yet
SELECT id FROM projects ORDER BY id LIMIT 1;

-- name: org_add
-- params: name text
-- scope: system — an organisation stands above projects
INSERT INTO orgs (name) VALUES (:name) RETURNING id;

-- name: org_first
-- scope: system — who runs the installation
SELECT id FROM orgs ORDER BY id LIMIT 1;

-- name: org_hold
-- Held until the transaction ends: who else gives or takes a role there, or makes a project, waits, and reads then what is
-- there.
-- params: org int
-- scope: org
-- [sqlite]
SELECT id FROM orgs WHERE id = :org;
-- [postgres]
SELECT id FROM orgs WHERE id = :org FOR NO KEY UPDATE;

-- name: org_projects
-- params: org int
-- scope: org
SELECT count(*) AS n FROM projects WHERE org_id = :org;

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

-- name: project_hold
-- Held until the transaction ends: who else changes what hangs on the project waits. Inserts that refer to it do not.
-- params: project int
-- [sqlite]
SELECT id FROM projects WHERE id = :project;
-- [postgres]
SELECT id FROM projects WHERE id = :project FOR NO KEY UPDATE;

-- name: project_in_org
-- params: project int, org int
-- scope: org
SELECT id, name FROM projects WHERE id = :project AND org_id = :org;

-- name: project_all
-- Those of the whole installation, the oldest first.
-- params: after int, limit int
-- scope: system — who runs the installation
SELECT p.id, p.org_id, p.name, o.name AS org_name, p.time_zone, p.created_at
  FROM projects p JOIN orgs o ON o.id = p.org_id WHERE p.id > :after ORDER BY p.id LIMIT :limit;

-- name: project_show
-- params: project int
SELECT p.id, p.org_id, p.name, o.name AS org_name, p.time_zone, p.created_at
  FROM projects p JOIN orgs o ON o.id = p.org_id WHERE p.id = :project;

-- name: project_first_org
-- The organisation of the default project.
-- params: project int
-- scope: system — a start has nobody who asks
SELECT org_id FROM projects WHERE id = :project;

-- name: api_key_add
-- The key that the configuration brings, once.
-- params: project int, name text, key_hash text
INSERT INTO api_keys (project_id, name, key_hash) VALUES (:project, :name, :key_hash) ON CONFLICT DO NOTHING;

-- name: api_key_create
-- params: project int, name text, key_hash text, prefix text, rights text, created_by int, now time,
--         expires_at time
INSERT INTO api_keys (project_id, name, key_hash, prefix, rights, created_by, created_at, expires_at)
VALUES (:project, :name, :key_hash, :prefix, :rights, :created_by, :now, :expires_at)
RETURNING id;

-- name: api_key_list
-- params: project int, before int, limit int
SELECT k.id, k.name, k.prefix, k.rights, u.email AS created_by, k.created_at, k.expires_at, k.used_at,
       k.revoked_at
  FROM api_keys k LEFT JOIN users u ON u.id = k.created_by
 WHERE k.project_id = :project AND (CAST(:before AS bigint) IS NULL OR k.id < :before)
 ORDER BY k.id DESC LIMIT :limit;

-- name: api_key_revoke
-- params: project int, id int, now time
UPDATE api_keys SET revoked_at = :now
 WHERE project_id = :project AND id = :id AND revoked_at IS NULL
RETURNING name;

-- name: api_key_used
-- params: project int, id int, now time
UPDATE api_keys SET used_at = :now WHERE project_id = :project AND id = :id;

-- name: actor_by_api_key
-- params: key_hash text, now time
-- scope: system — finds the project
SELECT k.id, k.project_id, p.org_id, k.name, k.rights, k.used_at
  FROM api_keys k
  JOIN projects p ON p.id = k.project_id
 WHERE k.key_hash = :key_hash AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > :now);

-- name: actor_by_api_key_id
-- The same for who has shown by a signature that the key was there.
-- params: project int, id int, now time
SELECT k.id, k.project_id, p.org_id, k.name, k.rights, k.used_at
  FROM api_keys k
  JOIN projects p ON p.id = k.project_id
 WHERE k.id = :id AND k.project_id = :project AND k.revoked_at IS NULL
   AND (k.expires_at IS NULL OR k.expires_at > :now);

-- name: watchers_rights
-- What many keys and sessions may in a project each, if they still count; :n is the number of each. A key has its
-- rights (none: all that a key can have), a person has roles, one a row.
-- params: n int[], project int[], api_key int[], session text[], now time
-- scope: system — the hub asks for all projects that are watched, and roles stand above projects
-- [sqlite]
SELECT :n AS n, k.rights, NULL AS role
  FROM api_keys k
 WHERE k.id = :api_key AND k.project_id = :project AND k.revoked_at IS NULL
   AND (k.expires_at IS NULL OR k.expires_at > :now)
UNION ALL
SELECT :n, NULL, r.role
  FROM user_sessions s
  JOIN users u ON u.id = s.user_id
  JOIN projects p ON p.id = :project
  JOIN user_roles r ON r.user_id = u.id AND r.org_id = p.org_id AND (r.project_id IS NULL OR r.project_id = p.id)
 WHERE s.id = :session AND s.revoked_at IS NULL AND s.expires_at > :now AND u.disabled_at IS NULL;
-- [postgres]
WITH w AS (SELECT * FROM unnest(:n, :project, :api_key, :session) AS r (n, project_id, api_key_id, session_id))
SELECT w.n, k.rights, NULL AS role
  FROM w
  JOIN api_keys k ON k.id = w.api_key_id AND k.project_id = w.project_id
 WHERE k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > :now)
UNION ALL
SELECT w.n, NULL, r.role
  FROM w
  JOIN user_sessions s ON s.id = w.session_id
  JOIN users u ON u.id = s.user_id
  JOIN projects p ON p.id = w.project_id
  JOIN user_roles r ON r.user_id = u.id AND r.org_id = p.org_id AND (r.project_id IS NULL OR r.project_id = p.id)
 WHERE s.revoked_at IS NULL AND s.expires_at > :now AND u.disabled_at IS NULL;

-- name: installation_get
-- params: name text
-- scope: system — of all
SELECT value FROM installation WHERE name = :name;

-- name: installation_hold
-- Held until the transaction ends; what was never set is empty then, so that there is something to hold.
-- params: name text
-- scope: system — of all
INSERT INTO installation (name, value) VALUES (:name, '')
ON CONFLICT (name) DO UPDATE SET value = installation.value;

-- name: installation_set
-- params: name text, value text
-- scope: system — of all
INSERT INTO installation (name, value) VALUES (:name, :value)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;
