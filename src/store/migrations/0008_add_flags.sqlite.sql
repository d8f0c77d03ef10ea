-- up
-- What is switched while the server runs (tenancy/flags.h): a project's flags stand on its row, as
-- "name=value name=value"; those of the installation in `installation`, as 'flags'.
ALTER TABLE projects ADD COLUMN flags TEXT;
CREATE INDEX idx_projects_flags ON projects (id) WHERE flags IS NOT NULL;

-- An event that a flag keeps from being processed: 1 to 100, the share of the calls that has to be let
-- through until it has its turn (queue/queue.h). 0: nothing keeps it. It stands first in the index of
-- what waits, so that a claim never walks over what is held.
ALTER TABLE webhook_inbox ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
DROP INDEX idx_webhook_inbox_due;
CREATE INDEX idx_webhook_inbox_due ON webhook_inbox (held, id) WHERE processing_status = 'pending';
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('webhook_inbox', 'idx_webhook_inbox_due', '1000 1000 1');
ANALYZE sqlite_schema;

-- down
DROP INDEX idx_webhook_inbox_due;
CREATE INDEX idx_webhook_inbox_due ON webhook_inbox (id) WHERE processing_status = 'pending';
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('webhook_inbox', 'idx_webhook_inbox_due', '1000 1');
ANALYZE sqlite_schema;
ALTER TABLE webhook_inbox DROP COLUMN held;
DROP INDEX idx_projects_flags;
ALTER TABLE projects DROP COLUMN flags;
