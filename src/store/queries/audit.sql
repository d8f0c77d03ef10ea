-- name: audit_head_add
-- params: org int[], hash text
-- scope: org
-- [sqlite]
INSERT INTO audit_heads (org_id, last_seq, hash) VALUES (:org, 0, :hash) ON CONFLICT DO NOTHING;
-- [postgres]
INSERT INTO audit_heads (org_id, last_seq, hash)
SELECT r.org_id, 0, :hash FROM unnest(CAST(:org AS bigint[])) AS r (org_id)
    ON CONFLICT DO NOTHING;

-- name: audit_head_lock
-- The ends of chains, held until the transaction ends: the next entry waits for this one. In the order of
-- organisations, so that two who write in several do not wait for each other.
-- params: org int[]
-- scope: org
-- [sqlite]
SELECT org_id, last_seq, hash FROM audit_heads WHERE org_id = :org;
-- [postgres]
SELECT h.org_id, h.last_seq, h.hash
  FROM unnest(CAST(:org AS bigint[])) AS r (org_id) JOIN audit_heads h ON h.org_id = r.org_id
 ORDER BY h.org_id
   FOR UPDATE OF h;

-- name: audit_head_set
-- params: org int[], seq int[], hash text[]
-- scope: org
-- [sqlite]
UPDATE audit_heads SET last_seq = :seq, hash = :hash WHERE org_id = :org;
-- [postgres]
UPDATE audit_heads h SET last_seq = r.seq, hash = r.hash
  FROM unnest(CAST(:org AS bigint[]), CAST(:seq AS bigint[]), CAST(:hash AS text[])) AS r (org_id, seq, hash)
 WHERE h.org_id = r.org_id;

-- name: audit_add
-- params: org int[], seq int[], project int, ts time, actor_kind text, actor_id int, actor_name text, action text, entity_type text,
--         entity_id text, details text, address text, trace_id text, hash text[]
-- scope: org
-- [sqlite]
INSERT INTO audit_logs (org_id, seq, project_id, ts, actor_kind, actor_id, actor_name, action, entity_type,
                        entity_id, details, address, trace_id, hash)
VALUES (:org, :seq, :project, :ts, :actor_kind, :actor_id, :actor_name, :action, :entity_type, :entity_id,
        :details, :address, :trace_id, :hash);
-- [postgres]
INSERT INTO audit_logs (org_id, seq, project_id, ts, actor_kind, actor_id, actor_name, action, entity_type,
                        entity_id, details, address, trace_id, hash)
SELECT r.org_id, r.seq, :project, :ts, :actor_kind, :actor_id, :actor_name, :action, :entity_type, :entity_id,
       :details, :address, :trace_id, r.hash
  FROM unnest(CAST(:org AS bigint[]), CAST(:seq AS bigint[]), CAST(:hash AS text[])) AS r (org_id, seq, hash);

-- part: audit_entry
SELECT a.seq, a.project_id, a.ts, a.actor_kind, a.actor_id, a.actor_name, a.action, a.entity_type,
       a.entity_id, a.details, a.address, a.trace_id, coalesce(u.invited_email, u.email) AS entity_name
  FROM audit_logs a

-- part: audit_below
 WHERE a.org_id = :org AND a.seq < :before

-- part: audit_chosen
   AND (CAST(:project AS bigint) IS NULL OR a.project_id = :project)
   AND (CAST(:action AS text) IS NULL OR a.action = :action)
   AND (CAST(:actor AS text) IS NULL OR a.actor_name = :actor)
   AND (CAST(:entity AS text) IS NULL OR a.entity_type = :entity)
   AND a.ts >= :since AND a.ts < :until
 ORDER BY a.seq DESC LIMIT :limit;

-- name: audit_list
-- Newest first, from below `before`. project narrows it to a project's own entries. Of a person the address is told
-- as well, as it is today: it stands beside the chain, not in it.
-- params: org int, project int, before int, action text, actor text, entity text, since time, until time, limit int
-- scope: org
-- plan: anew
-- [sqlite]
-- use: audit_entry
  LEFT JOIN users u ON a.entity_type = 'user' AND u.id = CAST(a.entity_id AS integer)
-- use: audit_below
-- use: audit_chosen
-- [postgres]
-- use: audit_entry
  LEFT JOIN users u ON a.entity_type = 'user'
                   AND u.id = CASE WHEN a.entity_id ~ '^[0-9]{1,18}$' THEN CAST(a.entity_id AS bigint) END
-- use: audit_below
-- use: audit_chosen

-- name: audit_list_of_project
-- The same, and each below for one filter that is there: SQLite takes no index for one that may be absent. What is one
-- project's is asked for in its scope, so that both walls hold it, by whomever it is read.
-- params: org int, project int, before int, action text, actor text, entity text, since time, until time, limit int
-- plan: anew
-- [sqlite]
-- use: audit_entry
  LEFT JOIN users u ON a.entity_type = 'user' AND u.id = CAST(a.entity_id AS integer)
-- use: audit_below
   AND a.project_id = :project
-- use: audit_chosen
-- [postgres]
-- use: audit_entry
  LEFT JOIN users u ON a.entity_type = 'user'
                   AND u.id = CASE WHEN a.entity_id ~ '^[0-9]{1,18}$' THEN CAST(a.entity_id AS bigint) END
-- use: audit_below
   AND a.project_id = :project
-- use: audit_chosen

-- name: audit_list_by_actor
-- params: org int, project int, before int, action text, actor text, entity text, since time, until time, limit int
-- scope: org
-- plan: anew
-- [sqlite]
-- use: audit_entry
  LEFT JOIN users u ON a.entity_type = 'user' AND u.id = CAST(a.entity_id AS integer)
-- use: audit_below
   AND a.actor_name = :actor
-- use: audit_chosen
-- [postgres]
-- use: audit_entry
  LEFT JOIN users u ON a.entity_type = 'user'
                   AND u.id = CASE WHEN a.entity_id ~ '^[0-9]{1,18}$' THEN CAST(a.entity_id AS bigint) END
-- use: audit_below
   AND a.actor_name = :actor
-- use: audit_chosen

-- name: audit_list_by_action
-- params: org int, project int, before int, action text, actor text, entity text, since time, until time, limit int
-- scope: org
-- plan: anew
-- [sqlite]
-- use: audit_entry
  LEFT JOIN users u ON a.entity_type = 'user' AND u.id = CAST(a.entity_id AS integer)
-- use: audit_below
   AND a.action = :action
-- use: audit_chosen
-- [postgres]
-- use: audit_entry
  LEFT JOIN users u ON a.entity_type = 'user'
                   AND u.id = CASE WHEN a.entity_id ~ '^[0-9]{1,18}$' THEN CAST(a.entity_id AS bigint) END
-- use: audit_below
   AND a.action = :action
-- use: audit_chosen

-- name: audit_walk
-- The chain in its order, for the auditor.
-- params: org int, after int, limit int
-- scope: org
SELECT seq, project_id, ts, actor_kind, actor_id, actor_name, action, entity_type, entity_id, details,
       address, trace_id, hash
  FROM audit_logs WHERE org_id = :org AND seq > :after ORDER BY seq LIMIT :limit;

-- name: audit_chain_next
-- The next organisation that has a chain or must have one: with a head, an entry, or somebody who signed in, which was
-- noted. Its head and its last entry are those of one moment.
-- params: after int
-- scope: system — the auditor walks every organisation
SELECT o.org_id, h.last_seq, h.hash, (SELECT max(l.seq) FROM audit_logs l WHERE l.org_id = o.org_id) AS newest
  FROM (SELECT min(every.org_id) AS org_id
          FROM (SELECT min(org_id) AS org_id FROM audit_heads WHERE org_id > :after
                UNION ALL
                SELECT min(org_id) FROM audit_logs WHERE org_id > :after
                UNION ALL
                SELECT min(r.org_id) FROM user_roles r
                 WHERE r.org_id > :after AND EXISTS (SELECT 1 FROM user_sessions s WHERE s.user_id = r.user_id)) AS every) AS o
  LEFT JOIN audit_heads h ON h.org_id = o.org_id
 WHERE o.org_id IS NOT NULL;
