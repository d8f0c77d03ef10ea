-- up
-- What waits is claimed by project, so that one with a hundred thousand rows keeps no other's one row waiting. A
-- program of the version before still claims, by walking over all that waits.
DROP INDEX idx_webhook_inbox_due;
CREATE INDEX idx_webhook_inbox_due ON webhook_inbox (held, project_id, id) WHERE processing_status = 'pending';

-- down
DROP INDEX idx_webhook_inbox_due;
CREATE INDEX idx_webhook_inbox_due ON webhook_inbox (held, id) WHERE processing_status = 'pending';
