#include "loop/loop.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "test/test.h"

struct letter {
    struct task task;
    int n;
};

static int number_of(struct task *t)
{
    return container_of(t, struct letter, task)->n;
}

static void hands_over_everything_oldest_first(void **state)
{
    struct mailbox *m = mailbox_create();
    struct letter letters[5];

    (void)state;
    for (int i = 0; i < 5; i++) {
        letters[i] = (struct letter){.n = i};
        assert_true(mailbox_push(m, &letters[i].task));
    }
    assert_int_equal(mailbox_length(m), 5);

    int n = 0;
    for (struct task *t = mailbox_take(m, 0); t; t = t->next)
        assert_int_equal(number_of(t), n++);
    assert_int_equal(n, 5);
    assert_int_equal(mailbox_length(m), 0);

    assert_true(mailbox_push(m, &letters[3].task)); // usable again after it was emptied
    assert_int_equal(number_of(mailbox_take(m, 0)), 3);
    mailbox_destroy(m);
}

static void gives_one_at_a_time(void **state)
{
    struct mailbox *m = mailbox_create();
    struct letter a = {.n = 1}, b = {.n = 2};

    (void)state;
    assert_true(mailbox_push(m, &a.task) && mailbox_push(m, &b.task));
    assert_ptr_equal(mailbox_take_one(m, 0), &a.task);
    assert_null(a.task.next);
    assert_int_equal(mailbox_length(m), 1);
    assert_ptr_equal(mailbox_take_one(m, 0), &b.task);
    assert_true(mailbox_push(m, &a.task));
    assert_ptr_equal(mailbox_take_one(m, 0), &a.task);
    assert_null(mailbox_take_one(m, 0));
    mailbox_destroy(m);
}

static void waits_until_the_deadline_only(void **state)
{
    struct mailbox *m = mailbox_create();

    (void)state;
    assert_null(mailbox_take(m, 0));
    assert_null(mailbox_take(m, -1));
    assert_null(mailbox_take_one(m, MILLISECONDS(1)));
    mailbox_destroy(m);
}

static void takes_no_more_when_closed_but_gives_what_waits(void **state)
{
    struct mailbox *m = mailbox_create();
    struct letter a = {.n = 1}, b = {.n = 2};

    (void)state;
    assert_true(mailbox_push(m, &a.task));
    mailbox_close(m);
    assert_true(mailbox_is_closed(m));
    assert_false(mailbox_push(m, &b.task));
    assert_ptr_equal(mailbox_take(m, SECONDS(3600)), &a.task);
    assert_null(mailbox_take(m, SECONDS(3600))); // returns at once
    mailbox_destroy(m);
}

// --- several producers, several consumers --------------------------------------------------------

enum { THREADS = 3, LETTERS = 3000 };

struct post_office {
    struct mailbox *m;
    atomic_int taken, sum;
};

struct sender {
    struct post_office *office;
    struct letter letters[LETTERS];
};

static void send_all(void *arg)
{
    struct sender *s = arg;

    for (int i = 0; i < LETTERS; i++) {
        s->letters[i].n = i;
        assert(mailbox_push(s->office->m, &s->letters[i].task));
    }
}

static void take_all(void *arg)
{
    struct post_office *o = arg;

    for (struct task *t; (t = mailbox_take_one(o->m, SECONDS(3600)));) {
        atomic_fetch_add(&o->sum, number_of(t));
        atomic_fetch_add(&o->taken, 1);
    }
}

static void gives_every_letter_to_one_consumer(void **state)
{
    struct post_office office = {.m = mailbox_create()};
    struct sender *senders = mem_alloc(THREADS * sizeof(struct sender));
    struct thread *sending[THREADS], *taking[THREADS];
    struct err e = {0};

    (void)state;
    for (int i = 0; i < THREADS; i++) {
        senders[i].office = &office;
        assert_ok(thread_start("taker", take_all, &office, &taking[i], &e), &e);
        assert_ok(thread_start("sender", send_all, &senders[i], &sending[i], &e), &e);
    }
    for (int i = 0; i < THREADS; i++)
        thread_join(sending[i]);
    mailbox_close(office.m);
    for (int i = 0; i < THREADS; i++)
        thread_join(taking[i]);

    assert_int_equal(office.taken, THREADS * LETTERS);
    assert_int_equal(office.sum, THREADS * (LETTERS * (LETTERS - 1) / 2));
    mailbox_destroy(office.m);
    free(senders);
}

TEST_MAIN(cmocka_unit_test(hands_over_everything_oldest_first),
          cmocka_unit_test(gives_one_at_a_time), cmocka_unit_test(waits_until_the_deadline_only),
          cmocka_unit_test(takes_no_more_when_closed_but_gives_what_waits),
          cmocka_unit_test(gives_every_letter_to_one_consumer))
