-- up
-- What a project brings of its own: its numbers, where its calls go, and its accounts at providers with their
-- sealed secrets (tenancy/vault.h). None: for the default project, what the configuration says.
ALTER TABLE projects ADD COLUMN owned_numbers TEXT;
ALTER TABLE projects ADD COLUMN region TEXT;
ALTER TABLE projects ADD COLUMN sip_user TEXT;
ALTER TABLE projects ADD COLUMN sip_domain TEXT;
ALTER TABLE provider_accounts ADD COLUMN secret TEXT;
ALTER TABLE provider_accounts ADD COLUMN secret_secondary TEXT;
ALTER TABLE provider_accounts ADD COLUMN updated_at INTEGER;

-- down
ALTER TABLE provider_accounts DROP COLUMN updated_at;
ALTER TABLE provider_accounts DROP COLUMN secret_secondary;
ALTER TABLE provider_accounts DROP COLUMN secret;
ALTER TABLE projects DROP COLUMN sip_domain;
ALTER TABLE projects DROP COLUMN sip_user;
ALTER TABLE projects DROP COLUMN region;
ALTER TABLE projects DROP COLUMN owned_numbers;
