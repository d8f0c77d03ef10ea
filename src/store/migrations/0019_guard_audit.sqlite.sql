-- up
-- The ends of the chains of the audit log stay: without them nobody would miss it.
CREATE TRIGGER audit_heads_kept BEFORE DELETE ON audit_heads
BEGIN
    SELECT RAISE(ABORT, 'audit_heads is append-only');
END;

-- down
DROP TRIGGER audit_heads_kept;
