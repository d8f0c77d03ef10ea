-- up
-- The same wall, for less: each policy asked three things of the setting, in long words, and each of them was made ready
-- for every statement on every table in it, whether it came to be asked or not. To read of an organisation, all projects
-- were read.
--
-- hookswitch.scope is a multirange now (store/postgres/scope.h): ids of projects as they are, ids of organisations
-- negated, so that one setting tells both kinds apart. '{[7,7]}' is project 7, '{[1,1],[7,7]}' two projects, '{[-3,-3]}'
-- organisation 3, '{(,)}' everybody. A session that says nothing sees nothing; one that says it in the old words is
-- refused, so nodes of the version before must have ended.
CREATE OR REPLACE PROCEDURE guard(guarded regclass, kind text, owner name) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', guarded);
    -- What stands in a SELECT of its own is asked once per statement. The lowest id is the one of the usual statement,
    -- whose rows then cost the comparison of two numbers.
    EXECUTE format($policy$
        CREATE POLICY %1$I ON %2$s USING (
            %3$s = (SELECT lower(nullif(current_setting('hookswitch.scope', true), '')::int8multirange))
            OR %3$s <@ (SELECT nullif(current_setting('hookswitch.scope', true), '')::int8multirange))
        $policy$, 'by_' || kind, guarded, CASE kind WHEN 'org' THEN '- ' ELSE '' END || quote_ident(owner));
END
$$;

DO $$
DECLARE
    p record;
BEGIN
    FOR p IN SELECT tablename, policyname, substr(policyname, 4) AS kind FROM pg_policies
              WHERE schemaname = current_schema() AND policyname IN ('by_project', 'by_org')
                AND (tablename, policyname) <> ('orgs', 'by_project')
    LOOP
        EXECUTE format('DROP POLICY %I ON %I', p.policyname, p.tablename);
        CALL guard(p.tablename::regclass, p.kind,
                   CASE p.tablename WHEN p.kind || 's' THEN 'id' ELSE p.kind || '_id' END);
    END LOOP;
END
$$;

-- A project may read of the organisation that it is in. The name puts it behind by_org, which costs less to ask.
DROP POLICY by_project ON orgs;
CREATE POLICY also_by_project ON orgs FOR SELECT USING (EXISTS (SELECT 1 FROM projects p WHERE p.org_id = orgs.id));
CREATE INDEX idx_projects_org ON projects (org_id);

-- down
DROP INDEX idx_projects_org;
DROP POLICY also_by_project ON orgs;
CREATE OR REPLACE PROCEDURE guard(guarded regclass, kind text, owner name) LANGUAGE plpgsql AS $$
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
DO $$
DECLARE
    p record;
BEGIN
    FOR p IN SELECT tablename, policyname, substr(policyname, 4) AS kind FROM pg_policies
              WHERE schemaname = current_schema() AND policyname IN ('by_project', 'by_org')
    LOOP
        EXECUTE format('DROP POLICY %I ON %I', p.policyname, p.tablename);
        CALL guard(p.tablename::regclass, p.kind,
                   CASE p.tablename WHEN p.kind || 's' THEN 'id' ELSE p.kind || '_id' END);
    END LOOP;
END
$$;
CREATE POLICY by_project ON orgs FOR SELECT USING (id IN (SELECT org_id FROM projects));
