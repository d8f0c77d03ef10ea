#ifndef JOBS_RUN_H
#define JOBS_RUN_H
/* Runs of jobs, for who asks for one and who looks on. */
#include "base/json.h"
#include "jobs/job.h"
#include "store/store.h"

struct job_run {
    int64_t id; /* INT_NONE: there was none yet */
    struct str job;
    struct str state;   /* waiting, running, succeeded, failed */
    struct str through; /* schedule, api, cli */
    struct str by;      /* who asked; none: nobody, it was due */
    usec_t asked_at, started_at, ended_at;
    int64_t done, total; /* total 0: not known */
    struct str counts;   /* a JSON object of numbers */
    struct str error;
};

/* A job of a project: when it is due, and its run that is under way, or else its last one. */
struct job_state {
    struct str name;
    usec_t next_run_at;     /* TIME_NONE: when somebody asks */
    usec_t touched_at;      /* when anybody last did something for it */
    usec_t last_success_at; /* when the run began that last ended well */
    usec_t last_error_at;
    struct str last_error;
    usec_t refused_at; /* when the provider last refused the project's credentials */
    int64_t failures;  /* runs that failed, one after another */
    int64_t run;       /* the one that is under way or waits; INT_NONE */
    struct job_run latest;
};

/* How long nobody has done anything for a job that is due; 0: it is not late. */
usec_t job_state_late(const struct job_state *s, usec_t now);

/* Whether it fails because the provider refuses the project's credentials, and will be run again
 * by itself: one that somebody has asked for once says nothing of now. */
bool job_state_is_refused(const struct job_state *s);

/* The credentials of the project were changed, or found to be taken: what was refused for them is
 * told of no more and run again, when all nodes have them. */
bool job_mended(struct db *db, int64_t project, usec_t now, struct err *e) CHECK_RESULT;

/* Who asks for a run, and through what. */
struct job_asker {
    struct str through, by;
    usec_t now;
};

/* In the caller's transaction. ERR_CONFLICT when a run is under way or waits already. */
bool job_ask(struct db *db, int64_t project, const struct job *job, const struct job_asker *asker,
             int64_t *ret_run, struct err *e) CHECK_RESULT;

/* What was done at once, and no engine had a part in it. */
struct job_done {
    const struct job *job; /* its step is never run */
    const struct job_count *counts;
    size_t n_counts;
    int64_t done;
    usec_t began;
};
/* Leaves the run that it was, ended well. In the caller's transaction. */
bool job_run_note(struct db *db, int64_t project, const struct job_asker *asker,
                  const struct job_done *what, struct err *e) CHECK_RESULT;
/* As they are kept: a JSON object. */
struct str job_counts_json(const struct job_count *counts, size_t n, struct arena *a);

/* Those that were ever planned or asked for. */
bool job_states(struct db *db, int64_t project, struct arena *a, struct job_state **ret,
                size_t *ret_n, struct err *e) CHECK_RESULT;

struct job_runs_wanted {
    struct str job;
    int64_t before, limit; /* ids below this one; INT_NONE: from the newest on */
};
bool job_runs(struct db *db, int64_t project, const struct job_runs_wanted *want, struct arena *a,
              struct job_run **ret, size_t *ret_n, struct err *e) CHECK_RESULT;
/* The run of a job that is under way, or else its last one. */
struct job_latest {
    int64_t project;
    struct job_run run;
};
/* Of all jobs of these projects, those that were ever run. */
bool job_latest_runs(struct db *db, const int64_t *projects, size_t n, struct arena *a,
                     struct job_latest **ret, size_t *ret_n, struct err *e) CHECK_RESULT;

/* As the API shows it. */
void job_run_write(struct json_writer *w, const struct job_run *r);
/* hub_progress_fn: the same, as JSON. */
bool job_progress(struct db *db, const int64_t *projects, size_t n, struct arena *a,
                  struct str *ret_runs, struct err *e) CHECK_RESULT;
bool job_run_find(struct db *db, int64_t project, int64_t id, struct arena *a, struct job_run *ret,
                  bool *ret_found, struct err *e) CHECK_RESULT;

#endif
