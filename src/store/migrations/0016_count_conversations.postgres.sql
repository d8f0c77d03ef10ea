-- up
-- How many conversations the list has, those with a call that is shown. calls/batch_save.c tells it with the numbers of
-- the feed, `hookswitch verify` holds it against the list. A node of the version before lists conversations without
-- it: the job `rebuild` counts anew.
ALTER TABLE feed_heads ADD COLUMN conversations bigint NOT NULL DEFAULT 0;
UPDATE feed_heads h
   SET conversations = (SELECT count(*) FROM conversations v
                         WHERE v.project_id = h.project_id AND v.last_message_at IS NOT NULL);

-- down
ALTER TABLE feed_heads DROP COLUMN conversations;
