-- up
-- The processes of this installation, by where they listen: what each is, when it was last heard of, and what became of
-- the last webhook of our own that it sent through the public address. It belongs to nobody's project.
CREATE TABLE nodes (
    host text NOT NULL,
    port integer NOT NULL,
    roles text NOT NULL,
    version text NOT NULL,
    started_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    canary_at timestamptz, -- NULL: it sent none
    canary_us bigint, -- to its answer; NULL: it did not come through
    PRIMARY KEY (host, port)
);

-- down
DROP TABLE nodes;
