#include "loop/loop.h"

#include <stdlib.h>
#include <uv.h>

#include "base/arena.h"

/*
 * The handle lives on the heap, because libuv needs it until its close callback, while the embedded
 * timer may be gone as soon as timer_finish() has returned.
 */

static uv_timer_t *handle_of(const struct timer *t)
{
    return t->handle;
}

static void on_expired(uv_timer_t *handle)
{
    struct timer *t = handle->data;

    t->on_timer(t->arg); // last touch: the owner may finish the timer in here
}

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

/* Never early: a part of a millisecond counts as a whole one. */
static uint64_t to_milliseconds(usec_t t)
{
    return t <= 0 ? 0 : (uint64_t)((t + MILLISECONDS(1) - 1) / MILLISECONDS(1));
}

void timer_init(struct timer *t, struct loop *l, void (*on_timer)(void *arg), void *arg)
{
    uv_timer_t *handle = NEW(uv_timer_t);

    int failed = uv_timer_init(loop_uv(l), handle);
    assert(!failed);
    handle->data = t;
    *t = (struct timer){.loop = l, .handle = handle, .on_timer = on_timer, .arg = arg};
}

void timer_start(struct timer *t, usec_t after, usec_t repeat)
{
    uv_update_time(handle_of(t)->loop); // counted from now, not from the last wake-up
    int failed =
        uv_timer_start(handle_of(t), on_expired, to_milliseconds(after), to_milliseconds(repeat));
    assert(!failed);
}

void timer_stop(struct timer *t)
{
    uv_timer_stop(handle_of(t));
}

void timer_finish(struct timer *t)
{
    if (!t->handle)
        return;
    uv_close((uv_handle_t *)handle_of(t), on_closed);
    t->handle = NULL;
}
