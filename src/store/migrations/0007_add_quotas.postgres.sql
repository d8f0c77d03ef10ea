-- up
-- How much a project may use, where that differs from the configuration: what the installation's operator has
-- granted, and what the project has chosen below that.
CREATE TABLE project_quotas (
    project_id bigint NOT NULL REFERENCES projects (id),
    name text NOT NULL,
    granted bigint,
    chosen bigint,
    PRIMARY KEY (project_id, name)
);
CALL guard('project_quotas', 'project', 'project_id');

-- down
DROP TABLE project_quotas;
