-- up
-- Since when an account cannot be asked, and why: the code of an error. None: it can, as far as is known.
ALTER TABLE provider_accounts ADD COLUMN down_since timestamptz;
ALTER TABLE provider_accounts ADD COLUMN down_code text;
-- The last event of the feed that is of no call, and of which the log has no line.
ALTER TABLE feed_heads ADD COLUMN other_to bigint NOT NULL DEFAULT 0;

-- down
ALTER TABLE feed_heads DROP COLUMN other_to;
ALTER TABLE provider_accounts DROP COLUMN down_code;
ALTER TABLE provider_accounts DROP COLUMN down_since;
