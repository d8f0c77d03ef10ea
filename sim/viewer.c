#include "sim/viewer.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/json.h"
#include "sim/exchange.h"
#include "sim/fate.h"
#include "sim/net.h"
#include "sim/oracle.h"
#include "sim/trace.h"

enum { VIEWERS_MAX = 4, EPOCH_MAX = 64 };

struct viewer {
    char name[16];
    struct rng dice;
    bool knows; /* has seen anything: resumes from `last` */
    int64_t last;
    char epoch[EPOCH_MAX + 1];
    bool connected; /* in words: has been greeted on this connection */
    bool awaits_resume;
};

/* One connection. It outlives the viewer's interest in it: the network may still hold it. */
struct visit {
    struct net_request request;
    struct wire wire;
    bool refused;
    struct arena *a;
};

static struct viewer viewers[VIEWERS_MAX];
static size_t n_viewers;

// --- frames --------------------------------------------------------------------------------------

struct frame {
    struct str event, data;
    int64_t id; /* -1: none */
};

static bool cut_frame(struct str *in, struct str *ret)
{
    for (size_t i = 0; i + 1 < in->n; i++)
        if (in->p[i] == '\n' && in->p[i + 1] == '\n') {
            *ret = str_sub(*in, 0, i + 1);
            *in = str_sub(*in, i + 2, in->n);
            return true;
        }
    return false;
}

static struct frame parse(struct str text)
{
    struct frame f = {.id = -1};
    struct str line;

    while (cut_until(&text, '\n', &line)) {
        uint64_t id;
        if (cut_lit(&line, STR("id: ")) && cut_u64(&line, &id))
            f.id = (int64_t)id;
        else if (cut_lit(&line, STR("event: ")))
            f.event = line;
        else if (cut_lit(&line, STR("data: ")))
            f.data = line;
    }
    return f;
}

/* The text or number behind a name, up to its end; enough for what we have written ourselves. */
static struct str value_of(struct str json, const char *name, struct arena *a)
{
    const struct str key = str_fmt(a, "\"%s\":", name);

    for (size_t i = 0; i + key.n < json.n; i++) {
        struct str rest = str_sub(json, i, json.n), value = STR_NONE;
        if (!cut_lit(&rest, key))
            continue;
        if (cut_lit(&rest, STR("\"")))
            return cut_until(&rest, '"', &value) ? value : STR_NONE;
        return str_sub(rest, 0,
                       str_find(rest, ',') < str_find(rest, '}') ? str_find(rest, ',')
                                                                 : str_find(rest, '}'));
    }
    return STR_NONE;
}

static int64_t number_of(struct str json, const char *name, struct arena *a)
{
    uint64_t n = 0;

    return str_to_u64(value_of(json, name, a), &n) ? (int64_t)n : -1;
}

static void keep_epoch(struct viewer *v, struct str epoch)
{
    (void)snprintf(v->epoch, sizeof v->epoch, STR_FMT, STR_ARG(epoch));
}

static void on_event(struct viewer *v, const struct frame *f, struct arena *a)
{
    if (v->knows && f->id != v->last + 1)
        oracle_fail("%s has seen event %lld, and was sent %lld next", v->name, (long long)v->last,
                    (long long)f->id);
    v->knows = true;
    v->last = f->id;
    oracle_saw(v->name, f->id, value_of(f->data, "callSid", a));
}

static void on_connected(struct viewer *v, const struct frame *f, struct arena *a)
{
    v->connected = true;
    keep_epoch(v, value_of(f->data, "epoch", a));
    if (!v->awaits_resume) { // from now on: everything after the head
        v->knows = true;
        v->last = number_of(f->data, "last_seq", a);
    }
}

static void on_resync(struct viewer *v, const struct frame *f, struct arena *a)
{
    fate_struck(FATE_RESYNC);
    trace_text("%s is told to load anew: " STR_FMT, v->name, STR_ARG(f->data));
    if (str_eq(value_of(f->data, "reason", a), STR("ahead")))
        oracle_fail("%s has seen event %lld, the server says that it does not exist", v->name,
                    (long long)v->last);
    keep_epoch(v, value_of(f->data, "epoch", a));
    v->knows = true;
    v->last = number_of(f->data, "last_seq", a);
}

static void on_frame(struct viewer *v, struct str text)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct frame f = parse(text);

    trace_hash((uint64_t)f.id);
    if (f.id >= 0)
        on_event(v, &f, a);
    else if (str_eq(f.event, STR("connected")))
        on_connected(v, &f, a);
    else if (str_eq(f.event, STR("resync")))
        on_resync(v, &f, a);
}

// --- a visit -------------------------------------------------------------------------------------

static void on_end(struct net_request *r, int status, struct str body)
{
    struct visit *vs = container_of(r, struct visit, request);

    (void)status, (void)body;
    vs->refused = true;
    fiber_wake_all(&vs->wire);
}

static struct str resume_query(struct viewer *v, struct arena *a)
{
    if (!v->knows)
        return STR_NONE;
    fate_struck(FATE_RESUME);
    return dice_once_in(&v->dice, 2)
               ? str_fmt(a, "last_seq=%lld", (long long)v->last)
               : str_fmt(a, "last_seq=%lld&epoch=%s", (long long)v->last, v->epoch);
}

static struct visit *connect_to_some(struct viewer *v)
{
    struct arena *a = arena_create(0);
    struct visit *vs = arena_new(a, struct visit, 1);

    vs->a = a;
    buf_init(&vs->wire.bytes, SIZE_MAX);
    v->awaits_resume = v->knows;
    v->connected = false;
    vs->request = (struct net_request){
        .rq =
            {
                .method = HTTP_GET,
                .target = STR("/events/calls"),
                .path = STR("/events/calls"),
                .query = resume_query(v, a),
                .body = STR(""),
                .peer = STR("192.0.2.9"),
                .scheme = STR("https"),
            },
        .on_end = on_end,
        .wire = &vs->wire,
    };
    net_send(&vs->request, SECONDS(10));
    return vs;
}

/* False: there was no whole frame. */
static bool read_some(struct viewer *v, struct wire *w)
{
    struct str rest = buf_view(&w->bytes), text;
    const size_t before = rest.n;

    while (cut_frame(&rest, &text))
        on_frame(v, text);
    if (rest.n == before)
        return false;
    wire_taken(w, before - rest.n);
    return true;
}

/* Looks away; its connection may be given up meanwhile. */
static void stall(struct viewer *v, struct wire *w)
{
    const usec_t until = world.now + dice_between(&v->dice, SECONDS(1), SECONDS(60));

    fate_struck(FATE_STALL);
    while (world.now < until && !fate_is_over()) {
        fiber_sleep(SECONDS(1));
        stream_expire(w);
    }
}

static void visit(struct viewer *v)
{
    const usec_t until = world.now + dice_between(&v->dice, SECONDS(1), MINUTES(2));
    struct visit *vs = connect_to_some(v);
    struct wire *w = &vs->wire;

    while (!vs->refused && (world.now < until || fate_is_over())) {
        if (w->bytes.n == 0 && !w->over)
            (void)fiber_wait(w, world.now + SECONDS(1));
        if (!fate_is_over() && dice_once_in(&v->dice, 100))
            stall(v, w);
        const bool over = w->over;
        if (!read_some(v, w)) {
            if (over)
                break;
            (void)fiber_wait(w, world.now + SECONDS(1));
        }
    }
    wire_close(w);
}

static void run(void *arg)
{
    struct viewer *v = arg;

    for (;;) {
        visit(v);
        v->connected = false;
        if (!fate_is_over() && dice_once_in(&v->dice, 20))
            v->knows = false; // somebody else sits down
        fiber_sleep(dice_between(&v->dice, MILLISECONDS(100), SECONDS(5)));
    }
}

void viewers_start(struct process *outside, size_t n)
{
    n_viewers = n;
    for (size_t i = 0; i < n; i++) {
        struct viewer *v = &viewers[i];
        *v = (struct viewer){.dice = rng_seeded(rng_u64(&world.dice))};
        (void)snprintf(v->name, sizeof v->name, "viewer %zu", i);
        (void)fiber_start(outside, v->name, run, v);
    }
}

bool viewers_have(int64_t head)
{
    for (size_t i = 0; i < n_viewers; i++)
        if (!viewers[i].connected || viewers[i].last != head)
            return false;
    return true;
}

void viewers_report(void)
{
    for (size_t i = 0; i < n_viewers; i++)
        trace_text("%s: connected %d, last %lld", viewers[i].name, viewers[i].connected,
                   (long long)viewers[i].last);
}
