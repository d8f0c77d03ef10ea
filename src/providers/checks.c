#include "providers/checks.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/places.h"
#include "providers/address.h"
#include "providers/asked.h"
#include "providers/outside.h"

struct checks {
    struct checks_options o;
    _Atomic bool ended;
};

struct checks *checks_open(const struct checks_options *o)
{
    struct checks *c = NEW(struct checks);

    c->o = *o;
    return c;
}

void checks_stop(struct checks *c)
{
    atomic_store_explicit(&c->ended, true, memory_order_relaxed);
}

void checks_close(struct checks *c)
{
    free(c);
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
            .asked = asked_of(c->o.asked, all->p[i]->provider),
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
    findings_add(ret, a,
                 &(struct finding){.code = address_check(c->o.our_url, c->o.is_near, &c->ended, a),
                                   .found = c->o.our_url});
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
    if (!outside_enter(c->o.places, project, e))
        return err_trace(e);
    *ret = (struct findings){0};
    look(c, project, a, ret);
    places_leave(c->o.places, project);
    return true;
}
