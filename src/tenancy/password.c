#include "tenancy/password.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/time.h"
#include "loop/loop.h"
#include "loop/urgency.h"

enum { THREADS_MAX = 8, WAITING_MAX = 16 };

struct hasher {
    struct mailbox *waiting;
    struct thread *threads[THREADS_MAX];
    size_t n_threads;
    _Atomic uint64_t count;
};

/* Of random bytes that nobody kept: no password fits, and to find that out takes as long as for any
 * other hash. */
static const char nobody[crypto_pwhash_STRBYTES] =
    "$argon2id$v=19$m=65536,t=2,p=1$xXHhneK6GOTSMz9LI"
    "SHH1Q$36Qe9tguRi1d2piuDEvEi5L5w6dRGVbN0hONOMjLFNc";

/* One password, and who waits for it; on the asker's stack. */
struct job {
    struct task task;
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool is_done;
    struct hasher *hasher;
    struct str password;
    const char *hash; /* to verify against; NULL: make one */
    char made[crypto_pwhash_STRBYTES];
    bool ok;
};

// --- on the hasher's threads ---------------------------------------------------------------------

static bool make(struct str password, char ret[crypto_pwhash_STRBYTES])
{
    return crypto_pwhash_str_alg(ret, password.p, password.n, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                 crypto_pwhash_MEMLIMIT_INTERACTIVE,
                                 crypto_pwhash_ALG_ARGON2ID13) == 0;
}

static void run(struct task *t)
{
    struct job *job = container_of(t, struct job, task);
    const bool ok = job->hash
                        ? crypto_pwhash_str_verify(job->hash, job->password.p, job->password.n) == 0
                        : make(job->password, job->made);

    atomic_fetch_add_explicit(&job->hasher->count, 1, memory_order_relaxed);
    pthread_mutex_lock(&job->lock);
    job->ok = ok;
    job->is_done = true;
    pthread_cond_signal(&job->done);
    pthread_mutex_unlock(&job->lock);
}

static void work(void *arg)
{
    struct hasher *h = arg;
    struct task *t;

    urgency_set(URGENCY_PATIENT);
    while ((t = mailbox_take_one(h->waiting, SECONDS(60))) || !mailbox_is_closed(h->waiting))
        if (t)
            t->run(t);
}

// --- who asks ------------------------------------------------------------------------------------

static bool ask(struct hasher *h, struct job *job, struct err *e)
{
    job->task.run = run;
    job->hasher = h;
    if (mailbox_length(h->waiting) >= WAITING_MAX || !mailbox_push(h->waiting, &job->task)) {
        err_set(e, ERR_RATE, "too many people sign in at this moment");
        return err_fix(e, "try again in a moment");
    }
    pthread_mutex_lock(&job->lock);
    while (!job->is_done)
        pthread_cond_wait(&job->done, &job->lock);
    pthread_mutex_unlock(&job->lock);
    return true;
}

static void job_init(struct job *job, struct str password, const char *hash)
{
    *job = (struct job){.password = str_is_none(password) ? STR("") : password, .hash = hash};
    pthread_mutex_init(&job->lock, NULL);
    pthread_cond_init(&job->done, NULL);
}

static void job_finish(struct job *job)
{
    pthread_cond_destroy(&job->done);
    pthread_mutex_destroy(&job->lock);
}

bool password_hash(struct hasher *h, struct str password, struct arena *a, struct str *ret,
                   struct err *e)
{
    struct job job;

    job_init(&job, password, NULL);
    bool ok = ask(h, &job, e) || err_trace(e);
    if (ok && !job.ok)
        ok = err_set(e, ERR_UNAVAILABLE, "there is no memory for a password now");
    if (ok)
        *ret = str_dup(str_from(job.made), a);
    job_finish(&job);
    return ok;
}

bool password_verify(struct hasher *h, struct str hash, struct str password, bool *ret_right,
                     struct err *e)
{
    char text[crypto_pwhash_STRBYTES] = "";
    const bool is_there = hash.n > 0 && hash.n < sizeof text;
    struct job job;

    if (is_there)
        memcpy(text, hash.p, hash.n);
    job_init(&job, password, is_there ? text : nobody);
    const bool ok = ask(h, &job, e) || err_trace(e);
    if (ok)
        *ret_right = is_there && job.ok;
    job_finish(&job);
    return ok;
}

bool password_check(struct str password, struct str email, struct err *e)
{
    if (password.n < PASSWORD_MIN || password.n > PASSWORD_MAX)
        return err_set(e, ERR_INVALID, "password: %d to %d characters expected", PASSWORD_MIN,
                       PASSWORD_MAX);
    if (!str_is_utf8(password))
        return err_set(e, ERR_INVALID, "password: not UTF-8");
    if (str_eq_nocase(password, email))
        return err_set(e, ERR_INVALID, "password: not your own e-mail address");
    return true;
}

uint64_t hasher_count(const struct hasher *h)
{
    return atomic_load_explicit(&h->count, memory_order_relaxed);
}

// --- start and stop ------------------------------------------------------------------------------

void hasher_stop(struct hasher *h)
{
    if (!h)
        return;
    mailbox_close(h->waiting);
    for (size_t i = 0; i < h->n_threads; i++)
        thread_join(h->threads[i]);
    mailbox_destroy(h->waiting);
    free(h);
}

bool hasher_start(size_t threads, struct hasher **ret, struct err *e)
{
    _cleanup_(hasher_stopp) struct hasher *h = NEW(struct hasher);

    h->waiting = mailbox_create();
    if (sodium_init() < 0)
        return err_set(e, ERR_INTERNAL, "the cryptographic library does not start");
    assert(crypto_pwhash_str_needs_rehash(nobody, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                          crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0);
    while (h->n_threads < threads && h->n_threads < THREADS_MAX) {
        if (!thread_start("hasher", work, h, &h->threads[h->n_threads], e))
            return err_trace(e);
        h->n_threads++;
    }
    *ret = TAKE(h);
    return true;
}
