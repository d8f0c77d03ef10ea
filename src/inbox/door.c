/*
 * A visit: verify, append, answer.
 *
 *     header ──► budget, address, form of the signature ──► 403, 429 without reading the body
 *     body   ──► read ──► account ──► verify ──► describe ──► inbox ──► (writer's thread)
 *     answer ◄── on the exchange's loop, once durable ◄────────────────────┘
 *
 * Everything that a visit needs lives in the exchange's arena, the inbox item included: the inbox
 * borrows it until the completion, and the exchange lives until it is answered. Keyed digests and
 * budgets belong to a loop each, so no lock is needed anywhere; other accounts are left for each
 * loop to take.
 */
#include "inbox/door.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/log.h"
#include "http/route.h"
#include "inbox/visit.h"

enum { INVALID_BURST = 60, INVALID_PER_MINUTE = 60 };

#define LOG_EVERY SECONDS(1)

static const struct {
    const char *name;
    bool invalid, refusal;
} outcomes[] = {
#define X(name, label)                                                                             \
    [DOOR_##name] = {label, DOOR_##name >= DOOR_NO_SIGNATURE, DOOR_##name >= DOOR_OVER_LIMIT},
    DOOR_OUTCOMES(X)
#undef X
};
static_assert(LEN(outcomes) == DOOR_OUTCOME_COUNT, "every outcome has a name");

// --- counting and telling ------------------------------------------------------------------------

const char *door_outcome_name(enum door_outcome outcome)
{
    return outcomes[outcome].name;
}

bool door_outcome_is_invalid(enum door_outcome outcome)
{
    return outcomes[outcome].invalid;
}

bool door_outcome_is_refusal(enum door_outcome outcome)
{
    return outcomes[outcome].refusal;
}

size_t doors_accounts(const struct doors *d)
{
    return atomic_load_explicit(&d->n_accounts, memory_order_relaxed);
}

size_t doors_accounts_of(const struct doors *d, int64_t project)
{
    const struct share *share = keyed_find(d->shares, project);

    return share ? atomic_load(&share->n_accounts) : 0;
}

static void add_share(int64_t project, void *share, void *stats)
{
    (void)project;
    tally_read(&((const struct share *)share)->tally, stats);
}

static void read_strangers(const struct doors *d, struct doors_stats *ret)
{
    for (size_t i = 0; i < d->o.n_loops; i++)
        tally_read(&d->places[i].strangers, ret);
}

static void begin_stats(struct doors_stats *ret)
{
    *ret = (struct doors_stats){0};
    for (size_t i = 0; i < DOOR_OUTCOME_COUNT; i++)
        ret->last_refused[i] = TIME_NONE;
}

void doors_stats(const struct doors *d, struct doors_stats *ret)
{
    begin_stats(ret);
    read_strangers(d, ret);
    keyed_each(d->shares, add_share, ret);
    for (size_t i = 0; i < d->o.n_loops; i++)
        histogram_add(&ret->answer_time, &d->places[i].answer_time);
}

void doors_stats_of(const struct doors *d, int64_t project, bool with_strangers,
                    struct doors_stats *ret)
{
    const struct share *share = keyed_find(d->shares, project);

    begin_stats(ret);
    if (share)
        tally_read(&share->tally, ret);
    if (with_strangers)
        read_strangers(d, ret);
}

void doors_set_waiting(struct doors *d, const struct inbox_waiting *counted, size_t n)
{
    shares_set_waiting(d->shares, counted, n);
}

/* A line of the log about a request that was not kept. */
struct told {
    enum log_level level;
    const struct door *door;
    const char *trace_id; /* or NULL */
    struct share *share;  /* likewise */
};

/* One line a second and loop at most: noise must not fill the log. No address, no content. */
static void tell_sampled(struct place *p, usec_t now, enum door_outcome outcome,
                         const struct told *t)
{
    if (now < p->next_log) {
        p->unlogged++;
        return;
    }
    const struct log lg = {.id = str_from(t->trace_id)};
    log_write(&lg, t->level, "door.refused", "door=" STR_FMT " reason=%s unlogged=%llu",
              STR_ARG(t->door->path), outcomes[outcome].name, (unsigned long long)p->unlogged);
    p->next_log = now + LOG_EVERY;
    p->unlogged = 0;
}

/* Whatever was wrong: counted, charged to its sender, told to the log now and then. Returns what
 * it is called in the end: then it is nobody's, as for what says nothing of an account. */
static enum door_outcome charge(const struct doors *d, struct place *p, struct str peer,
                                enum door_outcome outcome, const struct told *t)
{
    const usec_t now = clock_monotonic(d->o.clock);
    struct tally *tally = t->share ? &t->share->tally : &p->strangers;
    if (budget_is_spent(p->budget, peer, now)) {
        outcome = DOOR_OVER_BUDGET;
        tally = &p->strangers;
    }
    budget_spend(p->budget, peer, now);
    tally_count(tally, outcome, clock_wall(d->o.clock));
    tell_sampled(p, now, outcome, t);
    return outcome;
}

// --- the end of a visit --------------------------------------------------------------------------

static void refuse(struct visit *v, enum door_outcome outcome, struct err *e)
{
    const struct told t = {LOG_WARN, v->seen.door, v->trace_id, v->share};
    outcome = charge(v->doors, v->place, v->seen.rq->peer, outcome, &t);
    v->outcome = outcome;
    visit_answer_invalid(v, outcome, e);
}

static void settle(struct visit *v, enum door_outcome outcome)
{
    const struct door *door = v->seen.door;
    struct roster *roster = v->roster; // the visit ends with its answer
    const bool kept = outcome <= DOOR_SPOOLED;
    if (!kept && door->kind == DOOR_STEER)
        outcome = DOOR_UNRECORDED;
    const usec_t now = clock_monotonic(v->doors->o.clock);
    tally_count(&v->share->tally, outcome, clock_wall(v->doors->o.clock));
    histogram_note_time(&v->place->answer_time, now - http_received_at(v->x));
    if (!kept)
        tell_sampled(v->place, now, outcome,
                     &(struct told){LOG_ERROR, door, v->trace_id, v->share});

    v->outcome = outcome;
    if (door->kind == DOOR_STEER)
        visit_steer(v);
    else if (kept)
        visit_thank(v);
    else
        visit_answer_unavailable(v);
    roster_drop(roster);
}

// --- the append ----------------------------------------------------------------------------------

static void on_settled(struct task *t)
{
    static const enum door_outcome of[] = {
        [INBOX_STORED] = DOOR_STORED,
        [INBOX_DUPLICATE] = DOOR_DUPLICATE,
        [INBOX_SPOOLED] = DOOR_SPOOLED,
        [INBOX_REFUSED] = DOOR_UNAVAILABLE,
    };
    struct visit *v = container_of(t, struct visit, append.task);
    atomic_fetch_sub_explicit(&v->share->under_way, 1, memory_order_relaxed);
    if (v->result == INBOX_STORED)
        atomic_fetch_add_explicit(&v->share->waiting, 1, memory_order_relaxed);
    settle(v, of[v->result]);
}

/* On the writer's thread. */
static void on_done(struct inbox_append *ap, enum inbox_result result)
{
    struct visit *v = container_of(ap, struct visit, append);
    v->result = result;
    ap->task.run = on_settled;
    loop_post(v->place->loop, &ap->task);
}

static bool is_shut(const struct doors *d)
{
    return atomic_load_explicit(&d->shut, memory_order_relaxed);
}

static bool is_taken(const struct doors *d, int64_t project)
{
    return !d->o.takes || d->o.takes(project, d->o.arg);
}

static bool is_canary(const struct door_visit *seen)
{
    return seen->door->is_canary && seen->door->is_canary(seen);
}

static void submit(struct visit *v)
{
    const struct door *door = v->seen.door;
    struct inbox_item *item = &v->append.item;

    item->project = v->doors->o.accounts_are_old ? PROJECT_UNKNOWN : v->seen.project;
    item->provider = str_from(door->provider);
    item->source = str_from(door->source);
    item->event_type = str_from(door->event_type);
    item->trace_id = str_from(v->trace_id);
    item->account = v->seen.account;
    item->received_at = clock_wall(v->doors->o.clock);
    door->describe(&v->seen, item);
    v->append.on_done = on_done;
    atomic_fetch_add_explicit(&v->share->under_way, 1, memory_order_relaxed);
    if (inbox_submit(v->doors->o.inbox, &v->append))
        return;
    atomic_fetch_sub_explicit(&v->share->under_way, 1, memory_order_relaxed);
    settle(v, DOOR_UNAVAILABLE);
}

/* Whether its project may bring in one more. A live call is never made to wait. */
static bool may_come_in(const struct visit *v, usec_t *ret_wait)
{
    const usec_t now = clock_monotonic(v->doors->o.clock);
    if (v->seen.door->kind == DOOR_ACK)
        return share_take(v->share, now, ret_wait);
    share_take_always(v->share, now);
    return true;
}

/* Not an error of ours, and not noise: its sender is to come again. */
static void put_off(struct visit *v, usec_t wait)
{
    tally_count(&v->share->tally, DOOR_OVER_LIMIT, clock_wall(v->doors->o.clock));
    tell_sampled(v->place, clock_monotonic(v->doors->o.clock), DOOR_OVER_LIMIT,
                 &(struct told){LOG_WARN, v->seen.door, v->trace_id, v->share});
    v->outcome = DOOR_OVER_LIMIT;
    visit_answer_over_limit(v, wait);
}

/* The canary asks whether the way is open, and not what its project may bring in. */
static void keep(struct visit *v)
{
    struct roster *roster = v->roster; // the visit ends with its answer
    const bool is_event = !is_canary(&v->seen);
    usec_t wait;

    if (is_shut(v->doors) || (is_event && !is_taken(v->doors, v->seen.project))) {
        settle(v, DOOR_UNAVAILABLE);
    } else if (!is_event) {
        settle(v, DOOR_CANARY);
    } else if (may_come_in(v, &wait)) {
        submit(v);
    } else {
        put_off(v, wait);
        roster_drop(roster);
    }
}

// --- who knocks ----------------------------------------------------------------------------------

/* Of this loop; others take it over by themselves. */
static struct roster *present_roster(struct place *p)
{
    struct roster *next = atomic_load_explicit(&p->next, memory_order_relaxed)
                              ? atomic_exchange_explicit(&p->next, NULL, memory_order_acq_rel)
                              : NULL;

    if (next) {
        roster_drop(p->roster);
        p->roster = next;
    }
    return p->roster;
}

static bool is_signed(const struct visit *v, struct account *acc)
{
    const struct door *door = v->seen.door;
    const struct str signature = http_header(v->seen.rq, door->signature_header);
    for (size_t i = 0; i < DOOR_SECRETS; i++) {
        struct hmac *key = account_key(acc, v->place->index, i, door->mac);
        if (key && door->verify(&v->seen, signature, key))
            return true;
    }
    return false;
}

/* With our key, but for the address that the request came to: then only base_url is wrong, which
 * is worth telling. Refused all the same, and not looked into for who has sent too much noise. */
static bool is_signed_for_host(struct visit *v, struct account *acc)
{
    static const char *const schemes[] = {"https", "http"};
    const struct str base = v->seen.base_url, host = http_header(v->seen.rq, STR("Host"));
    const usec_t now = clock_monotonic(v->doors->o.clock);
    bool fits = false;

    if (budget_is_spent(v->place->budget, v->seen.rq->peer, now))
        return false;
    for (size_t i = 0; i < LEN(schemes) && !fits; i++) {
        v->seen.base_url = str_fmt(v->seen.a, "%s://" STR_FMT, schemes[i], STR_ARG(host));
        fits = is_signed(v, acc);
    }
    v->seen.base_url = base;
    return fits;
}

static bool is_allowed(const struct doors *d, struct str peer)
{
    struct ip ip;
    return d->allowed.n == 0 || (ip_parse(peer, &ip) && cidr_list_has(&d->allowed, &ip));
}

/* What can be said without the body; DOOR_OUTCOME_COUNT: nothing is wrong so far. */
static enum door_outcome judge_header(const struct doors *d, const struct door *door,
                                      const struct http_request *rq)
{
    const size_t n = http_header_count(rq, door->signature_header);
    if (!is_allowed(d, rq->peer))
        return DOOR_FOREIGN_PEER;
    if (n == 0)
        return DOOR_NO_SIGNATURE;
    if (n > 1 || !door->plausible(http_header(rq, door->signature_header)))
        return DOOR_MALFORMED_SIGNATURE;
    return DOOR_OUTCOME_COUNT;
}

static enum door_outcome judge_body(struct visit *v, struct err *e)
{
    if (!v->seen.door->read(&v->seen, e))
        return DOOR_BAD_BODY;
    struct roster *roster = present_roster(v->place);
    struct account *acc = roster_find(roster, str_from(v->seen.door->provider), v->seen.account);
    if (!acc)
        return DOOR_UNKNOWN_ACCOUNT;
    v->share = acc->share;
    if (!is_signed(v, acc))
        return is_signed_for_host(v, acc) ? DOOR_WRONG_URL : DOOR_BAD_SIGNATURE;
    v->seen.project = acc->given.project;
    v->seen.config = acc->given.config;
    v->roster = roster_hold(roster);
    return DOOR_OUTCOME_COUNT;
}

// --- the way in ----------------------------------------------------------------------------------

const struct door *doors_find(const struct doors *d, struct str path)
{
    for (size_t i = 0; i < d->o.n_doors; i++)
        if (str_eq(d->o.doors[i]->path, path))
            return d->o.doors[i];
    return NULL;
}

/* Of the loop that this runs on, which is one of the server's. */
static struct place *place_here(const struct doors *d)
{
    size_t i = 0;
    while (i < d->o.n_loops && !loop_is_current(d->places[i].loop))
        i++;
    assert(i < d->o.n_loops);
    return &d->places[i];
}

bool doors_on_header(struct doors *d, const struct http_request *rq, struct http_decision *ret)
{
    const struct door *door = doors_find(d, rq->path);
    if (!door)
        return false;

    *ret = (struct http_decision){.max_body = LIMIT_WEBHOOK_BODY};
    enum door_outcome outcome =
        rq->method == HTTP_POST ? judge_header(d, door, rq) : DOOR_OUTCOME_COUNT;
    if (outcome == DOOR_OUTCOME_COUNT)
        return true;

    const struct told t = {LOG_WARN, door, NULL, NULL};
    outcome = charge(d, place_here(d), rq->peer, outcome, &t);
    ret->refuse = outcome == DOOR_OVER_BUDGET ? err_code_status(ERR_RATE) : door->refusal;
    return true;
}

static struct visit *arrive(struct doors *d, const struct door *door, struct http_exchange *x)
{
    struct arena *a = http_arena(x);
    struct visit *v = arena_new(a, struct visit, 1);
    v->doors = d;
    v->place = place_here(d);
    v->x = x;
    v->seen = (struct door_visit){
        .door = door, .rq = http_request_of(x), .base_url = d->o.base_url, .a = a};
    id_make(clock_wall(d->o.clock), &v->place->rng, v->trace_id);
    v->outcome = DOOR_OUTCOME_COUNT;
    http_set_user(x, v);
    return v;
}

enum door_outcome doors_outcome(const struct http_exchange *x)
{
    const struct visit *v = http_user(x);

    return v ? v->outcome : DOOR_OUTCOME_COUNT;
}

bool doors_handle(struct doors *d, struct http_exchange *x)
{
    const struct door *door = doors_find(d, http_request_of(x)->path);
    if (!door)
        return false;
    if (http_request_of(x)->method != HTTP_POST) {
        http_answer_wrong_method(x, 1u << HTTP_POST);
        return true;
    }

    struct visit *v = arrive(d, door, x);
    struct err e;
    enum door_outcome outcome = judge_header(d, door, v->seen.rq);
    if (outcome == DOOR_OUTCOME_COUNT)
        outcome = judge_body(v, &e);
    if (outcome == DOOR_OUTCOME_COUNT)
        keep(v);
    else
        refuse(v, outcome, &e);
    return true;
}

void doors_shut(struct doors *d)
{
    atomic_store(&d->shut, true);
}

// --- life ----------------------------------------------------------------------------------------

/* One table for all loops; each takes it at its next visit. */
bool doors_set_accounts(struct doors *d, const struct door_accounts *in, struct err *e)
{
    struct roster *roster;

    if (!roster_create(in, d->o.n_loops, d->shares, &roster, e))
        return err_trace(e);
    roster_announce(roster, d->shares);
    for (size_t i = 0; i < d->o.n_loops; i++)
        roster_drop(atomic_exchange_explicit(&d->places[i].next, roster_hold(roster),
                                             memory_order_acq_rel));
    atomic_store_explicit(&d->n_accounts, roster_size(roster), memory_order_relaxed);
    roster_drop(roster);
    return true;
}

static void make_places(struct doors *d)
{
    const size_t burst = d->o.invalid_burst ? d->o.invalid_burst : INVALID_BURST;
    const size_t rate = d->o.invalid_per_minute ? d->o.invalid_per_minute : INVALID_PER_MINUTE;
    struct rng seeds = rng_system();

    d->places = arena_new(d->a, struct place, d->o.n_loops);
    for (size_t i = 0; i < d->o.n_loops; i++) {
        struct place *p = &d->places[i];
        p->loop = d->o.loops[i];
        p->index = i;
        p->budget = budget_create(burst, rate);
        p->rng = rng_seeded(rng_u64(&seeds));
    }
}

static bool base_url_of(const struct doors_options *o, struct str *ret, struct err *e)
{
    struct str url = o->base_url;
    while (str_ends(url, STR("/")))
        url.n--;
    struct str rest = url;
    if ((!cut_lit(&rest, STR("https://")) && !cut_lit(&rest, STR("http://"))) ||
        str_find(rest, '/') == 0 || str_find(rest, '?') < rest.n || str_find(rest, '#') < rest.n)
        return err_set(e, ERR_INVALID,
                       "public base URL: https://HOST or https://HOST/PATH expected");
    *ret = url;
    return true;
}

bool doors_open(const struct doors_options *o, struct doors **ret, struct err *e)
{
    _cleanup_(doors_closep) struct doors *d = NEW(struct doors);
    assert(o->n_loops > 0);

    d->o = *o;
    d->a = arena_create(0);
    d->shares = keyed_create(sizeof(struct share));
    if (!base_url_of(o, &d->o.base_url, e) ||
        !cidr_list_parse(o->allowed_peers, d->a, &d->allowed, e))
        return err_trace(e);

    d->o.base_url = str_dup(d->o.base_url, d->a);
    d->o.doors = memcpy(arena_new(d->a, const struct door *, o->n_doors), o->doors,
                        o->n_doors * sizeof(*o->doors));
    make_places(d);
    if (!doors_set_accounts(d, &o->accounts, e))
        return err_trace(e);
    for (size_t i = 0; i < o->n_loops; i++)
        (void)present_roster(&d->places[i]);
    *ret = TAKE(d);
    return true;
}

void doors_close(struct doors *d)
{
    if (!d)
        return;
    for (size_t i = 0; d->places && i < d->o.n_loops; i++) {
        roster_drop(d->places[i].roster);
        roster_drop(atomic_load(&d->places[i].next));
        budget_destroy(d->places[i].budget);
    }
    keyed_destroy(d->shares);
    arena_destroy(d->a);
    free(d);
}
