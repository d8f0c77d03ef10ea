-- up
-- Completed rows of webhook_inbox with a lower id may have been deleted by the retention.
ALTER TABLE feed_heads ADD COLUMN inbox_from bigint NOT NULL DEFAULT 0;

-- down
ALTER TABLE feed_heads DROP COLUMN inbox_from;
