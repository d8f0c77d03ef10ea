-- up
-- When a job of a project is due, who has it in hand, and what became of its runs. The jobs of the whole
-- installation stand under the first project.
ALTER TABLE sync_state
    ADD COLUMN next_run_at timestamptz, -- none: when somebody asks
    ADD COLUMN claim_token text, -- of the worker that has it (queue_leases)
    ADD COLUMN attempts bigint NOT NULL DEFAULT 0, -- claims since the last step that ended
    ADD COLUMN failures bigint NOT NULL DEFAULT 0, -- runs that failed, one after another
    ADD COLUMN run_id bigint; -- the run that is under way or asked for
CREATE INDEX idx_sync_state_due ON sync_state (next_run_at);

CREATE TABLE job_runs (
    id bigserial PRIMARY KEY,
    project_id bigint NOT NULL REFERENCES projects (id),
    job_name text NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'running', 'succeeded', 'failed')),
    asked_through text NOT NULL CHECK (asked_through IN ('schedule', 'api', 'cli')),
    asked_by text, -- who, for people
    asked_at timestamptz NOT NULL,
    started_at timestamptz,
    ended_at timestamptz,
    done bigint NOT NULL DEFAULT 0,
    total bigint NOT NULL DEFAULT 0, -- 0: not known
    counts jsonb NOT NULL DEFAULT '{}',
    error text
);
CREATE INDEX idx_job_runs_recent ON job_runs (project_id, job_name, id DESC);
CREATE INDEX idx_job_runs_ended ON job_runs (project_id, ended_at);
CALL guard('job_runs', 'project', 'project_id');

-- What ended, and is still looked after.
CREATE INDEX idx_calls_unfrozen ON calls (project_id, finalized_at) WHERE is_final AND sync_state = 'active';

-- down
DROP INDEX idx_calls_unfrozen;
DROP TABLE job_runs;
DROP INDEX idx_sync_state_due;
ALTER TABLE sync_state
    DROP COLUMN run_id,
    DROP COLUMN failures,
    DROP COLUMN attempts,
    DROP COLUMN claim_token,
    DROP COLUMN next_run_at;
