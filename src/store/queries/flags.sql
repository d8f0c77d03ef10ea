-- Switches of a project and of the installation, and what they hold back in the inbox.

-- name: flags_load
-- All that are set, of whomever; project 0 is the installation.
-- scope: system — a node obeys the flags of all projects
SELECT id AS project_id, flags FROM projects WHERE flags IS NOT NULL
 UNION ALL
SELECT 0, value FROM installation WHERE name = 'flags';

-- name: flags_of_project
-- params: project int
SELECT flags FROM projects WHERE id = :project;

-- name: flags_hold
-- The same, held until the transaction ends: who else changes them waits. Inserts that refer to the project do not.
-- params: project int
-- [sqlite]
SELECT flags FROM projects WHERE id = :project;
-- [postgres]
SELECT flags FROM projects WHERE id = :project FOR NO KEY UPDATE;

-- name: flags_set
-- params: project int, flags text
UPDATE projects SET flags = :flags WHERE id = :project;

-- name: inbox_hold
-- Puts claimed rows aside, as if they had not been claimed: what was tried before stays so.
-- params: id int[], held int[], token text
-- scope: system — the rows were claimed by this token
-- [sqlite]
UPDATE webhook_inbox
   SET processing_status = CASE WHEN retry_count > 1 THEN 'failed' ELSE 'pending' END,
       retry_count = retry_count - 1, held = :held, claim_token = NULL
 WHERE id = :id AND claim_token = :token;
-- [postgres]
UPDATE webhook_inbox w
   SET processing_status = CASE WHEN w.retry_count > 1 THEN 'failed' ELSE 'pending' END,
       retry_count = w.retry_count - 1, held = r.held, claim_token = NULL
  FROM unnest(:id, :held) AS r (id, held)
 WHERE w.id = r.id AND w.claim_token = :token;

-- name: inbox_held_projects
-- Who has something held, and the least of it. In parts, so that each is read from its partial index.
-- scope: system — a node lets go what the flags of all projects allow
SELECT project_id, min(held) AS held
  FROM (SELECT project_id, held FROM webhook_inbox WHERE processing_status = 'pending' AND held > 0
         UNION ALL
        SELECT project_id, held FROM webhook_inbox WHERE processing_status = 'failed' AND held > 0) AS part
 GROUP BY project_id;

-- name: inbox_release
-- Lets go what is held up to a share of the calls, some of it at once. The plus keeps SQLite from
-- preferring the whole project's index.
-- params: project int, share int, limit int
UPDATE webhook_inbox SET held = 0
 WHERE project_id = :project
   AND id IN (SELECT id FROM webhook_inbox
               WHERE +project_id = :project AND processing_status = 'pending' AND held > 0 AND held <= :share
               LIMIT :limit);

-- name: inbox_release_failed
-- params: project int, share int
UPDATE webhook_inbox SET held = 0
 WHERE +project_id = :project AND processing_status = 'failed' AND held > 0 AND held <= :share;
