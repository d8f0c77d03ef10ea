-- up
-- What a project brings of its own: its numbers, where its calls go, and its accounts at providers with their
-- sealed secrets (tenancy/vault.h). None: for the default project, what the configuration says.
ALTER TABLE projects ADD COLUMN owned_numbers text;
ALTER TABLE projects ADD COLUMN region text;
ALTER TABLE projects ADD COLUMN sip_user text;
ALTER TABLE projects ADD COLUMN sip_domain text;
ALTER TABLE provider_accounts ADD COLUMN secret text;
ALTER TABLE provider_accounts ADD COLUMN secret_secondary text;
ALTER TABLE provider_accounts ADD COLUMN updated_at timestamptz;

-- down
ALTER TABLE provider_accounts DROP COLUMN updated_at;
ALTER TABLE provider_accounts DROP COLUMN secret_secondary;
ALTER TABLE provider_accounts DROP COLUMN secret;
ALTER TABLE projects DROP COLUMN sip_domain;
ALTER TABLE projects DROP COLUMN sip_user;
ALTER TABLE projects DROP COLUMN region;
ALTER TABLE projects DROP COLUMN owned_numbers;
