/*
 * sim: many worlds, one process each.
 *
 *     sim --seeds 500 [--from 1] [--jobs N]   the known seeds, then 500 others; TAP
 *     sim --seed 4711 [--trace]               one, with its tail or all of it
 *     sim --hashes --seeds 20                 one line per seed, to be compared with another run's
 *     sim --until-wrong --seeds 500           ends with the first that is wrong, if any
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/str.h"
#include "sim/known.h"
#include "sim/run.h"

enum { JOBS_MAX = 64, WRONG_SHOWN = 5, SECONDS_PER_SEED = 120 };

struct options {
    uint64_t n_seeds, from, seed, jobs;
    bool one, trace, hashes, until_wrong;
};

struct job {
    pid_t pid;
    int pipe;
    uint64_t seed;
};

struct sums {
    struct options o;
    uint64_t n, n_wrong, n_sent, n_acknowledged, n_turns, next;
    usec_t lasted;
    uint64_t strikes[FATE_COUNT], runs[FATE_COUNT];
    struct job jobs[JOBS_MAX];
};

// --- a child -------------------------------------------------------------------------------------

static void on_crash(int signal)
{
    fprintf(stderr, "the run ended with signal %d\n", signal);
    trace_print_tail();
    _exit(128 + signal);
}

static void catch_crashes(void)
{
    static char stack[64 * 1024];
    const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    const struct sigaction act = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK};

    sigaltstack(&alternate, NULL);
    sigaction(SIGABRT, &act, NULL);
    sigaction(SIGSEGV, &act, NULL);
    sigaction(SIGBUS, &act, NULL);
    sigaction(SIGALRM, &act, NULL);
    alarm(SECONDS_PER_SEED);
}

static void play(uint64_t seed, enum trace how, int out)
{
    struct outcome outcome;

    catch_crashes();
    run_seed(seed, how, &outcome);
    if (write(out, &outcome, sizeof outcome) != sizeof outcome)
        abort();
    if (outcome.wrong[0])
        trace_print_tail();
    _exit(0);
}

static struct job start(uint64_t seed, enum trace how, bool silent)
{
    int ends[2];

    fflush(stdout);
    if (pipe(ends) != 0)
        abort();
    const pid_t pid = fork();
    if (pid < 0)
        abort();
    if (pid == 0) {
        close(ends[0]);
        if (silent && !freopen("/dev/null", "w", stderr))
            abort();
        play(seed, how, ends[1]);
    }
    close(ends[1]);
    return (struct job){pid, ends[0], seed};
}

/* A child that says nothing has crashed. */
static struct outcome finish(struct job *j)
{
    struct outcome outcome = {.seed = j->seed};
    int status;

    if (read(j->pipe, &outcome, sizeof outcome) != sizeof outcome)
        (void)snprintf(outcome.wrong, sizeof outcome.wrong, "the program crashed");
    close(j->pipe);
    waitpid(j->pid, &status, 0);
    j->pid = 0;
    return outcome;
}

// --- many ----------------------------------------------------------------------------------------

static const char *found_by(uint64_t seed)
{
    for (size_t i = 0; i < LEN(known); i++)
        if (known[i].seed == seed)
            return known[i].found;
    return NULL;
}

/* Once more, with a trace: a run is a function of its seed. */
static void explain(uint64_t seed)
{
    struct job j = start(seed, TRACE_TAIL, false);

    (void)finish(&j);
}

static void count(struct sums *s, const struct outcome *o)
{
    s->n++;
    s->n_sent += o->n_sent;
    s->n_acknowledged += o->n_acknowledged;
    s->n_turns += o->n_turns;
    s->lasted += o->lasted;
    for (unsigned i = 0; i < FATE_COUNT; i++) {
        s->strikes[i] += o->strikes[i];
        s->runs[i] += o->strikes[i] > 0;
    }
    if (s->o.hashes)
        printf("%llu %016llx\n", (unsigned long long)o->seed, (unsigned long long)o->hash);
    if (!o->wrong[0])
        return;
    s->n_wrong++;
    fprintf(stderr, "seed %llu: %s\n", (unsigned long long)o->seed, o->wrong);
    if (s->n_wrong <= WRONG_SHOWN)
        explain(o->seed);
}

static bool next_seed(struct sums *s, uint64_t *ret)
{
    // Who asks how soon something is found does not want the seeds that are known to find it.
    const uint64_t n_known = s->o.until_wrong ? 0 : LEN(known);
    const uint64_t i = s->next++;

    if (s->o.until_wrong && s->n_wrong > 0)
        return false;
    *ret = i < n_known ? known[i].seed : s->o.from + i - n_known;
    return i < n_known + s->o.n_seeds;
}

static void fill(struct sums *s)
{
    uint64_t seed;

    for (size_t i = 0; i < s->o.jobs; i++)
        if (s->jobs[i].pid == 0 && next_seed(s, &seed))
            s->jobs[i] = start(seed, TRACE_OFF, true);
}

static bool wait_for_one(struct sums *s)
{
    struct pollfd fds[JOBS_MAX];
    size_t of[JOBS_MAX], n = 0;

    for (size_t i = 0; i < s->o.jobs; i++)
        if (s->jobs[i].pid) {
            of[n] = i;
            fds[n++] = (struct pollfd){.fd = s->jobs[i].pipe, .events = POLLIN};
        }
    if (n == 0)
        return false;
    while (poll(fds, n, -1) < 0 && errno == EINTR)
        ;
    for (size_t i = 0; i < n; i++)
        if (fds[i].revents) {
            const struct outcome o = finish(&s->jobs[of[i]]);
            count(s, &o);
        }
    return true;
}

static double now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* One line for all runs, one for each fault: it must have struck. */
static int report(const struct sums *s, double took)
{
    unsigned n_missed = 0;

    printf("%s 1 - %llu runs keep what was promised\n", s->n_wrong ? "not ok" : "ok",
           (unsigned long long)s->n);
    for (unsigned i = 0; i < FATE_COUNT; i++) {
        const bool missed = s->strikes[i] == 0;
        n_missed += missed;
        printf("%s %u - %s (%llu times in %llu runs)\n", missed ? "not ok" : "ok", i + 2,
               fate_text((enum fate)i), (unsigned long long)s->strikes[i],
               (unsigned long long)s->runs[i]);
    }
    printf("1..%d\n", FATE_COUNT + 1);
    printf("# %llu events sent, %llu acknowledged, %llu turns, %llu wrong\n",
           (unsigned long long)s->n_sent, (unsigned long long)s->n_acknowledged,
           (unsigned long long)s->n_turns, (unsigned long long)s->n_wrong);
    printf("# %.0f s of the worlds in %.1f s: %.0f times as fast\n", (double)s->lasted / 1e6, took,
           (double)s->lasted / 1e6 / took);
    return s->n_wrong || n_missed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int play_many(const struct options *o)
{
    struct sums s = {.o = *o};
    const double began = now();

    do
        fill(&s);
    while (wait_for_one(&s));
    if (o->until_wrong)
        printf("%s after %llu runs\n", s.n_wrong ? "wrong" : "nothing wrong",
               (unsigned long long)s.n);
    if (o->hashes || o->until_wrong)
        return s.n_wrong ? EXIT_FAILURE : EXIT_SUCCESS;
    return report(&s, now() - began);
}

static int play_one(const struct options *o)
{
    struct job j = start(o->seed, o->trace ? TRACE_ALL : TRACE_TAIL, false);
    const struct outcome outcome = finish(&j);
    const char *found = found_by(o->seed);

    if (found)
        printf("known: %s\n", found);
    printf("seed %llu: %s\n", (unsigned long long)o->seed, outcome.wrong[0] ? outcome.wrong : "ok");
    printf("%llu events, %llu acknowledged, %.1f s, %llu turns, %llu steps, hash %016llx\n",
           (unsigned long long)outcome.n_sent, (unsigned long long)outcome.n_acknowledged,
           (double)outcome.lasted / 1e6, (unsigned long long)outcome.n_turns,
           (unsigned long long)outcome.n_steps, (unsigned long long)outcome.hash);
    for (unsigned i = 0; i < FATE_COUNT; i++)
        if (outcome.strikes[i] > 0)
            printf("  %6llu x %s\n", (unsigned long long)outcome.strikes[i],
                   fate_text((enum fate)i));
    return outcome.wrong[0] ? EXIT_FAILURE : EXIT_SUCCESS;
}

// --- the command line ----------------------------------------------------------------------------

static bool number(const char *text, uint64_t *ret)
{
    return text && str_to_u64(str_from(text), ret);
}

static bool read_options(char **argv, struct options *o)
{
    const struct {
        const char *name;
        bool *flag;
        uint64_t *number;
    } table[] = {
        {"--trace", &o->trace, NULL},
        {"--hashes", &o->hashes, NULL},
        {"--until-wrong", &o->until_wrong, NULL},
        {"--seed", &o->one, &o->seed},
        {"--seeds", NULL, &o->n_seeds},
        {"--from", NULL, &o->from},
        {"--jobs", NULL, &o->jobs},
    };

    for (argv++; *argv; argv++) {
        size_t i = 0;
        while (i < LEN(table) && strcmp(*argv, table[i].name) != 0)
            i++;
        if (i == LEN(table) || (table[i].number && !number(*++argv, table[i].number)))
            return false;
        if (table[i].flag)
            *table[i].flag = true;
    }
    return o->jobs > 0 && o->jobs <= JOBS_MAX;
}

int main(int argc, char **argv)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct options o = {.n_seeds = 500, .from = 1, .jobs = cores > 1 ? (uint64_t)cores : 1};

    (void)argc;
    if (!read_options(argv, &o)) {
        fputs("usage: sim [--seeds N] [--from SEED] [--jobs N] [--hashes] [--until-wrong] | --seed "
              "SEED [--trace]\n",
              stderr);
        return 2;
    }
    run_prepare();
    return o.one ? play_one(&o) : play_many(&o);
}
