-- name: connection_settings
-- params: project int
SELECT name, owned_numbers, region, sip_user, sip_domain, time_zone FROM projects WHERE id = :project;

-- name: connection_set_settings
-- params: project int, name text, owned_numbers text, region text, sip_user text, sip_domain text, time_zone text
UPDATE projects
   SET name = :name, owned_numbers = :owned_numbers, region = :region, sip_user = :sip_user, sip_domain = :sip_domain,
       time_zone = :time_zone
 WHERE id = :project;

-- name: connection_list
-- One without a secret is that of the configuration.
-- params: project int
SELECT provider, account_sid, secret_secondary IS NOT NULL AS has_secondary, created_at, updated_at
  FROM provider_accounts WHERE project_id = :project AND secret IS NOT NULL ORDER BY provider, account_sid;

-- name: connection_add
-- Nothing is added when any project has the account. In two statements, this one first: ON CONFLICT DO UPDATE fails
-- where row-level security hides the row that is in the way, DO NOTHING does not, and who comes at the same time is
-- waited for.
-- params: project int, provider text, account_sid text, secret text, secret_secondary text, now time
INSERT INTO provider_accounts (project_id, provider, account_sid, secret, secret_secondary, created_at, updated_at)
VALUES (:project, :provider, :account_sid, :secret, :secret_secondary, :now, :now)
ON CONFLICT (provider, account_sid) DO NOTHING;

-- name: connection_change
-- What is down stays so until the provider has answered to the new secret.
-- params: project int, provider text, account_sid text, secret text, secret_secondary text, now time
UPDATE provider_accounts SET secret = :secret, secret_secondary = :secret_secondary, updated_at = :now
 WHERE project_id = :project AND provider = :provider AND account_sid = :account_sid;

-- name: connection_reseal
-- The same secrets under another key, unless somebody has given others meanwhile.
-- params: project int, provider text, account_sid text, was text, secret text, secret_secondary text
UPDATE provider_accounts SET secret = :secret, secret_secondary = :secret_secondary
 WHERE project_id = :project AND provider = :provider AND account_sid = :account_sid AND secret = :was;

-- name: connection_remove
-- params: project int, provider text, account_sid text
DELETE FROM provider_accounts
 WHERE project_id = :project AND provider = :provider AND account_sid = :account_sid;

-- name: connection_outages
-- Those that are down, that of the configuration among them.
-- params: project int
SELECT provider, account_sid, down_since, down_code FROM provider_accounts
 WHERE project_id = :project AND down_since IS NOT NULL ORDER BY provider, account_sid;

-- name: connection_goes_down
-- Of several who find it out, one changes the row. What was asked with another secret is no news of it.
-- params: project int, provider text, account_sid text, since time, code text, changed_at time
UPDATE provider_accounts SET down_since = :since, down_code = :code
 WHERE project_id = :project AND provider = :provider AND account_sid = :account_sid AND down_since IS NULL
   AND updated_at IS NOT DISTINCT FROM :changed_at;

-- name: connection_comes_up
-- The same; since: of the outage that is over, and no later one.
-- params: project int, provider text, account_sid text, since time
UPDATE provider_accounts SET down_since = NULL, down_code = NULL
 WHERE project_id = :project AND provider = :provider AND account_sid = :account_sid AND down_since = :since;

-- name: connection_count
-- scope: system — whether anybody's webhooks are taken
SELECT count(*) AS n FROM provider_accounts WHERE secret IS NOT NULL;

-- name: connection_load_projects
-- params: after int, limit int
-- scope: system — the doors and the worker of a node stand for all projects
SELECT id, owned_numbers, region, sip_user, sip_domain FROM projects WHERE id > :after ORDER BY id LIMIT :limit;

-- name: connection_load_accounts
-- params: project int
SELECT provider, account_sid, secret, secret_secondary, updated_at FROM provider_accounts
 WHERE project_id = :project AND secret IS NOT NULL ORDER BY provider, account_sid;
