-- up
-- The audit log is read by its seq, the newest first: of a project, or by who did it. The index by project was in the
-- order of time, and served nobody.
DROP INDEX idx_audit_logs_project;
CREATE INDEX idx_audit_logs_project ON audit_logs (org_id, project_id, seq DESC);
CREATE INDEX idx_audit_logs_actor ON audit_logs (org_id, actor_name, seq DESC);
-- A project reads its own entries, and by itself no others of its organisation. The name puts it behind by_org.
CREATE POLICY also_by_project ON audit_logs FOR SELECT USING (
    project_id = (SELECT lower(nullif(current_setting('hookswitch.scope', true), '')::int8multirange))
    OR project_id <@ (SELECT nullif(current_setting('hookswitch.scope', true), '')::int8multirange));

-- down
DROP POLICY also_by_project ON audit_logs;
DROP INDEX idx_audit_logs_actor;
DROP INDEX idx_audit_logs_project;
CREATE INDEX idx_audit_logs_project ON audit_logs (project_id, ts DESC);
