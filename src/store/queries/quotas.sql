-- How much each project may use, where that differs from the configuration (tenancy/quota.h).

-- name: quota_list
-- params: project int
SELECT name, granted, chosen FROM project_quotas WHERE project_id = :project;

-- name: quota_choose
-- params: project int, name text, value int
INSERT INTO project_quotas (project_id, name, chosen) VALUES (:project, :name, :value)
ON CONFLICT (project_id, name) DO UPDATE SET chosen = excluded.chosen;

-- name: quota_grant
-- params: project int, name text, value int
INSERT INTO project_quotas (project_id, name, granted) VALUES (:project, :name, :value)
ON CONFLICT (project_id, name) DO UPDATE SET granted = excluded.granted;
