-- up
-- What waits is claimed by project, so that one with a hundred thousand rows keeps no other's one row waiting. A
-- program of the version before still claims, by walking over all that waits.
DROP INDEX idx_webhook_inbox_due;
CREATE INDEX idx_webhook_inbox_due ON webhook_inbox (held, project_id, id) WHERE processing_status = 'pending';
-- Few rows of the table are in it, which the planner has to be told.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('webhook_inbox', 'idx_webhook_inbox_due', '2000 2000 200 1');

-- down
DROP INDEX idx_webhook_inbox_due;
CREATE INDEX idx_webhook_inbox_due ON webhook_inbox (held, id) WHERE processing_status = 'pending';
