-- name: schema_lock
-- Held to the end of the transaction, so that two nodes do not migrate at once.
-- scope: system — the schema belongs to no project
-- [sqlite]
SELECT 1 AS locked;
-- [postgres]
SELECT 1 AS locked FROM (SELECT pg_advisory_xact_lock(7230914402115)) AS lock;

-- name: schema_table_exists
-- scope: system — the schema belongs to no project
-- [sqlite]
SELECT 1 AS found FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations';
-- [postgres]
SELECT 1 AS found WHERE to_regclass('schema_migrations') IS NOT NULL;

-- name: schema_table_create
-- scope: system — the schema belongs to no project
-- [sqlite]
CREATE TABLE IF NOT EXISTS schema_migrations (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at INTEGER NOT NULL,
    checksum TEXT NOT NULL
) STRICT;
-- [postgres]
CREATE TABLE IF NOT EXISTS schema_migrations (
    number bigint PRIMARY KEY,
    name text NOT NULL,
    applied_at timestamptz NOT NULL,
    checksum text NOT NULL
);

-- name: schema_applied
-- scope: system — the schema belongs to no project
SELECT number, name, checksum FROM schema_migrations ORDER BY number;

-- name: schema_record
-- params: number int, name text, applied_at time, checksum text
-- scope: system — the schema belongs to no project
INSERT INTO schema_migrations (number, name, applied_at, checksum)
VALUES (:number, :name, :applied_at, :checksum);

-- name: schema_forget
-- params: number int
-- scope: system — the schema belongs to no project
DELETE FROM schema_migrations WHERE number = :number;
