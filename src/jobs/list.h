/* Every job: JOB(name) is `const struct job job_name` of src/jobs/name.c. No include guard. */
JOB(freeze)
JOB(housekeeping)
