-- up
-- The processes of this installation, by where they listen: what each is, when it was last heard of, and what became of
-- the last webhook of our own that it sent through the public address. It belongs to nobody's project.
CREATE TABLE nodes (
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    roles TEXT NOT NULL,
    version TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    canary_at INTEGER, -- NULL: it sent none
    canary_us INTEGER, -- to its answer; NULL: it did not come through
    PRIMARY KEY (host, port)
) STRICT, WITHOUT ROWID;

-- down
DROP TABLE nodes;
