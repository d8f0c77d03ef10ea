-- up
-- When a run of the job last failed because the provider refuses the project's credentials: no fault of ours.
ALTER TABLE sync_state ADD COLUMN refused_at timestamptz;

-- down
ALTER TABLE sync_state DROP COLUMN refused_at;
