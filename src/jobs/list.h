/* Every job: JOB(name) is a `const struct job job_name`. In the order in which people see them. No
 * include guard. */
JOB(reconcile_hot)
JOB(reconcile_warm)
JOB(reconcile_cold)
JOB(sync_recent)
JOB(sync_today)
JOB(freeze)
JOB(rebuild)
JOB(retention)
JOB(housekeeping)
