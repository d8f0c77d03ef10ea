-- up
-- When a job of a project is due, who has it in hand, and what became of its runs. The jobs of the whole
-- installation stand under the first project.
ALTER TABLE sync_state ADD COLUMN next_run_at INTEGER; -- none: when somebody asks
ALTER TABLE sync_state ADD COLUMN claim_token TEXT; -- of the worker that has it (queue_leases)
ALTER TABLE sync_state ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0; -- claims since the last step that ended
ALTER TABLE sync_state ADD COLUMN failures INTEGER NOT NULL DEFAULT 0; -- runs that failed, one after another
ALTER TABLE sync_state ADD COLUMN run_id INTEGER; -- the run that is under way or asked for
CREATE INDEX idx_sync_state_due ON sync_state (next_run_at);

CREATE TABLE job_runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL REFERENCES projects (id),
    job_name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'succeeded', 'failed')),
    asked_through TEXT NOT NULL CHECK (asked_through IN ('schedule', 'api', 'cli')),
    asked_by TEXT, -- who, for people
    asked_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    done INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0, -- 0: not known
    counts TEXT NOT NULL DEFAULT '{}',
    error TEXT
) STRICT;
CREATE INDEX idx_job_runs_recent ON job_runs (project_id, job_name, id DESC);
CREATE INDEX idx_job_runs_ended ON job_runs (project_id, ended_at);

-- What ended, and is still looked after.
CREATE INDEX idx_calls_unfrozen ON calls (project_id, finalized_at) WHERE is_final AND sync_state = 'active';

-- down
DROP INDEX idx_calls_unfrozen;
DROP TABLE job_runs;
DROP INDEX idx_sync_state_due;
ALTER TABLE sync_state DROP COLUMN run_id;
ALTER TABLE sync_state DROP COLUMN failures;
ALTER TABLE sync_state DROP COLUMN attempts;
ALTER TABLE sync_state DROP COLUMN claim_token;
ALTER TABLE sync_state DROP COLUMN next_run_at;
