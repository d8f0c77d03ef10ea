#include "sim/source.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/json.h"
#include "calls/apply.h"
#include "calls/internal.h"
#include "providers/call_sources.h"
#include "providers/twilio/calls.h"
#include "sandbox/twilio/resource.h"
#include "sim/fate.h"
#include "sim/node.h"
#include "sim/oracle.h"
#include "sim/posix.h"
#include "sim/provider.h"
#include "sim/trace.h"

#define JOB(name) extern const struct job job_##name;
#include "jobs/list.h"
#undef JOB

enum { BODY_MAX = 1024 * 1024, STEPS_MAX = 1000 };

/* What whole seconds and the way of a webhook account for: it is no news of a call. */
#define SAME_TIME SECONDS(15)

/* A call or a recording as the API shows it. */
struct told {
    struct str sid, call_sid, status;
    usec_t start;
    bool is_recording;
    struct str text;
};

/* All of them at one moment, newest first. */
struct copy {
    struct arena *a;
    struct told *p;
    size_t n;
};

/* A step of a job under way. */
struct asking {
    struct asking *next;
    const struct process *process;
    const struct fiber *fiber;
};

static struct {
    struct rng dice;
    struct copy old; /* what a stale answer is taken from */
    struct asking *asking;
    bool honest, cold_is_honest, heard;
    uint64_t n_cold; /* steps of the run */
} it;

// --- what the provider knows ---------------------------------------------------------------------

static void tell_leg(struct copy *c, const struct leg *leg)
{
    _cleanup_(buf_finish) struct buf text = {.max = BODY_MAX};
    struct json_writer w;

    json_init(&w, &text);
    resource_leg(&w, provider_sim(), leg);
    c->p[c->n++] = (struct told){
        .sid = str_dup(leg->sid, c->a),
        .call_sid = str_dup(leg->sid, c->a),
        .status = str_from(leg_status_rest_name(leg->status)),
        .start = leg_start_time(leg),
        .text = str_dup(buf_view(&text), c->a),
    };
}

static void tell_recording(struct copy *c, const struct recording *r)
{
    _cleanup_(buf_finish) struct buf text = {.max = BODY_MAX};
    struct json_writer w;

    json_init(&w, &text);
    resource_recording(&w, provider_sim(), r);
    c->p[c->n++] = (struct told){
        .sid = str_dup(r->sid, c->a),
        .call_sid = str_dup(r->leg->sid, c->a),
        .status = STR_NONE,
        .start = r->started,
        .is_recording = true,
        .text = str_dup(buf_view(&text), c->a),
    };
}

static void copy_take(struct copy *c)
{
    const struct world *w = &provider_sim()->world;

    arena_destroy(c->a);
    *c = (struct copy){.a = arena_create(0)};
    c->p = arena_new(c->a, struct told, w->n_legs + w->n_recordings);
    for (size_t i = w->n_legs; i > 0; i--)
        tell_leg(c, w->legs[i - 1]);
    for (size_t i = w->n_recordings; i > 0; i--)
        tell_recording(c, w->recordings[i - 1]);
}

/* A part of the provider is behind the rest. */
static void fall_behind(void *arg)
{
    (void)arg;
    while (!it.honest) {
        copy_take(&it.old);
        fiber_sleep(dice_between(&it.dice, SECONDS(1), SECONDS(40)));
    }
}

static bool happens(double share)
{
    return !it.honest && sim_happens(&it.dice, share);
}

/* What an answer is taken from: its own copy of the present, or the old one. */
static const struct copy *copy_for_answer(struct copy *now)
{
    if (happens(fate_plan()->stale)) {
        fate_struck(FATE_STALE);
        return &it.old;
    }
    copy_take(now);
    return now;
}

static void copy_drop(struct copy *c)
{
    arena_destroy(c->a);
}

// --- how it answers ------------------------------------------------------------------------------

static const struct {
    enum err_code code;
    usec_t retry_after;
    const char *text;
} failures[] = {
    {ERR_UNAVAILABLE, SECONDS(7), "the provider is asked too often"},
    {ERR_UNAVAILABLE, 0, "the provider has troubles of its own"},
    {ERR_UPSTREAM, 0, "the provider's answer is no list"},
};

/* Asked, and waited for. */
static bool reach(struct reconcile_source *s, size_t n, struct err *e)
{
    const bool late = happens(fate_plan()->late);

    s->requests += (int64_t)n;
    s->retry_after = 0;
    if (late)
        fate_struck(FATE_LATE);
    fiber_sleep(late ? dice_between(&it.dice, SECONDS(3), SECONDS(20))
                     : dice_between(&it.dice, MILLISECONDS(20), MILLISECONDS(400)));
    if (atomic_load(s->ended))
        return err_set(e, ERR_UNAVAILABLE, "the server is shutting down");
    if (!happens(fate_plan()->unasked))
        return true;
    const size_t i = dice_below(&it.dice, LEN(failures));
    fate_struck(FATE_UNASKED);
    s->retry_after = failures[i].retry_after;
    return err_set(e, failures[i].code, "%s", failures[i].text);
}

/* As it arrives, read by who reads the provider's true answers. */
static struct reconcile_page read(const struct told *const *told, size_t n, bool recordings,
                                  struct arena *a)
{
    static const struct provider_account account = {
        .account = {SIM_ACCOUNT, sizeof SIM_ACCOUNT - 1}};
    _cleanup_(buf_finish) struct buf body = {.max = BODY_MAX};
    struct reconcile_page page;
    struct err e = {0};

    buf_fmt(&body, "{\"%s\":[", recordings ? "recordings" : "calls");
    for (size_t i = 0; i < n; i++)
        buf_fmt(&body, "%s" STR_FMT, i > 0 ? "," : "", STR_ARG(told[i]->text));
    buf_fmt(&body, "]}");
    if (!buf_ok(&body) || !twilio_calls.read_list(&account, str_dup(buf_view(&body), a),
                                                  clock_wall(&clock_system), a, &page, &e))
        abort(); // the sandbox has written it
    return page;
}

static const struct told *call_in(const struct copy *c, struct str sid)
{
    for (size_t i = 0; i < c->n; i++)
        if (!c->p[i].is_recording && str_eq(c->p[i].sid, sid))
            return &c->p[i];
    return NULL;
}

static bool get(struct reconcile_source *s, const struct str *sids, size_t n, struct arena *a,
                struct reconcile_found *ret, struct err *e)
{
    _cleanup_(copy_drop) struct copy now = {0};

    if (!reach(s, n, e))
        return err_trace(e);
    const struct copy *c = copy_for_answer(&now);
    for (size_t i = 0; i < n; i++) {
        const struct told *t = call_in(c, sids[i]);
        ret[i] = (struct reconcile_found){.answer = RECONCILE_ABSENT};
        if (happens(fate_plan()->unasked))
            ret[i].answer = RECONCILE_LATER;
        else if (t)
            ret[i] = read(&t, 1, false, a).found[0];
    }
    return true;
}

static bool is_within(const struct told *t, usec_t from, usec_t to)
{
    if (from == TIME_NONE && to == TIME_NONE)
        return true;
    return t->start != TIME_NONE && (from == TIME_NONE || t->start >= from) &&
           (to == TIME_NONE || t->start < to);
}

static bool matches(const struct told *t, const struct reconcile_query *q)
{
    return t->is_recording == q->recordings &&
           (!q->has_status || str_eq(t->status, call_status_name(q->status))) &&
           (str_is_none(q->call_sid) || str_eq(t->call_sid, q->call_sid)) &&
           is_within(t, q->from, q->to);
}

/* Its cursor is the last row that was shown: rows that come meanwhile shift nothing. */
static bool list(struct reconcile_source *s, const struct reconcile_query *q, struct arena *a,
                 struct reconcile_page *ret, struct err *e)
{
    _cleanup_(copy_drop) struct copy now = {0};
    const size_t most = fate_plan()->rows;
    bool is_behind = str_is_none(q->cursor);
    size_t n = 0;

    if (!reach(s, 1, e))
        return err_trace(e);
    const struct copy *c = copy_for_answer(&now);
    const struct told **rows = arena_new(a, const struct told *, c->n + 1);
    for (size_t i = 0; i < c->n && n <= most; i++) {
        if (is_behind && matches(&c->p[i], q))
            rows[n++] = &c->p[i];
        is_behind |= str_eq(c->p[i].sid, q->cursor);
    }
    if (!is_behind)
        return err_set(e, ERR_UPSTREAM, "the provider does not know this page");
    *ret = read(rows, n < most ? n : most, q->recordings, a);
    ret->next = n > most ? str_dup(rows[most - 1]->sid, a) : STR_NONE;
    return true;
}

bool call_sources_of(struct call_sources *cs, int64_t project, const _Atomic bool *ended,
                     struct arena *a, struct reconcile_source *ret)
{
    (void)cs, (void)project, (void)a; // there is one account
    *ret = (struct reconcile_source){
        .provider = STR("twilio"), .at_once = 5, .get = get, .list = list, .ended = ended};
    return true;
}

/* The account is none that can go down: the oracle counts on a feed of calls alone. */
struct heard_all call_sources_heard(const struct reconcile_source *s)
{
    (void)s;
    return (struct heard_all){0};
}

// --- who asks ------------------------------------------------------------------------------------

static struct asking *begin_asking(void)
{
    struct asking *k = NEW(struct asking);

    *k = (struct asking){it.asking, process_self(), fiber_self()};
    it.asking = k;
    return k;
}

static void end_asking(struct asking *k)
{
    struct asking **at = &it.asking;

    while (*at != k)
        at = &(*at)->next;
    *at = k->next;
    free(k);
}

void source_forget(const struct process *p)
{
    for (struct asking **at = &it.asking; *at;) {
        if ((*at)->process != p) {
            at = &(*at)->next;
            continue;
        }
        fate_struck(FATE_DEATH_ASKING);
        *at = (*at)->next;
    }
}

static int64_t found_by(const struct job_step *s)
{
    return job_step_counted(s, STR("drift.call"));
}

/* One at a time is under way. */
static void count_cold(const struct job_step *s)
{
    if (str_eq(s->cursor, STR("{}"))) {
        it.cold_is_honest = it.honest;
        it.n_cold = 0;
    }
    if (it.n_cold++ > STEPS_MAX)
        oracle_fail("liveness: reconciling has no end");
}

/* A step of the job that ships. */
static bool watch(struct job_step *s, const struct job *job, struct err *e)
{
    const int64_t found = found_by(s);
    struct asking *k = begin_asking();

    if (job == &job_reconcile_cold)
        count_cold(s);
    const bool ok = job->step(s, e);
    if (found_by(s) > found)
        fate_struck(FATE_FOUND);
    if (ok && s->done && job == &job_reconcile_cold && it.cold_is_honest)
        it.heard = true;
    trace_text("%s: %s", job->name, ok ? s->done ? "has ended" : "goes on" : e->text);
    end_asking(k);
    return ok || err_trace(e);
}

static bool hot(struct job_step *s, struct err *e)
{
    return watch(s, &job_reconcile_hot, e) || err_trace(e);
}

static bool warm(struct job_step *s, struct err *e)
{
    return watch(s, &job_reconcile_warm, e) || err_trace(e);
}

static bool cold(struct job_step *s, struct err *e)
{
    return watch(s, &job_reconcile_cold, e) || err_trace(e);
}

void source_jobs(struct job ret[SOURCE_JOBS])
{
    ret[0] = job_reconcile_hot;
    ret[1] = job_reconcile_warm;
    ret[2] = job_reconcile_cold;
    ret[0].step = hot;
    ret[1].step = warm;
    ret[2].step = cold;
    for (size_t i = 0; i < SOURCE_JOBS; i++)
        ret[i].schedule = JOB_EVERY(SECONDS(2), SECONDS(15));
}

void source_begin(struct process *outside)
{
    memset(&it, 0, sizeof it);
    it.dice = rng_seeded(fate_plan()->seed ^ 0xa5c);
    (void)fiber_start(outside, "behind", fall_behind, NULL);
}

void source_be_honest(void)
{
    it.honest = true;
}

bool source_was_heard(void)
{
    return it.heard;
}

// --- the audit -----------------------------------------------------------------------------------

/* What of a call the provider's word decides alone; what became of dials is ours to tell. */
static const struct {
    const char *name;
    size_t at;
} texts[] = {
    {"from", offsetof(struct call, from_number)},
    {"to", offsetof(struct call, to_number)},
    {"from_e164", offsetof(struct call, from_e164)},
    {"to_e164", offsetof(struct call, to_e164)},
    {"parent", offsetof(struct call, parent_call_sid)},
    {"price_unit", offsetof(struct call, price_unit)},
};

static const struct {
    const char *name;
    size_t at;
    int64_t within;
} numbers[] = {
    {"start_time", offsetof(struct call, start_time), SAME_TIME},
    {"end_time", offsetof(struct call, end_time), SAME_TIME},
    {"duration", offsetof(struct call, duration), 0},
    {"price", offsetof(struct call, price), 0},
};

static bool is_near(int64_t x, int64_t y, int64_t within)
{
    if (x == INT_NONE || y == INT_NONE)
        return x == y;
    return x - y <= within && y - x <= within;
}

static const void *member(const struct call *c, size_t at)
{
    return (const char *)c + at;
}

static void compare(const struct call *ours, const struct call *theirs)
{
    const struct str sid = theirs->twilio_sid;

    if (ours->status != theirs->status)
        oracle_fail("call " STR_FMT " is " STR_FMT ", the provider says " STR_FMT, STR_ARG(sid),
                    STR_ARG(call_status_name(ours->status)),
                    STR_ARG(call_status_name(theirs->status)));
    if (ours->direction != theirs->direction)
        oracle_fail("call " STR_FMT " goes another way than the provider says", STR_ARG(sid));
    for (size_t i = 0; i < LEN(texts); i++) {
        const struct str *x = member(ours, texts[i].at), *y = member(theirs, texts[i].at);
        if (!str_eq(*x, *y))
            oracle_fail("call " STR_FMT ": %s is " STR_FMT ", the provider says " STR_FMT,
                        STR_ARG(sid), texts[i].name, STR_ARG(*x), STR_ARG(*y));
    }
    for (size_t i = 0; i < LEN(numbers); i++) {
        const int64_t *x = member(ours, numbers[i].at), *y = member(theirs, numbers[i].at);
        if (!is_near(*x, *y, numbers[i].within))
            oracle_fail("call " STR_FMT ": %s is %lld, the provider says %lld", STR_ARG(sid),
                        numbers[i].name, (long long)*x, (long long)*y);
    }
}

/* The snapshot that the provider's word alone makes. */
static bool truth_of(const struct leg *leg, struct arena *a, struct call *ret, struct err *e)
{
    struct told t;
    struct copy one = {.a = a, .p = &t};
    struct call_effect effect;

    tell_leg(&one, leg);
    const struct told *const told = &t;
    struct call_change change = read(&told, 1, false, a).found[0].change;
    change.source = CALL_SOURCE_RECONCILE_COLD;
    if (!call_change_settle(&change, &cluster.rules, a, e))
        return err_trace(e);
    const struct call before = call_unknown(1, STR("twilio"), change.call_sid);
    call_apply(&before, &change, a, ret, &effect);
    return true;
}

static bool check_leg(struct db *db, const struct leg *leg, struct arena *a, struct err *e)
{
    struct call_list ours;
    struct rows *rows;
    struct call theirs;

    if (!db_query(db, Q_CALL_BY_KEY,
                  BINDS(bind_int("project", 1), bind_str("provider", STR("twilio")),
                        bind_str("sid", leg->sid)),
                  a, &rows, e) ||
        !call_rows(rows, a, &ours, e) || !truth_of(leg, a, &theirs, e))
        return err_trace(e);
    if (ours.n == 0)
        oracle_fail("call " STR_FMT " was asked for, and is not here", STR_ARG(leg->sid));
    else
        compare(&ours.p[0], &theirs);
    return true;
}

bool source_check(struct db *db, struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct world *w = &provider_sim()->world;

    for (size_t i = 0; i < w->n_legs; i++)
        if (!check_leg(db, w->legs[i], a, e))
            return err_trace(e);
    return true;
}
