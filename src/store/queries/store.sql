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

-- name: wall_gaps
-- Tables of projects and organisations whose rows the database does not keep from us, whoever asks, and whether our
-- role is above all of that; then policies that are not those of the migrations, as each permissive one shows more.
-- scope: system — the schema belongs to no project
-- [sqlite]
SELECT NULL AS name, NULL AS policy, false AS is_above WHERE false;
-- [postgres]
WITH tables AS (
    SELECT c.oid, c.relname FROM pg_class c
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
       AND (c.relname = 'orgs' -- which has itself for its owner
            OR EXISTS (SELECT 1 FROM pg_attribute a
                        WHERE a.attrelid = c.oid AND a.attname IN ('project_id', 'org_id') AND a.attnotnull))
)
SELECT quote_ident(t.relname) AS name, NULL AS policy, r.rolsuper OR r.rolbypassrls AS is_above
  FROM tables t
  JOIN pg_roles r ON r.rolname = current_user
 WHERE NOT row_security_active(t.oid)
 UNION ALL
SELECT quote_ident(t.relname), quote_ident(p.polname), false
  FROM tables t
  JOIN pg_policy p ON p.polrelid = t.oid
 WHERE p.polpermissive
   AND (p.polname IN ('by_project', 'by_org', 'also_by_project') AND p.polwithcheck IS NULL
        AND pg_get_expr(p.polqual, p.polrelid) LIKE '%hookswitch.scope%'
        OR t.relname = 'orgs' AND p.polname = 'also_by_project' AND p.polcmd = 'r') IS NOT TRUE
 ORDER BY is_above DESC, name, policy;

-- name: nodes_tell
-- A hint for the other nodes; see db_hear(). It takes a lock of the whole database at commit: never
-- in a transaction that has other work.
-- params: hint text
-- scope: system — a hint tells where to look and shows nothing
-- [sqlite]
SELECT 1 AS told WHERE :hint IS NOT NULL;
-- [postgres]
SELECT 1 AS told FROM (SELECT pg_notify('hookswitch', :hint)) AS hint;
