-- up
-- Nothing: SQLite has no row-level security, and one process alone has the file.
SELECT 1;

-- down
SELECT 1;
