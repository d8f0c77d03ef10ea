#include "sim/provider.h"

#include <stdio.h>

#include "base/arena.h"
#include "sandbox/twilio/params.h"
#include "sandbox/twilio/post.h"
#include "sandbox/twilio/scene.h"
#include "sim/fate.h"
#include "sim/node.h"
#include "sim/oracle.h"
#include "sim/posix.h"
#include "sim/trace.h"

static struct {
    struct sim sim;
    struct sim_options o;
    struct event next_call;
    struct post_slip slip; /* of poison */
    struct str number;
    uint64_t n_poison;
    bool quiet;
} it;

/* The provider keeps its own time. */
static usec_t wall(const struct clock *c)
{
    (void)c;
    return SIM_EPOCH + world.now;
}

static usec_t monotonic(const struct clock *c)
{
    (void)c;
    return SIM_BOOT + world.now;
}

static const struct clock own_clock = {.wall = wall, .monotonic = monotonic};

bool provider_is_quiet(void)
{
    return it.quiet;
}

const struct sim *provider_sim(void)
{
    return &it.sim;
}

bool provider_is_poison(const struct form *fields)
{
    return !str_is_none(form_get(fields, STR("Poison")));
}

/* A status callback without a call: signed, kept, and of no use to anybody. */
static void send_poison(void)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct params p;

    params_init(&p, a);
    params_add(&p, "AccountSid", STR(SIM_ACCOUNT));
    params_add(&p, "CallStatus", STR("completed"));
    params_add_number(&p, "Poison", (int64_t)it.n_poison++);
    fate_struck(FATE_POISON);
    post_send(
        it.sim.post, &it.slip,
        &(struct letter){.url = STR(SIM_PUBLIC "/webhooks/twilio/voice-status"), .params = &p});
    post_flush(&it.slip);
}

static void on_next_call(struct event *ev)
{
    const struct plan *plan = fate_plan();

    scene_start(&it.sim);
    if (sim_happens(&it.sim.rng, plan->poison * 3))
        send_poison();
    if (it.sim.n_started >= plan->n_calls)
        return;
    const usec_t mean = (usec_t)(1e6 / plan->calls_per_second);
    heap_put(&it.sim.heap, ev,
             clock_monotonic(&own_clock) + dice_between(&it.sim.rng, 0, 2 * mean));
}

static bool is_complete(void)
{
    return it.sim.n_started >= fate_plan()->n_calls && it.sim.n_playing == 0 &&
           post_is_idle(it.sim.post);
}

static void run(void *arg)
{
    (void)arg;
    while (!is_complete()) {
        for (struct event *ev; (ev = heap_take_due(&it.sim.heap, clock_monotonic(&own_clock)));)
            ev->run(ev);
        post_work(it.sim.post, heap_wait(&it.sim.heap, clock_monotonic(&own_clock), SECONDS(1)),
                  -1);
    }
    it.quiet = true;
    if (post_books(it.sim.post)->forged_acknowledged > 0)
        oracle_fail("a forged request was acknowledged");
    trace_note("provider.quiet", (int64_t)it.sim.n_started, 0);
}

void provider_start(struct process *outside)
{
    const struct plan *plan = fate_plan();
    struct err e = {0};

    memset(&it, 0, sizeof it);
    it.number = STR("+15085140320");
    it.o = (struct sim_options){
        .to = STR(SIM_PUBLIC),
        .account = STR(SIM_ACCOUNT),
        .token = STR(SIM_TOKEN),
        .sip_user = STR("dispatcher@abchomes.sip.us1.twilio.com"),
        .ack_log = STR(""),
        .numbers = {&it.number, 1},
        .seed = (int64_t)plan->seed,
        .connections = 1,
        .speed = plan->speed,
        .duplicates = plan->duplicates,
        .reorder = plan->reorder,
        .lose = plan->lose,
        .delay = {plan->delay, 20},
        .bad_signature = plan->forged,
        .quiet = true,
    };
    it.sim.o = &it.o;
    it.sim.clock = &own_clock;
    it.sim.rng = rng_seeded(plan->seed ^ 0x5ca1ab1e);
    it.sim.rest_url = STR("https://api.example.com");
    it.slip.rng = rng_seeded(plan->seed ^ 0xdead);
    it.next_call.run = on_next_call;
    if (!post_create(&it.sim, &it.sim.post, &e))
        oracle_fail("the provider cannot start: %s", e.text);
    heap_put(&it.sim.heap, &it.next_call, clock_monotonic(&own_clock));
    (void)fiber_start(outside, "provider", run, NULL);
}
