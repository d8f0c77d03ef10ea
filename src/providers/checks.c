#include "providers/checks.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/gate.h"
#include "base/json.h"
#include "http/cidr.h"
#include "http/fetch.h"

enum { ANSWER_MAX = 4096 };

#define CONNECT_TIMEOUT SECONDS(4)
#define TOTAL_TIMEOUT SECONDS(8)

struct checks {
    struct checks_options o;
    struct gate gate;
    _Atomic bool ended;
};

struct checks *checks_open(const struct checks_options *o)
{
    struct checks *c = NEW(struct checks);

    c->o = *o;
    while (str_ends(c->o.our_url, STR("/")))
        c->o.our_url.n--;
    gate_init(&c->gate, 1);
    return c;
}

void checks_stop(struct checks *c)
{
    atomic_store_explicit(&c->ended, true, memory_order_relaxed);
}

void checks_close(struct checks *c)
{
    if (!c)
        return;
    gate_finish(&c->gate);
    free(c);
}

// --- our address ---------------------------------------------------------------------------------

/* Addresses and names that lead nowhere on the internet (RFC 1918, 6761, 6762, 4193, 3927). */
static bool is_private(struct str host, struct arena *a)
{
    static const struct str names[] = {STR(".localhost"), STR(".local"), STR(".internal"),
                                       STR(".test"), STR(".invalid")};
    struct cidr_list blocks;
    struct err e = {0};
    struct ip ip;
    bool is = str_eq_nocase(host, STR("localhost"));

    for (size_t i = 0; i < LEN(names) && !is; i++)
        is = host.n > names[i].n &&
             str_eq_nocase(str_sub(host, host.n - names[i].n, names[i].n), names[i]);
    if (is || !ip_parse(host.n > 2 && host.p[0] == '[' ? str_sub(host, 1, host.n - 2) : host, &ip))
        return is;
    const bool ok = cidr_list_parse(STR("127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,"
                                        "169.254.0.0/16,100.64.0.0/10,0.0.0.0/8,::1,fc00::/7,"
                                        "fe80::/10"),
                                    a, &blocks, &e);
    assert(ok);
    return cidr_list_has(&blocks, &ip);
}

/* Whether it is a server of ours: what GET /health says. */
static bool is_ours(struct str body, struct arena *a)
{
    struct json_object *o;
    struct err e = {0};

    if (!json_parse(body, a, &o, &e))
        return false;
    const struct str status = json_get_str(o, "status");
    return str_eq(status, STR("healthy")) || str_eq(status, STR("unhealthy"));
}

static enum finding_code ask_ourselves(struct checks *c, struct arena *a)
{
    _cleanup_(buf_finish) struct buf body = {.max = ANSWER_MAX};
    const struct http_fetch f = {
        .peer = "the address",
        .url = str_fmt(a, STR_FMT "/health", STR_ARG(c->o.our_url)),
        .connect_timeout = CONNECT_TIMEOUT,
        .total_timeout = TOTAL_TIMEOUT,
        .ended = &c->ended,
    };
    struct http_fetched answer;
    struct err e = {0};

    if (!http_fetch(&f, a, &body, &answer, &e))
        return e.code == ERR_LIMIT ? FINDING_ADDRESS_ELSEWHERE : FINDING_ADDRESS_UNREACHABLE;
    return is_ours(str_dup(buf_view(&body), a), a) ? FINDING_ADDRESS_OK : FINDING_ADDRESS_ELSEWHERE;
}

static enum finding_code judge_address(struct checks *c, struct arena *a)
{
    struct http_place place;

    if (!http_place_of(c->o.our_url, a, &place))
        return FINDING_ADDRESS_UNREACHABLE;
    if (!c->o.is_near && is_private(place.host, a))
        return FINDING_ADDRESS_PRIVATE;
    if (!c->o.is_near && !str_eq_nocase(place.scheme, STR("https")))
        return FINDING_ADDRESS_NOT_HTTPS;
    return ask_ourselves(c, a);
}

// --- what the providers know ---------------------------------------------------------------------

static void check_accounts(struct checks *c, const struct book_accounts *all,
                           const struct call_rules *rules, struct arena *a, struct findings *ret)
{
    for (size_t i = 0; i < all->n; i++) {
        const struct provider *p = provider_find(all->p[i]->provider);
        const struct provider_check in = {
            .account = all->p[i],
            .our_url = c->o.our_url,
            .rules = rules,
            .ended = &c->ended,
        };
        if (p && p->check)
            p->check(&in, a, ret);
    }
}

static bool was_seen(const struct findings *f, struct str number)
{
    for (size_t i = 0; i < f->n; i++)
        if (str_eq(f->p[i].number, number))
            return true;
    return false;
}

static bool all_have_answered(const struct findings *f)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->p[i].code == FINDING_ACCOUNT_UNKNOWN || f->p[i].code == FINDING_ACCOUNT_REFUSED ||
            f->p[i].code == FINDING_ACCOUNT_INACTIVE)
            return false;
    return f->n < FINDINGS_MAX;
}

/* A number that no account has, once all of them were asked. */
static void find_missing(const struct call_rules *rules, struct arena *a, struct findings *ret)
{
    if (!all_have_answered(ret))
        return;
    for (size_t i = 0; i < rules->n_owned; i++)
        if (!was_seen(ret, rules->owned[i]))
            findings_add(
                ret, a,
                &(struct finding){.code = FINDING_NUMBER_MISSING, .number = rules->owned[i]});
}

static void let_go(void *book)
{
    account_book_drop(book);
}

static void look(struct checks *c, int64_t project, struct arena *a, struct findings *ret)
{
    struct account_book *book = account_shelf_take(c->o.accounts);
    const struct book_accounts all = account_book_list(book, project, a);
    const struct call_rules *rules = account_book_rules(book, project);

    arena_defer(a, let_go, book); // findings borrow from it
    findings_add(ret, a, &(struct finding){.code = judge_address(c, a), .found = c->o.our_url});
    if (all.n == 0)
        findings_add(ret, a, &(struct finding){.code = FINDING_NO_ACCOUNT});
    if (rules->n_owned == 0)
        findings_add(ret, a, &(struct finding){.code = FINDING_NO_NUMBERS});
    check_accounts(c, &all, rules, a, ret);
    if (all.n > 0)
        find_missing(rules, a, ret);
}

bool checks_run(struct checks *c, int64_t project, struct arena *a, struct findings *ret,
                struct err *e)
{
    if (!gate_enter(&c->gate)) {
        err_set(e, ERR_UNAVAILABLE, "another check is under way");
        return err_fix(e, "try again in a moment");
    }
    *ret = (struct findings){0};
    look(c, project, a, ret);
    gate_leave(&c->gate);
    return true;
}
