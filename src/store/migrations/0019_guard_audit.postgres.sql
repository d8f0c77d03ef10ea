-- up
-- The audit log is not emptied at one stroke either, and the ends of its chains stay: without them nobody would miss it.
CREATE TRIGGER audit_logs_whole BEFORE TRUNCATE ON audit_logs
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();
CREATE TRIGGER audit_heads_whole BEFORE TRUNCATE ON audit_heads
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();
CREATE TRIGGER audit_heads_kept BEFORE DELETE ON audit_heads
    FOR EACH ROW EXECUTE FUNCTION refuse_delete();

-- down
DROP TRIGGER audit_heads_kept ON audit_heads;
DROP TRIGGER audit_heads_whole ON audit_heads;
DROP TRIGGER audit_logs_whole ON audit_logs;
