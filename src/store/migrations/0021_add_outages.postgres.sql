-- up
-- Since when an account cannot be asked, and why: the code of an error. None: it can, as far as is known.
ALTER TABLE provider_accounts ADD COLUMN down_since timestamptz;
ALTER TABLE provider_accounts ADD COLUMN down_code text;
-- The log has no line of an event that is of no call. So many of them the feed does not keep any more.
ALTER TABLE feed_heads ADD COLUMN others_gone bigint NOT NULL DEFAULT 0;

-- down
ALTER TABLE feed_heads DROP COLUMN others_gone;
ALTER TABLE provider_accounts DROP COLUMN down_code;
ALTER TABLE provider_accounts DROP COLUMN down_since;
