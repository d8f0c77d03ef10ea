/*
 * Fibers are contexts with a stack of their own; after its first entry a fiber is left and entered
 * with setjmp and longjmp, which unlike swapcontext make no system call. A process that dies leaves
 * its memory behind: nobody looks at it again, and the run is a process of the host that ends soon.
 */
#include "sim/fiber.h"

#include <assert.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "base/arena.h"
#include "sim/trace.h"

enum { STACK_BYTES = 256 * 1024, GUARD_BYTES = 4096, FIBERS_MAX = 1024 };

enum state { READY, WAITING, DONE };

struct fiber {
    struct process *process;
    char name[20];
    unsigned number;
    enum state state;
    const void *key; /* what it waits for */
    usec_t until;
    bool woken, entered;
    usec_t frozen_until;
    char *stack;
    ucontext_t first;
    jmp_buf place;
    void (*fn)(void *arg);
    void *arg;
};

struct sim_world world;

static struct fiber *fibers[FIBERS_MAX]; /* those that are not done, in the order of starting */
static size_t n_fibers;
static unsigned next_number;
static struct fiber *running;
static jmp_buf scheduler;
static char *free_stacks[FIBERS_MAX];
static size_t n_free_stacks;
static int next_process;

void world_begin(uint64_t seed)
{
    world = (struct sim_world){.dice = rng_seeded(seed), .luck = rng_seeded(~seed)};
    world.preempt = 1;
    world.steps_max = UINT64_MAX;
    n_fibers = 0;
    next_number = 0;
    next_process = 0;
    running = NULL;
}

// --- stacks --------------------------------------------------------------------------------------

static char *stack_take(void)
{
    if (n_free_stacks > 0)
        return free_stacks[--n_free_stacks];
    char *p = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED || mprotect(p, GUARD_BYTES, PROT_NONE) != 0)
        mem_exhausted();
    return p;
}

static void stack_give(char *p)
{
    if (n_free_stacks < LEN(free_stacks))
        free_stacks[n_free_stacks++] = p;
}

// --- processes -----------------------------------------------------------------------------------

struct process *process_create(const char *name, void *owner)
{
    struct process *p = NEW(struct process);

    p->number = next_process++;
    p->owner = owner;
    (void)snprintf(p->name, sizeof p->name, "%s", name);
    return p;
}

struct process *process_self(void)
{
    return running ? running->process : NULL;
}

static void leave(void)
{
    struct fiber *f = running;

    if (!_setjmp(f->place))
        _longjmp(scheduler, 1);
}

void process_end(struct process *p)
{
    p->dead = true;
    for (size_t i = 0; i < n_fibers; i++)
        if (fibers[i]->process == p && fibers[i]->state != DONE) {
            fibers[i]->state = DONE;
            fiber_wake_all(fibers[i]);
        }
    if (running && running->process == p)
        leave(); // for ever
}

// --- fibers --------------------------------------------------------------------------------------

static void enter(void)
{
    struct fiber *f = running;

    f->fn(f->arg);
    f->state = DONE;
    fiber_wake_all(f);
    leave();
}

struct fiber *fiber_start(struct process *p, const char *name, void (*fn)(void *arg), void *arg)
{
    struct fiber *f = NEW(struct fiber);

    assert(n_fibers < FIBERS_MAX);
    f->process = p;
    f->number = next_number++;
    f->fn = fn;
    f->arg = arg;
    f->stack = stack_take();
    (void)snprintf(f->name, sizeof f->name, "%s", name);
    getcontext(&f->first);
    f->first.uc_stack.ss_sp = f->stack;
    f->first.uc_stack.ss_size = STACK_BYTES;
    makecontext(&f->first, enter, 0);
    fibers[n_fibers++] = f;
    return f;
}

struct fiber *fiber_self(void)
{
    return running;
}

const char *fiber_name(const struct fiber *f)
{
    return f->name;
}

struct process *fiber_process(const struct fiber *f)
{
    return f->process;
}

bool fiber_is_done(const struct fiber *f)
{
    return f->state == DONE;
}

struct fiber *fiber_any(const struct process *p, struct rng *dice)
{
    struct fiber *found = NULL;
    uint64_t n = 0;

    for (size_t i = 0; i < n_fibers; i++)
        if (fibers[i]->process == p && fibers[i]->state != DONE && dice_once_in(dice, ++n))
            found = fibers[i];
    return found;
}

void fiber_freeze(struct fiber *f, usec_t until)
{
    f->frozen_until = until;
}

void fiber_step(void)
{
    struct process *p = process_self();

    if (!p || world.still)
        return;
    world.n_steps++;
    world.now += 2;
    if (p->dies_in > 0 && --p->dies_in == 0)
        world.on_death(p, p->dies_of);
    if (p->frozen_until > world.now || running->frozen_until > world.now ||
        dice_once_in(&world.dice, world.preempt))
        leave();
}

bool fiber_wait(const void *key, usec_t until)
{
    struct fiber *f = running;

    assert(f && !world.still);
    f->state = WAITING;
    f->key = key;
    f->until = until;
    f->woken = false;
    leave();
    return f->woken;
}

void fiber_sleep(usec_t t)
{
    (void)fiber_wait(NULL, world.now + t);
}

static void wake(struct fiber *f)
{
    f->state = READY;
    f->woken = true;
    f->key = NULL;
}

static bool waits_for(const struct fiber *f, const void *key)
{
    return f->state == WAITING && f->key == key && key;
}

/* Whoever waits for it: which one is nobody's promise. */
void fiber_wake_one(const void *key)
{
    struct fiber *found = NULL;
    uint64_t n = 0;

    for (size_t i = 0; i < n_fibers; i++)
        if (waits_for(fibers[i], key) && dice_once_in(&world.dice, ++n))
            found = fibers[i];
    if (found)
        wake(found);
}

void fiber_wake_all(const void *key)
{
    for (size_t i = 0; i < n_fibers; i++)
        if (waits_for(fibers[i], key))
            wake(fibers[i]);
}

void fiber_join(struct fiber *f)
{
    while (f->state != DONE)
        (void)fiber_wait(f, NEVER);
}

// --- the scheduler -------------------------------------------------------------------------------

/* When it can go on: NEVER, or a moment, which may be past. */
static usec_t ready_at(const struct fiber *f)
{
    const usec_t thawed =
        f->frozen_until > f->process->frozen_until ? f->frozen_until : f->process->frozen_until;
    const usec_t ready = f->state == READY ? 0 : f->until;

    return ready > thawed ? ready : thawed;
}

/* Those who are done leave the list; their stacks are for others. */
static void bury_done(void)
{
    size_t n = 0;

    for (size_t i = 0; i < n_fibers; i++)
        if (fibers[i]->state == DONE)
            stack_give(TAKE(fibers[i]->stack));
        else
            fibers[n++] = fibers[i];
    n_fibers = n;
}

static struct fiber *choose(void)
{
    struct fiber *ready[FIBERS_MAX];
    usec_t next = NEVER;
    size_t n = 0;

    for (size_t i = 0; i < n_fibers; i++) {
        const usec_t at = ready_at(fibers[i]);
        if (at <= world.now)
            ready[n++] = fibers[i];
        else if (at < next)
            next = at;
    }
    if (n > 0)
        return ready[n == 1 ? 0 : dice_below(&world.dice, n)];
    if (next == NEVER)
        return NULL;
    world.now = next;
    return choose();
}

static void resume(struct fiber *f)
{
    if (f->state == WAITING) {
        f->state = READY;
        f->key = NULL;
    }
    running = f;
    if (_setjmp(scheduler)) {
        running = NULL;
        return;
    }
    if (f->entered)
        _longjmp(f->place, 1);
    f->entered = true;
    setcontext(&f->first);
}

bool world_run(void)
{
    while (!world.over) {
        bury_done();
        struct fiber *f = choose();
        if (!f || world.n_turns >= world.steps_max)
            return false;
        world.n_turns++;
        world.now += 1 + (usec_t)(world.n_turns & 3);
        trace_hash((uint64_t)world.now * 1000003u + f->number);
        resume(f);
    }
    return true;
}
