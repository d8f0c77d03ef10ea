#include "jobs/job.h"

#include <assert.h>

#define JOB(name) extern const struct job job_##name;
#include "jobs/list.h"
#undef JOB

static const struct job *const jobs[] = {
#define JOB(name) &job_##name,
#include "jobs/list.h"
#undef JOB
};

const struct job *const *job_list(size_t *ret_n)
{
    *ret_n = LEN(jobs);
    return jobs;
}

static struct job_count *count_of(struct job_step *s, struct str name)
{
    for (size_t i = 0; i < s->n_counts; i++)
        if (str_eq(s->counts[i].name, name))
            return &s->counts[i];
    assert(s->n_counts < JOB_COUNTS_MAX);
    s->counts[s->n_counts] = (struct job_count){.name = name};
    return &s->counts[s->n_counts++];
}

void job_step_count(struct job_step *s, struct str name, int64_t n)
{
    if (n != 0)
        count_of(s, name)->n += n;
}

int64_t job_step_counted(const struct job_step *s, struct str name)
{
    for (size_t i = 0; i < s->n_counts; i++)
        if (str_eq(s->counts[i].name, name))
            return s->counts[i].n;
    return 0;
}

const struct job *job_find(const struct job *const *list, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(name, str_from(list[i]->name)))
            return list[i];
    return NULL;
}
