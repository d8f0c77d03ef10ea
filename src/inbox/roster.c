#include "inbox/roster.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"

struct roster {
    _Atomic size_t holders;
    struct arena *a;
    struct account *accounts; /* sorted */
    size_t n, n_loops;
    void (*forget)(void *owner);
    void *owner;
};

static bool check(const struct door_accounts *in, struct err *e)
{
    for (size_t i = 0; i < in->n; i++) {
        const struct secret *first = in->p[i].secrets[0];
        if (!first || str_is_empty(secret_reveal(first)))
            return err_set(e, ERR_INVALID, "account " STR_FMT " of " STR_FMT ": it has no token",
                           STR_ARG(in->p[i].account), STR_ARG(in->p[i].provider));
    }
    return true;
}

static int compare(const void *x, const void *y)
{
    const struct account *a = x, *b = y;
    const int by_account = str_cmp(a->given.account, b->given.account);

    return by_account ? by_account : str_cmp(a->given.provider, b->given.provider);
}

static void copy(struct roster *r, const struct door_accounts *in, struct keyed *shares)
{
    r->n = in->n;
    r->accounts = arena_new(r->a, struct account, in->n + 1);
    for (size_t i = 0; i < in->n; i++) {
        struct account *acc = &r->accounts[i];
        acc->given = in->p[i];
        acc->given.provider = str_dup(acc->given.provider, r->a);
        acc->given.account = str_dup(acc->given.account, r->a);
        if (acc->given.secrets[1] && str_is_empty(secret_reveal(acc->given.secrets[1])))
            acc->given.secrets[1] = NULL;
        acc->share = keyed_at(shares, acc->given.project);
        acc->keys = arena_alloc_array(r->a, r->n_loops, sizeof(*acc->keys));
    }
    qsort(r->accounts, r->n, sizeof(*r->accounts), compare);
}

bool roster_create(const struct door_accounts *in, size_t n_loops, struct keyed *shares,
                   struct roster **ret, struct err *e)
{
    if (!check(in, e))
        return err_trace(e);
    struct roster *r = NEW(struct roster);
    r->a = arena_create(0);
    r->n_loops = n_loops;
    r->forget = in->forget;
    r->owner = in->owner;
    atomic_init(&r->holders, 1);
    copy(r, in, shares);
    *ret = r;
    return true;
}

struct roster *roster_hold(struct roster *r)
{
    atomic_fetch_add_explicit(&r->holders, 1, memory_order_relaxed);
    return r;
}

void roster_drop(struct roster *r)
{
    if (!r || atomic_fetch_sub_explicit(&r->holders, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < r->n; i++)
        for (size_t k = 0; k < r->n_loops; k++)
            for (size_t s = 0; s < DOOR_SECRETS; s++)
                hmac_destroy(r->accounts[i].keys[k][s]);
    if (r->forget)
        r->forget(r->owner);
    arena_destroy(r->a);
    free(r);
}

static void forget_accounts(int64_t key, void *entry, void *arg)
{
    struct share *s = entry;

    (void)key;
    (void)arg;
    atomic_store(&s->n_accounts, 0);
}

void roster_announce(const struct roster *r, struct keyed *shares)
{
    keyed_each(shares, forget_accounts, NULL);
    for (size_t i = 0; i < r->n; i++) {
        const struct account *acc = &r->accounts[i];
        atomic_store(&acc->share->per_minute, acc->given.per_minute);
        atomic_store(&acc->share->waiting_max, acc->given.waiting_max);
        atomic_fetch_add(&acc->share->n_accounts, 1);
    }
}

size_t roster_size(const struct roster *r)
{
    return r->n;
}

struct account *roster_find(struct roster *r, struct str provider, struct str account)
{
    const struct account wanted = {.given = {.provider = provider, .account = account}};

    return bsearch(&wanted, r->accounts, r->n, sizeof(wanted), compare);
}

struct hmac *account_key(struct account *acc, size_t loop, size_t i, enum hmac_kind kind)
{
    struct hmac **key = &acc->keys[loop][i];

    if (!*key && acc->given.secrets[i])
        *key = hmac_create(kind, acc->given.secrets[i]);
    return *key;
}
