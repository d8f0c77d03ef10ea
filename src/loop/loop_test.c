#include "loop/loop.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <uv.h>

#include "base/fault.h"
#include "test/test.h"

static struct loop *started(const char *name)
{
    struct err e = {0};
    struct loop *l;

    assert_ok(loop_start(name, &l, &e), &e);
    return l;
}

// --- order and completeness of what is posted from several threads -------------------------------

enum { PRODUCERS = 4, TASKS = 5000 };

struct numbered {
    struct task task;
    struct tally *tally;
    int producer, n;
};

struct tally {
    struct loop *loop;
    int last[PRODUCERS]; /* touched on the loop only */
    int out_of_order, off_loop;
};

struct producer {
    struct tally *tally;
    int id;
    struct numbered *tasks;
};

static void count(struct task *t)
{
    struct numbered *n = container_of(t, struct numbered, task);

    n->tally->off_loop += !loop_is_current(n->tally->loop);
    n->tally->out_of_order += n->tally->last[n->producer] != n->n;
    n->tally->last[n->producer] = n->n + 1;
}

static void produce(void *arg)
{
    struct producer *p = arg;

    for (int i = 0; i < TASKS; i++) {
        p->tasks[i] = (struct numbered){.task.run = count, .tally = p->tally, p->id, i};
        loop_post(p->tally->loop, &p->tasks[i].task);
    }
}

static void runs_every_posted_task_in_the_order_of_its_thread(void **state)
{
    struct tally tally = {.loop = started("loop")};
    struct producer producers[PRODUCERS];
    struct thread *threads[PRODUCERS];
    struct err e = {0};

    (void)state;
    for (int i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct producer){&tally, i, calloc(TASKS, sizeof(struct numbered))};
        assert_ok(thread_start("producer", produce, &producers[i], &threads[i], &e), &e);
    }
    for (int i = 0; i < PRODUCERS; i++)
        thread_join(threads[i]);
    loop_stop(tally.loop); // runs what is posted

    for (int i = 0; i < PRODUCERS; i++) {
        assert_int_equal(tally.last[i], TASKS);
        free(producers[i].tasks);
    }
    assert_int_equal(tally.out_of_order, 0);
    assert_int_equal(tally.off_loop, 0);
}

// --- a task may post itself again, and does not starve the loop ----------------------------------

struct again {
    struct task task;
    struct loop *loop;
    uv_sem_t done;
    int left;
};

static void run_again(struct task *t)
{
    struct again *a = container_of(t, struct again, task);

    if (a->left-- > 0)
        loop_post(a->loop, t);
    else
        uv_sem_post(&a->done);
}

static void lets_a_task_post_itself_again(void **state)
{
    struct again a = {.task.run = run_again, .loop = started("loop"), .left = 1000};

    (void)state;
    uv_sem_init(&a.done, 0);
    loop_post(a.loop, &a.task);
    uv_sem_wait(&a.done);
    loop_stop(a.loop);
    uv_sem_destroy(&a.done);
    assert_int_equal(a.left, -1);
}

static void add_one(void *arg)
{
    *(int *)arg += 1;
}

static void waits_for_a_call_that_asks_for_it(void **state)
{
    struct loop *l = started("loop");
    int n = 0;

    (void)state;
    assert_false(loop_is_current(l));
    for (int i = 0; i < 100; i++) {
        loop_call(l, add_one, &n);
        loop_call_wait(l, add_one, &n);
        assert_int_equal(n, 2 * (i + 1));
    }
    loop_stop(l);
}

// --- timers --------------------------------------------------------------------------------------

struct ticker {
    struct timer timer;
    struct loop *loop;
    uv_sem_t done;
    usec_t began, at[3];
    int n;
};

static void on_tick(void *arg)
{
    struct ticker *t = arg;

    t->at[t->n++] = clock_monotonic(&clock_system);
    if (t->n < 3)
        return;
    timer_finish(&t->timer);
    uv_sem_post(&t->done);
}

static void begin_ticking(void *arg)
{
    struct ticker *t = arg;

    timer_init(&t->timer, t->loop, on_tick, t);
    timer_start(&t->timer, SECONDS(3600), 0);
    timer_stop(&t->timer);
    t->began = clock_monotonic(&clock_system);
    timer_start(&t->timer, MILLISECONDS(3), MILLISECONDS(2));
}

static void repeats_a_timer_and_never_runs_it_early(void **state)
{
    struct ticker t = {.loop = started("loop")};

    (void)state;
    uv_sem_init(&t.done, 0);
    loop_call(t.loop, begin_ticking, &t);
    uv_sem_wait(&t.done);
    loop_stop(t.loop);
    uv_sem_destroy(&t.done);
    assert_int_equal(t.n, 3);
    // The kernel's tick may round by one millisecond; what must not happen is a zero wait.
    assert_true(t.at[0] - t.began >= MILLISECONDS(2));
}

static void leave_a_timer(void *arg)
{
    struct ticker *t = arg;

    timer_init(&t->timer, t->loop, on_tick, t);
    timer_start(&t->timer, SECONDS(3600), 0);
    timer_finish(&t->timer);
}

static void stops_with_what_was_just_closed(void **state)
{
    struct ticker t = {.loop = started("loop")};

    (void)state;
    loop_call_wait(t.loop, leave_a_timer, &t);
    loop_stop(t.loop);
    assert_int_equal(t.n, 0);
}

static void fails_cleanly_when_the_system_gives_nothing(void **state)
{
    static const char *const points[] = {"loop.start", "thread.start"};

    (void)state;
    FOR_EACH_ROW (point, points) {
        struct loop *l;
        struct err e = {0};

        fault_arm(*point, 1, false);
        assert_refused(loop_start("loop", &l, &e), &e, ERR_UNAVAILABLE);
        fault_disarm();
    }
}

TEST_MAIN(cmocka_unit_test(runs_every_posted_task_in_the_order_of_its_thread),
          cmocka_unit_test(lets_a_task_post_itself_again),
          cmocka_unit_test(waits_for_a_call_that_asks_for_it),
          cmocka_unit_test(repeats_a_timer_and_never_runs_it_early),
          cmocka_unit_test(stops_with_what_was_just_closed),
          cmocka_unit_test(fails_cleanly_when_the_system_gives_nothing))
