-- up
-- When a node was heard of is by the clock of the database: the nodes' own may differ. By how much, each of them tells.
ALTER TABLE nodes ADD COLUMN ahead_s INTEGER NOT NULL DEFAULT 0; -- whole seconds; negative: behind

-- down
ALTER TABLE nodes DROP COLUMN ahead_s;
