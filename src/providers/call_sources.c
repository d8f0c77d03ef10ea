/*
 * A source is one project's: it asks with each of its accounts, one after the other, as though they
 * were one. How often that may be is bounded for the project and for the account, whoever asks
 * (turns.c); how much at once, by the lines: one for each thread that asks, a few connections each.
 * What is asked at once is no more than what a second has room for, so that who asks again can wait
 * for it.
 *
 * An account that is refused (401, 403) is passed over, counted, and fails nothing as long as
 * another one of the project answers.
 */
#include "providers/call_sources.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/places.h"
#include "http/fetch.h"
#include "loop/bell.h"
#include "providers/asked.h"
#include "providers/outside.h"
#include "providers/turns.h"
#include "trace/trace.h"

enum {
    LINES = 8,
    CONNECTIONS = 8,
    ANSWER_MAX = 16 * 1024 * 1024,
    ATTEMPTS = 3,
};

#define CONNECT_TIMEOUT SECONDS(5)
#define TOTAL_TIMEOUT SECONDS(30)
#define PATIENCE SECONDS(2)

struct line_slot {
    _Atomic bool taken;
    struct http_line *line;
};

struct call_sources {
    struct account_shelf *accounts;
    const struct clock *clock;
    struct tracer *tracer;
    int64_t preset; /* requests per second */
    _Atomic bool ended;
    struct places *places;
    struct asked *asked;
    struct bell *never; /* to wait by */
    struct turns *turns;
    struct line_slot lines[LINES];
};

/* What a source points to. */
struct asker {
    struct call_sources *cs;
    int64_t project;
    struct account_book *book;
    struct book_accounts accounts; /* all of the same provider */
    struct heard_all heard;        /* of each of them */
    const struct provider_calls *calls;
    struct asked_of *asked;
};

bool call_sources_open(const struct call_sources_options *o, struct call_sources **ret,
                       struct err *e)
{
    struct call_sources *cs;

    assert(o->requests_per_second > 0);
    if (!http_fetch_init(e))
        return err_trace(e);
    cs = NEW(struct call_sources);
    cs->accounts = o->accounts;
    cs->clock = o->clock;
    cs->tracer = o->tracer;
    cs->preset = o->requests_per_second;
    cs->places = o->places;
    cs->asked = o->asked;
    cs->never = bell_create();
    cs->turns = turns_create(o->clock);
    for (size_t i = 0; i < LINES; i++)
        if (!http_line_open(CONNECTIONS, &cs->lines[i].line, e)) {
            call_sources_close(cs);
            return err_trace(e);
        }
    *ret = cs;
    return true;
}

void call_sources_stop(struct call_sources *cs)
{
    atomic_store_explicit(&cs->ended, true, memory_order_relaxed);
}

void call_sources_close(struct call_sources *cs)
{
    if (!cs)
        return;
    for (size_t i = 0; i < LINES; i++) {
        assert(!atomic_load(&cs->lines[i].taken));
        http_line_close(cs->lines[i].line);
    }
    bell_destroy(cs->never);
    turns_destroy(cs->turns);
    free(cs);
}

// --- whose turn it is ----------------------------------------------------------------------------

void call_sources_share(struct call_sources *cs, int64_t n_nodes)
{
    turns_share(cs->turns, n_nodes);
}

/* From one request for the project to the next, on this node. */
static usec_t interval_of(const struct asker *k)
{
    const struct quotas *q = account_book_quotas(k->book, k->project);
    const int64_t own = q ? q->of[QUOTA_PROVIDER_REQUESTS] : 0;

    return turns_interval(k->cs->turns, own > 0 ? own : k->cs->preset);
}

/* How long it waits: a small budget lets the next request through before anybody is sent away. */
static usec_t patience_of(const struct asker *k)
{
    const usec_t next = 2 * interval_of(k);

    return next > PATIENCE ? next : PATIENCE;
}

static bool has_ended(const struct reconcile_source *s)
{
    return atomic_load_explicit(s->ended, memory_order_relaxed);
}

static bool wait_turn(struct reconcile_source *s, const struct provider_account *account, size_t n,
                      struct err *e)
{
    struct asker *k = s->arg;
    const usec_t patience = patience_of(k);
    const usec_t wait = turns_take(k->cs->turns, &(struct wish){.project = k->project,
                                                                .account = account->account,
                                                                .time = (usec_t)n * interval_of(k),
                                                                .patience = patience});
    const usec_t until = clock_monotonic(k->cs->clock) + wait;

    if (wait > patience) {
        s->retry_after = wait;
        err_set(e, ERR_UNAVAILABLE, "the provider was asked as often as it may be for now");
        return err_fix(e, "try again in a moment");
    }
    while (clock_monotonic(k->cs->clock) < until) {
        if (has_ended(s))
            return err_set(e, ERR_UNAVAILABLE, "the server is shutting down");
        (void)bell_wait(k->cs->never, MILLISECONDS(50)); // nobody rings it
    }
    return true;
}

// --- asking --------------------------------------------------------------------------------------

static struct http_line *take_line(struct call_sources *cs)
{
    for (size_t i = 0; i < LINES; i++)
        if (!atomic_exchange(&cs->lines[i].taken, true))
            return cs->lines[i].line;
    return NULL;
}

static void give_back(struct call_sources *cs, struct http_line *line)
{
    for (size_t i = 0; i < LINES; i++)
        if (cs->lines[i].line == line)
            atomic_store(&cs->lines[i].taken, false);
}

static void note_spans(const struct reconcile_source *s, const struct http_errand *errands,
                       size_t n)
{
    const struct asker *k = s->arg;

    for (size_t i = 0; k->cs->tracer && i < n; i++)
        tracer_note(k->cs->tracer, &(struct span){
                                       .trace = s->trace,
                                       .name = "GET",
                                       .of = str_from(k->calls->peer),
                                       .kind = SPAN_CLIENT,
                                       .failed = !errands[i].ok || errands[i].answer.status >= 400,
                                       .took = errands[i].answer.took,
                                       .facts = {{"http.response.status_code", STR_NONE,
                                                  errands[i].answer.status}},
                                   });
}

/* Sends them all; each has its own outcome. */
static bool send(struct reconcile_source *s, const struct provider_account *account,
                 struct http_errand *errands, size_t n, struct arena *a, struct err *e)
{
    struct asker *k = s->arg;
    struct http_line *line;

    if (!wait_turn(s, account, n, e))
        return err_trace(e);
    line = take_line(k->cs);
    if (!line) {
        err_set(e, ERR_UNAVAILABLE, "too many ask providers at the same time");
        return err_fix(e, "try again in a moment");
    }
    http_line_fetch(line, errands, n, a);
    give_back(k->cs, line);
    note_spans(s, errands, n);
    s->requests += (int64_t)n;
    return true;
}

static struct http_errand errand_to(struct reconcile_source *s,
                                    const struct provider_account *account, struct str path,
                                    struct arena *a)
{
    const struct asker *k = s->arg;

    return (struct http_errand){
        .fetch = {.peer = k->calls->peer,
                  .url = str_fmt(a, STR_FMT STR_FMT, STR_ARG(account->base_url), STR_ARG(path)),
                  .user = account->account,
                  .password = account->secret,
                  .connect_timeout = CONNECT_TIMEOUT,
                  .total_timeout = TOTAL_TIMEOUT,
                  .ended = s->ended,
                  .on_asked = asked_note,
                  .arg = k->asked},
        .body = {.max = ANSWER_MAX},
    };
}

static const struct {
    int from, to; /* status */
    enum err_code as;
    const char *text, *fix;
} refusals[] = {
    {401, 401, ERR_INTEGRATION_AUTH, "the provider refused our credentials",
     "compare the account and its token with those in the provider's console"},
    {403, 403, ERR_INTEGRATION_AUTH, "the provider does not let our account see its calls",
     "look in the provider's console what the account may do"},
    {429, 429, ERR_UNAVAILABLE, "the provider is asked too often", "try again in a moment"},
    {500, 599, ERR_UNAVAILABLE, "the provider has troubles of its own", "try again in a moment"},
};

/* Whether there is an answer to be read: of status 200. */
static bool check_answer(struct reconcile_source *s, const struct provider_account *account,
                         const struct http_errand *x, struct err *e)
{
    const struct asker *k = s->arg;

    if (!x->ok) {
        *e = x->e;
        return err_trace(e);
    }
    if (x->answer.status == 429)
        s->retry_after = turns_step_back(k->cs->turns, account->account, x->answer.retry_after);
    else
        turns_answered(k->cs->turns, account->account);
    if (x->answer.status == 200)
        return true;
    for (size_t i = 0; i < LEN(refusals); i++)
        if (x->answer.status >= refusals[i].from && x->answer.status <= refusals[i].to) {
            err_set(e, refusals[i].as, "%s", refusals[i].text);
            return err_fix(e, "%s", refusals[i].fix);
        }
    return err_set(e, ERR_UPSTREAM, "the provider answered %d", x->answer.status);
}

/* why: NULL, it answered. One thing that is forbidden says nothing of the others. */
static void hear(const struct asker *k, const struct provider_account *account,
                 const struct http_errand *x, const struct err *why)
{
    if (why && x->ok && x->answer.status == 403)
        return;
    for (size_t i = 0; i < k->accounts.n; i++)
        if (k->accounts.p[i] == account)
            outages_hear(&k->heard.p[i], why);
}

// --- some calls ----------------------------------------------------------------------------------

/* Of an answer about one call. True: it is settled, found or not. What is wrong with the account,
 * the way there or the provider is an error; what is wrong with this call alone is "later". */
static bool read_one(struct reconcile_source *s, const struct provider_account *account,
                     const struct http_errand *x, struct arena *a, struct reconcile_found *ret,
                     struct err *e)
{
    const struct asker *k = s->arg;
    const struct str body = str_dup(buf_view(&x->body), a);
    struct err of_one = {0};

    *ret = (struct reconcile_found){.answer = RECONCILE_LATER};
    if (x->ok && x->answer.status == 404) {
        ret->answer = RECONCILE_ABSENT;
        return true;
    }
    if (!check_answer(s, account, x, e))
        return err_trace(e);
    if (!k->calls->read_call(body, clock_wall(k->cs->clock), a, ret, &of_one))
        ret->answer = RECONCILE_LATER;
    return true;
}

/* Those that are still to be asked for, with one account: `at` are their places in sids and ret. */
struct round {
    const struct str *sids;
    struct reconcile_found *ret;
    size_t *at;
    size_t n;
};

static size_t write_errands(struct reconcile_source *s, const struct provider_account *account,
                            struct round *r, struct http_errand *errands, struct arena *a)
{
    const struct asker *k = s->arg;
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++) {
        const struct str path = k->calls->call_path(account, r->sids[r->at[i]], a);
        r->ret[r->at[i]] = (struct reconcile_found){.answer = RECONCILE_ABSENT};
        if (str_is_none(path))
            continue;
        r->at[n] = r->at[i];
        errands[n++] = errand_to(s, account, path, a);
    }
    return n;
}

/* Leaves in the round those which this account does not have; after a failure, all of them. */
static bool ask_account(struct reconcile_source *s, const struct provider_account *account,
                        struct round *r, struct arena *a, struct err *e)
{
    struct http_errand *errands = arena_new(a, struct http_errand, r->n);
    const size_t n = write_errands(s, account, r, errands, a);
    size_t n_answers = 0, n_absent = 0;
    struct err last = {0};

    r->n = n;
    if (n == 0)
        return true;
    if (!send(s, account, errands, n, a, e))
        return err_trace(e);
    for (size_t i = 0; i < n; i++) {
        struct reconcile_found *ret = &r->ret[r->at[i]];
        n_answers += read_one(s, account, &errands[i], a, ret, &last);
        if (ret->answer == RECONCILE_ABSENT)
            r->at[n_absent++] = r->at[i];
        buf_finish(&errands[i].body);
    }
    hear(s->arg, account, &errands[n - 1], n_answers > 0 ? NULL : &last);
    if (n_answers == 0) {
        *e = last;
        return err_trace(e);
    }
    r->n = n_absent;
    return true;
}

/* An account that is refused is passed over: those of the others are asked for all the same. */
static bool is_refused(struct reconcile_source *s, const struct err *e)
{
    const bool refused = e->code == ERR_INTEGRATION_AUTH;

    s->refused += refused;
    return refused;
}

static bool ask_accounts(struct reconcile_source *s, const struct str *sids, size_t n,
                         struct arena *a, struct reconcile_found *ret, struct err *e)
{
    const struct asker *k = s->arg;
    struct round r = {sids, ret, arena_new(a, size_t, n), n};
    size_t n_asked = 0, n_refused = 0;

    s->retry_after = 0;
    for (size_t i = 0; i < n; i++)
        r.at[i] = i;
    for (; n_asked < k->accounts.n && r.n > 0; n_asked++) {
        struct err of_one = {0};
        if (ask_account(s, k->accounts.p[n_asked], &r, a, &of_one))
            continue;
        *e = of_one;
        if (!is_refused(s, e))
            return err_trace(e);
        n_refused++;
    }
    if (n_asked > 0 && n_refused == n_asked)
        return err_trace(e);
    err_clear(e);
    for (size_t i = 0; i < r.n && n_refused > 0; i++)
        ret[r.at[i]].answer = RECONCILE_LATER; // one that is refused may have it
    return true;
}

/* What was refused for now is asked once more when the wait is short: in wait_turn(). */
static bool may_wait(const struct reconcile_source *s, int attempt)
{
    return attempt < ATTEMPTS && s->retry_after > 0 && s->retry_after <= PATIENCE && !has_ended(s);
}

static bool get(struct reconcile_source *s, const struct str *sids, size_t n, struct arena *a,
                struct reconcile_found *ret, struct err *e)
{
    for (int attempt = 1; !ask_accounts(s, sids, n, a, ret, e); attempt++) {
        if (!may_wait(s, attempt))
            return err_trace(e);
        err_clear(e);
    }
    return true;
}

// --- a list --------------------------------------------------------------------------------------

/* A cursor is an account and, from the second page on, a path: "AC1", "AC1 /2010-04-01/…". */
static bool account_of(const struct asker *k, struct str cursor, size_t *ret, struct str *ret_path)
{
    const size_t blank = str_find(cursor, ' ');
    const struct str name = str_sub(cursor, 0, blank);

    *ret_path = blank < cursor.n ? str_sub(cursor, blank + 1, cursor.n) : STR_NONE;
    for (*ret = 0; *ret < k->accounts.n; (*ret)++)
        if (str_is_none(cursor) || str_eq(k->accounts.p[*ret]->account, name))
            return true;
    return false;
}

static struct str cursor_behind(const struct asker *k, size_t at, struct str next, struct arena *a)
{
    if (!str_is_none(next))
        return str_fmt(a, STR_FMT " " STR_FMT, STR_ARG(k->accounts.p[at]->account), STR_ARG(next));
    return at + 1 < k->accounts.n ? str_dup(k->accounts.p[at + 1]->account, a) : STR_NONE;
}

static bool read_page(struct reconcile_source *s, const struct provider_account *account,
                      const struct http_errand *x, struct arena *a, struct reconcile_page *ret,
                      struct err *e)
{
    const struct asker *k = s->arg;

    if (!check_answer(s, account, x, e) ||
        !k->calls->read_list(account, str_dup(buf_view(&x->body), a), clock_wall(k->cs->clock), a,
                             ret, e))
        return err_trace(e);
    return true;
}

static bool ask_page(struct reconcile_source *s, const struct provider_account *account,
                     struct str path, struct arena *a, struct reconcile_page *ret, struct err *e)
{
    struct http_errand x = errand_to(s, account, path, a);

    s->retry_after = 0;
    if (!send(s, account, &x, 1, a, e))
        return err_trace(e);
    const bool ok = read_page(s, account, &x, a, ret, e);
    buf_finish(&x.body);
    hear(s->arg, account, &x, ok ? NULL : e);
    return ok || err_trace(e);
}

/* Of one account; path: STR_NONE, its first page. */
static bool ask_list(struct reconcile_source *s, const struct provider_account *account,
                     struct str path, const struct reconcile_query *q, struct arena *a,
                     struct reconcile_page *ret, struct err *e)
{
    const struct asker *k = s->arg;

    if (str_is_none(path))
        path = k->calls->list_path(account, q, a);
    for (int attempt = 1; !ask_page(s, account, path, a, ret, e); attempt++) {
        if (!may_wait(s, attempt))
            return err_trace(e);
        err_clear(e);
    }
    return true;
}

/* A cursor is of a list that has begun: another account has answered. So it is no failure when all
 * that are left are refused, but the end. */
static bool list(struct reconcile_source *s, const struct reconcile_query *q, struct arena *a,
                 struct reconcile_page *ret, struct err *e)
{
    const struct asker *k = s->arg;
    struct str path;
    size_t at;

    if (!account_of(k, q->cursor, &at, &path)) {
        err_set(e, ERR_UPSTREAM, "the account of this list is not here any more");
        return err_fix(e, "begin anew");
    }
    for (; !ask_list(s, k->accounts.p[at], path, q, a, ret, e); path = STR_NONE) {
        const bool is_last = ++at == k->accounts.n;
        if (!is_refused(s, e) || (is_last && str_is_none(q->cursor)))
            return err_trace(e);
        err_clear(e);
        *ret = (struct reconcile_page){.next = STR_NONE};
        if (is_last)
            return true;
    }
    ret->next = cursor_behind(k, at, ret->next, a);
    return true;
}

// --- a source ------------------------------------------------------------------------------------

static void drop_book(void *book)
{
    account_book_drop(book);
}

/* The accounts of the first provider that tells of calls: all that stand behind one another in the
 * list, which is in the order of providers. */
static const struct provider *tell_of_calls(struct book_accounts *accounts)
{
    const struct provider *p = NULL;
    size_t first = 0, n = 0;

    for (size_t i = 0; i < accounts->n; i++) {
        const struct provider *of = provider_find(accounts->p[i]->provider);
        if (!of || !of->calls || (p && of != p))
            continue;
        first = p ? first : i;
        p = of;
        n++;
    }
    accounts->p += first;
    accounts->n = n;
    return p;
}

/* One at least: with a small share of a small quota it waits longer than a second. */
static size_t at_once(const struct asker *k)
{
    const usec_t interval = interval_of(k);

    return interval < SECONDS(1) ? (size_t)(SECONDS(1) / interval) : 1;
}

bool call_sources_of(struct call_sources *cs, int64_t project, const _Atomic bool *ended,
                     struct arena *a, struct reconcile_source *ret)
{
    struct asker *k = arena_new(a, struct asker, 1);
    struct rng rng = rng_system();
    const struct provider *p;

    k->cs = cs;
    k->project = project;
    k->book = account_shelf_take(cs->accounts);
    arena_defer(a, drop_book, k->book);
    k->accounts = account_book_list(k->book, project, a);
    p = tell_of_calls(&k->accounts);
    if (!p)
        return false;
    k->heard = outages_listen(&k->accounts, a);
    k->calls = p->calls;
    k->asked = asked_of(cs->asked, str_from(p->name));
    *ret = (struct reconcile_source){.provider = str_from(p->name),
                                     .trace = id_new(cs->clock, &rng, a),
                                     .at_once = at_once(k),
                                     .get = get,
                                     .list = list,
                                     .ended = ended ? ended : &cs->ended,
                                     .arg = k};
    return true;
}

struct heard_all call_sources_heard(const struct reconcile_source *s)
{
    const struct asker *k = s->arg;

    return k->heard;
}

bool call_sources_enter(struct call_sources *cs, int64_t project, struct err *e)
{
    return outside_enter(cs->places, project, e) || err_trace(e);
}

void call_sources_leave(struct call_sources *cs, int64_t project)
{
    places_leave(cs->places, project);
}
