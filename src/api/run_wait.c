#include "api/run_wait.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/gate.h"
#include "base/places.h"
#include "loop/bell.h"

#define PATIENCE SECONDS(10)
#define BETWEEN_LOOKS MILLISECONDS(100)

struct run_wait {
    const struct clock *clock;
    struct gate gate;
    struct places *places;
    struct bell *stopped;
};

struct run_wait *run_wait_create(const struct clock *clock, size_t at_once, struct places *places)
{
    struct run_wait *w = NEW(struct run_wait);

    w->clock = clock;
    gate_init(&w->gate, at_once);
    w->places = places;
    w->stopped = bell_create();
    return w;
}

void run_wait_stop(struct run_wait *w)
{
    bell_ring_for_ever(w->stopped);
}

void run_wait_destroy(struct run_wait *w)
{
    if (!w)
        return;
    gate_finish(&w->gate);
    bell_destroy(w->stopped);
    free(w);
}

static bool look_on(struct run_wait *w, struct db *db, int64_t project, struct arena *a,
                    struct job_run *run, struct err *e)
{
    const usec_t until = clock_monotonic(w->clock) + PATIENCE;
    bool found = true;

    while (found && run->ended_at == TIME_NONE && clock_monotonic(w->clock) < until &&
           !bell_wait(w->stopped, BETWEEN_LOOKS))
        if (!job_run_find(db, project, run->id, a, run, &found, e))
            return err_trace(e);
    return true;
}

static bool enter(struct run_wait *w, int64_t project)
{
    if (!gate_enter(&w->gate))
        return false;
    if (places_enter(w->places, project))
        return true;
    gate_leave(&w->gate);
    return false;
}

static void leave(struct run_wait *w, int64_t project)
{
    places_leave(w->places, project);
    gate_leave(&w->gate);
}

bool run_wait_end(struct run_wait *w, struct db *db, int64_t project, struct arena *a,
                  struct job_run *run, struct err *e)
{
    if (!enter(w, project))
        return true;
    const bool ok = look_on(w, db, project, a, run, e);
    leave(w, project);
    return ok || err_trace(e);
}
