-- up
-- How much a project may use, where that differs from the configuration: what the installation's operator has
-- granted, and what the project has chosen below that.
CREATE TABLE project_quotas (
    project_id INTEGER NOT NULL REFERENCES projects (id),
    name TEXT NOT NULL,
    granted INTEGER,
    chosen INTEGER,
    PRIMARY KEY (project_id, name)
) STRICT, WITHOUT ROWID;

-- down
DROP TABLE project_quotas;
