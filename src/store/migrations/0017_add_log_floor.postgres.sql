-- up
-- Lines of call_events with a lower number may have been deleted by the retention, with all of their calls.
ALTER TABLE feed_heads ADD COLUMN log_from bigint NOT NULL DEFAULT 0;

-- down
ALTER TABLE feed_heads DROP COLUMN log_from;
