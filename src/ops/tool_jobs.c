/* `hookswitch jobs`: what is done again and again, and when; and a run that somebody asks for,
 * which is in the audit log as well. */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "jobs/run.h"
#include "ops/tools.h"
#include "tenancy/audit.h"
#include "tenancy/project.h"

struct inquiry {
    struct command *cmd;
    struct db *db;
    struct project project;
    bool is_named; /* the project was */
};

static const char *when(usec_t t, char text[TIME_TEXT_MAX])
{
    if (t == TIME_NONE)
        return "-";
    (void)time_format(t - t % SECONDS(1), text);
    return text;
}

static bool list(struct inquiry *x, struct err *e)
{
    char next[TIME_TEXT_MAX], ended[TIME_TEXT_MAX];
    struct job_state *states;
    size_t n;

    if (!job_states(x->db, x->project.id, x->cmd->a, &states, &n, e))
        return err_trace(e);
    (void)printf("%-18s  %-9s  %-20s  %-20s  %s\n", "job", "last run", "ended", "next", "failure");
    for (size_t i = 0; i < n; i++)
        (void)printf("%-18.*s  %-9.*s  %-20s  %-20s  " STR_FMT "\n", STR_ARG(states[i].name),
                     STR_ARG(states[i].latest.state), when(states[i].latest.ended_at, ended),
                     when(states[i].next_run_at, next), STR_ARG(states[i].latest.error));
    return true;
}

/* What runs once for the installation is of no project. */
static bool ask_noted(struct inquiry *x, const struct job *job, int64_t *ret_run, struct err *e)
{
    const usec_t now = clock_wall(&clock_system);
    const struct job_asker asker = {STR("cli"), tool_console.name, now};
    struct arena *a = x->cmd->a;

    if (!job_ask(x->db, x->project.id, job, &asker, ret_run, e))
        return err_trace(e);
    const struct audit_entry entry = {
        .who = &tool_console,
        .project = job->scope == JOB_INSTALLATION ? 0 : x->project.id,
        .action = "job.asked",
        .entity = "job",
        .entity_id = str_from(job->name),
        .details = str_fmt(a, "{\"run\":\"%lld\"}", (long long)*ret_run),
    };
    return audit_append(x->db, x->project.org, &entry, now, a, e) || err_trace(e);
}

static bool ask(struct inquiry *x, struct err *e)
{
    int64_t run;
    size_t n;
    const struct job *const *jobs = job_list(&n);
    const struct job *job = job_find(jobs, n, str_from(x->cmd->args[1]));

    if (!job) {
        err_set(e, ERR_NOT_FOUND, "no job \"%.40s\"", x->cmd->args[1]);
        return err_fix(e, "`hookswitch jobs list` names them");
    }
    if (job->scope == JOB_INSTALLATION && x->is_named)
        return err_set(e, ERR_INVALID, "%s runs once for the installation: it has no project",
                       job->name);
    if (!db_begin(x->db, e) || !db_end(x->db, ask_noted(x, job, &run, e), e))
        return err_trace(e);
    (void)printf("run %lld waits for a node with the role scheduler\n", (long long)run);
    return true;
}

static const struct verb {
    const char *name;
    int least, most; /* arguments, with the name */
    bool (*run)(struct inquiry *x, struct err *e);
} verbs[] = {{"list", 1, 2, list}, {"run", 2, 3, ask}};

static bool inquire(struct command *cmd, const struct verb *verb, struct err *e)
{
    const char *project = cmd->n_args == verb->most ? cmd->args[verb->most - 1] : NULL;
    _cleanup_(store_closep) struct store *s = NULL;

    if (!tool_store(cmd, &s, e))
        return err_trace(e);
    _cleanup_(db_closep) struct db *db = store_connect(s, STORE_TOOL);
    struct inquiry x = {.cmd = cmd, .db = db, .is_named = project != NULL};
    return (tool_find_project(db, project, cmd->a, &x.project, e) && verb->run(&x, e)) ||
           err_trace(e);
}

int tool_jobs(struct command *cmd)
{
    struct err e = {0};

    for (size_t i = 0; i < LEN(verbs); i++)
        if (cmd->n_args >= verbs[i].least && cmd->n_args <= verbs[i].most &&
            strcmp(cmd->args[0], verbs[i].name) == 0)
            return inquire(cmd, &verbs[i], &e) ? EXIT_SUCCESS : tool_fail(&e);
    (void)fprintf(stderr, "usage: hookswitch jobs list [PROJECT] | run NAME [PROJECT]\n");
    return EXIT_FAILURE;
}
