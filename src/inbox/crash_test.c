/*
 * A process that appends is killed at any moment; the next one audits what the first had promised.
 * Promises travel through a pipe, written where a door would have answered.
 */
#include "test/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "inbox/inbox.h"
#include "store/store.h"

enum { ROUNDS = 8, CIRCULATING = 64, KEYS_MAX = 200000, COMMIT = KEYS_MAX, KEY_TEXT = 24 };

struct sender {
    struct inbox_append append;
    struct mailbox *done;
    enum inbox_result result;
    uint32_t number;
    int promises; /* the pipe, or -1 */
    char key[KEY_TEXT];
};

struct place {
    struct str url, spool;
    bool store_away; /* everything goes to the spool */
};

static void on_done(struct inbox_append *ap, enum inbox_result result)
{
    struct sender *s = container_of(ap, struct sender, append);
    s->result = result;
    if (s->promises >= 0 && result != INBOX_REFUSED &&
        write(s->promises, &s->number, sizeof(s->number)) != sizeof(s->number))
        abort();
    if (!mailbox_push(s->done, &ap->task))
        abort();
}

static void submit(struct inbox *in, struct sender *s, int64_t project, uint32_t number)
{
    s->number = number;
    const int n = snprintf(s->key, sizeof(s->key), "%u", number);
    s->append.item = (struct inbox_item){
        .project = project,
        .provider = STR("twilio"),
        .source = STR("twilio_voice"),
        .event_type = STR("call-status"),
        .lane = STR("lane"),
        .dedupe_key = {s->key, (size_t)n},
        .payload = STR("{}"),
        .received_at = SECONDS(1700000000),
    };
    s->append.on_done = on_done;
    if (!inbox_submit(in, &s->append))
        abort();
}

static void tell_commit(size_t n, void *arg)
{
    const uint32_t commit = COMMIT;
    (void)n;
    if (write(*(int *)arg, &commit, sizeof(commit)) != sizeof(commit))
        abort();
}

/* pipe_end: where every commit is told, or NULL. */
static void open_all(const struct place *p, int *pipe_end, struct store **ret_store,
                     struct inbox **ret_inbox)
{
    struct err e;
    assert_ok(store_open(
                  &(struct store_options){.url = p->url, .clock = &clock_system, .exclusive = true},
                  ret_store, &e),
              &e);
    int n;
    assert_ok(store_migrate_up(*ret_store, &n, &e), &e);
    assert_ok(inbox_start(&(struct inbox_options){.store = *ret_store,
                                                  .clock = &clock_system,
                                                  .spool_path = p->spool,
                                                  .on_stored = pipe_end ? tell_commit : NULL,
                                                  .arg = pipe_end},
                          ret_inbox, &e),
              &e);
}

/* The victim: appends for ever. */
static void appends_until_killed(const struct place *p, uint32_t first, int promises)
{
    struct store *store;
    struct inbox *in;
    struct mailbox *done = mailbox_create();
    struct sender *senders = mem_alloc(CIRCULATING * sizeof(*senders));

    open_all(p, p->store_away ? NULL : &promises, &store, &in);
    if (p->store_away)
        fault_arm("store.send", 1, true);
    for (uint32_t i = 0; i < CIRCULATING; i++) {
        senders[i].done = done;
        senders[i].promises = promises;
        submit(in, &senders[i], 1, first + i);
    }
    for (uint32_t next = first + CIRCULATING; next < KEYS_MAX; next++) {
        struct task *t = mailbox_take_one(done, SECONDS(60));
        submit(in, container_of(t, struct sender, append.task), 1, next);
    }
    abort(); // nobody killed it
}

/* Kills it when it has promised so much; returns the highest number that was seen. */
static uint32_t kill_after(const struct place *p, uint32_t first, size_t n_promises, bool *promised)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(ends[0]);
        appends_until_killed(p, first, ends[1]);
    }
    close(ends[1]);

    uint32_t number, last = first;
    for (size_t n = 1; read(ends[0], &number, sizeof(number)) == sizeof(number); n++) {
        assert_true(number <= KEYS_MAX);
        promised[number] = number != COMMIT;
        last = number != COMMIT && number > last ? number : last;
        if (n == n_promises)
            assert_int_equal(kill(pid, SIGKILL), 0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    close(ends[0]);
    return last;
}

/* The writer replays what was left before it stores anything new; until then it spools. */
static void wait_replayed(struct inbox *in, uint32_t number, struct mailbox *done)
{
    struct sender last = {.done = done, .promises = -1};
    do {
        submit(in, &last, 2, number);
        assert_non_null(mailbox_take(last.done, SECONDS(60)));
        assert_int_not_equal(last.result, INBOX_REFUSED);
    } while (last.result == INBOX_SPOOLED);
}

static void audit(const struct place *p, uint32_t mark, const bool *promised, struct arena *a)
{
    bool *found = mem_alloc(KEYS_MAX);
    struct mailbox *done = mailbox_create();
    struct store *store;
    struct inbox *in;
    struct rows *rows;
    struct err e;

    open_all(p, NULL, &store, &in);
    wait_replayed(in, mark, done);
    inbox_stop(in);
    mailbox_destroy(done); // not before: the writer may still be leaving it

    struct db *db = store_connect(store, STORE_READ);
    assert_ok(
        db_query(db, Q_INBOX_LIST,
                 BINDS(bind_int("project", 1), bind_str("source", STR_NONE),
                       bind_str("event_type", STR_NONE), bind_str("processing_status", STR_NONE),
                       bind_str("call_sid", STR_NONE), bind_str("error", STR_NONE),
                       bind_time("from_time", TIME_NONE), bind_time("to_time", TIME_NONE),
                       bind_int("limit", KEYS_MAX), bind_int("offset", 0)),
                 a, &rows, &e),
        &e);
    while (rows_next(rows)) {
        uint64_t number;
        assert_true(str_to_u64(rows_str(rows, "dedupe_key"), &number) && number < KEYS_MAX);
        assert_false(found[number]); // exactly once
        found[number] = true;
    }
    assert_ok(rows_end(rows, &e), &e);
    for (size_t i = 0; i < KEYS_MAX; i++)
        assert_true(found[i] || !promised[i]);
    db_close(db);
    store_close(store);
    free(found);
}

static void survive(bool store_away)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    bool *promised = mem_alloc(KEYS_MAX + 1);
    struct rng rng = rng_seeded(store_away ? 2 : 1);
    const char *dir = test_tmpdir(a);
    struct place p = {.url = str_fmt(a, "sqlite:%s/store.db", dir),
                      .spool = str_fmt(a, "%s/spool", dir),
                      .store_away = store_away};
    uint32_t first = 0;

    for (int round = 0; round < ROUNDS; round++) {
        const size_t n_promises = 1 + (size_t)rng_below(&rng, 1500);
        first = kill_after(&p, first, n_promises, promised) + 2 * CIRCULATING;
        if (!store_away || round % 2) // or two victims' files, one after the other
            audit(&p, first, promised, a);
    }
    free(promised);
}

static void what_was_promised_survives_a_kill(void **state)
{
    (void)state;
    survive(false);
}

static void what_was_spooled_survives_a_kill(void **state)
{
    (void)state;
    survive(true);
}

/* A long spool, and a process that is killed when it has brought back the first batch of it. */
static void a_replay_that_is_killed_begins_again(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    bool *promised = mem_alloc(KEYS_MAX + 1);
    const char *dir = test_tmpdir(a);
    struct place p = {.url = str_fmt(a, "sqlite:%s/store.db", dir),
                      .spool = str_fmt(a, "%s/spool", dir)};
    uint32_t first = 0;

    (void)state;
    for (int round = 0; round < ROUNDS / 2; round++) {
        p.store_away = true;
        first = kill_after(&p, first, 4000, promised) + 2 * CIRCULATING;
        p.store_away = false;
        first = kill_after(&p, first, 1 + (size_t)round, promised) + 2 * CIRCULATING;
        audit(&p, first, promised, a);
    }
    free(promised);
}

TEST_MAIN(cmocka_unit_test(what_was_promised_survives_a_kill),
          cmocka_unit_test(what_was_spooled_survives_a_kill),
          cmocka_unit_test(a_replay_that_is_killed_begins_again))
