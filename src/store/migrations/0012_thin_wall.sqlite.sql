-- up
CREATE INDEX idx_projects_org ON projects (org_id);

-- down
DROP INDEX idx_projects_org;
