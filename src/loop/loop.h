#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H
/*
 * One event loop per thread (libuv), and the mailboxes by which threads reach one another.
 *
 * An object belongs to one loop. Others reach it with loop_post(): the task runs on the loop's
 * thread, in the order of posting. Nothing blocks on a loop. Locks exist only in this room and in
 * the store.
 */
#include "base/clock.h"

#include "base/err.h"

typedef struct uv_loop_s uv_loop_t;
struct loop;

/* Intrusive: embedded in what it is about, so that posting never allocates. One place at a time. */
struct task {
    struct task *next;
    void (*run)(struct task *t);
};

/* A loop on a thread of its own. name: at most 15 characters. */
bool loop_start(const char *name, struct loop **ret, struct err *e) CHECK_RESULT;
/* Ends it: runs what is posted, closes the handles that are left, joins the thread, frees. */
void loop_stop(struct loop *l);
uv_loop_t *loop_uv(struct loop *l);
bool loop_is_current(const struct loop *l);
/* From any thread. */
void loop_post(struct loop *l, struct task *t);
/* An allocation-light convenience for rare calls: fn(arg) on the loop. */
void loop_call(struct loop *l, void (*fn)(void *arg), void *arg);
/* The same, and waits until it has run. Not from the loop itself. */
void loop_call_wait(struct loop *l, void (*fn)(void *arg), void *arg);

/* Timers of a loop; embedded; used on the loop's thread only. */
struct timer {
    struct loop *loop;
    void *handle;
    void (*on_timer)(void *arg);
    void *arg;
};
void timer_init(struct timer *t, struct loop *l, void (*on_timer)(void *arg), void *arg);
/* repeat 0: once. Restarting replaces. */
void timer_start(struct timer *t, usec_t after, usec_t repeat);
void timer_stop(struct timer *t);
void timer_finish(struct timer *t);

/*
 * A mailbox of a blocking thread: many producers, one consumer.
 * mailbox_take() hands over everything that waits, oldest first, linked by next; it waits until
 * there is something, the deadline has passed or the mailbox is closed (NULL then).
 */
struct mailbox;
struct mailbox *mailbox_create(void);
void mailbox_destroy(struct mailbox *m);
/* False when closed: the caller keeps the task. */
bool mailbox_push(struct mailbox *m, struct task *t);
struct task *mailbox_take(struct mailbox *m, usec_t wait);
/* One at a time, for pools with several consumers. */
struct task *mailbox_take_one(struct mailbox *m, usec_t wait);
size_t mailbox_length(const struct mailbox *m);
/* Wakes the consumers; what still waits can be taken. */
void mailbox_close(struct mailbox *m);
bool mailbox_is_closed(const struct mailbox *m);

/* A named thread that runs fn(arg); joined by thread_join, which frees it. */
struct thread;
bool thread_start(const char *name, void (*fn)(void *arg), void *arg, struct thread **ret,
                  struct err *e) CHECK_RESULT;
void thread_join(struct thread *t);

#endif
