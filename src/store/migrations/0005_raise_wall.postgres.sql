-- up
-- The second wall of tenancy: whatever a statement says, the server shows and takes only the rows of those
-- for whom the session works. The engine tells it in hookswitch.scope (store/postgres/scope.h): 'system',
-- 'project 7', 'projects {1,7}', 'org 3' or 'orgs {3,4}'. A session that says nothing sees nothing, so nodes of
-- the version before must have ended. The owner of the tables is held as well; only a superuser or a role with
-- BYPASSRLS is not.
--
-- What stands in a SELECT of its own does not depend on the row, and is asked once per statement, when it is
-- needed: for the usual statement, which is one project's, a row costs the comparison of two numbers. Written
-- out, as a function of ours would be looked up and unfolded each time a statement is planned.
CREATE PROCEDURE guard(guarded regclass, kind text, owner name) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', guarded);
    EXECUTE format($policy$
        CREATE POLICY %1$I ON %2$s USING (
            %3$I = (SELECT CASE WHEN starts_with(current_setting('hookswitch.scope', true), %4$L)
                                THEN substr(current_setting('hookswitch.scope', true), %5$s)::bigint END)
            OR (SELECT current_setting('hookswitch.scope', true) = 'system')
            OR %3$I = ANY ((SELECT CASE WHEN starts_with(current_setting('hookswitch.scope', true), %6$L)
                                        THEN substr(current_setting('hookswitch.scope', true), %7$s)::bigint[] END)::bigint[]))
        $policy$, 'by_' || kind, guarded, owner, kind || ' ', length(kind) + 2, kind || 's {', length(kind) + 3);
END
$$;

-- Every table with a project_id, or an org_id, that is NOT NULL stands here, or a later migration guards it
-- itself. People belong to no organisation, and their sessions and links are found by secrets.
CALL guard('provider_accounts', 'project', 'project_id');
CALL guard('api_keys', 'project', 'project_id');
CALL guard('login_links', 'project', 'project_id');
CALL guard('sessions', 'project', 'project_id');
CALL guard('contacts', 'project', 'project_id');
CALL guard('conversations', 'project', 'project_id');
CALL guard('calls', 'project', 'project_id');
CALL guard('call_events', 'project', 'project_id');
CALL guard('feed_heads', 'project', 'project_id');
CALL guard('feed_events', 'project', 'project_id');
CALL guard('webhook_inbox', 'project', 'project_id');
CALL guard('sync_state', 'project', 'project_id');
CALL guard('user_roles', 'org', 'org_id');
CALL guard('audit_heads', 'org', 'org_id');
CALL guard('audit_logs', 'org', 'org_id');
CALL guard('projects', 'project', 'id');
CALL guard('projects', 'org', 'org_id');
CALL guard('orgs', 'org', 'id');
-- A project may read of the organisation that it is in.
CREATE POLICY by_project ON orgs FOR SELECT USING (id IN (SELECT org_id FROM projects));

-- Who reads a view is held like who reads the table.
ALTER VIEW twilio_webhook_inbox SET (security_invoker = true);
ALTER VIEW webhook_events SET (security_invoker = true);
ALTER VIEW call_messages SET (security_invoker = true);

-- down
ALTER VIEW call_messages RESET (security_invoker);
ALTER VIEW webhook_events RESET (security_invoker);
ALTER VIEW twilio_webhook_inbox RESET (security_invoker);
DO $$
DECLARE
    p record;
BEGIN
    FOR p IN SELECT tablename, policyname FROM pg_policies
              WHERE schemaname = current_schema() AND policyname IN ('by_project', 'by_org')
    LOOP
        EXECUTE format('DROP POLICY %I ON %I', p.policyname, p.tablename);
        EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY', p.tablename);
    END LOOP;
END
$$;
DROP PROCEDURE guard(regclass, text, name);
