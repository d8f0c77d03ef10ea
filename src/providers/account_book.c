#include "providers/account_book.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"

enum { BUCKETS = 256 };

struct project {
    struct project *next;
    int64_t project;
    struct call_rules rules;
    struct provider_routing routing;
    struct quotas quotas;
};

struct entry {
    struct entry *next;
    struct provider_account account;
    struct secret *secrets[DOOR_SECRETS];
    const void *config;
};

struct account_book {
    _Atomic size_t holders;
    struct arena *a;
    struct project *projects[BUCKETS];
    struct entry *entries;
    size_t n_entries;
};

struct account_book *account_book_create(void)
{
    struct account_book *b = NEW(struct account_book);

    atomic_init(&b->holders, 1);
    b->a = arena_create(0);
    return b;
}

struct account_book *account_book_hold(struct account_book *b)
{
    atomic_fetch_add_explicit(&b->holders, 1, memory_order_relaxed);
    return b;
}

void account_book_drop(struct account_book *b)
{
    if (!b || atomic_fetch_sub_explicit(&b->holders, 1, memory_order_acq_rel) > 1)
        return;
    for (struct entry *x = b->entries; x; x = x->next)
        for (size_t i = 0; i < DOOR_SECRETS; i++)
            secret_destroy(x->secrets[i]);
    arena_destroy(b->a);
    free(b);
}

// --- writing -------------------------------------------------------------------------------------

static struct project *find_project(const struct account_book *b, int64_t project)
{
    struct project *p = b->projects[(uint64_t)project % BUCKETS];

    while (p && p->project != project)
        p = p->next;
    return p;
}

/* Of a comma list; none when it is empty. */
static struct str first_of(struct str list)
{
    const struct str first = str_trim(str_sub(list, 0, str_find(list, ',')));

    return str_is_empty(first) ? STR_NONE : first;
}

bool account_book_add_project(struct account_book *b, const struct book_project *in, struct err *e)
{
    struct project **bucket = &b->projects[(uint64_t)in->project % BUCKETS];
    struct project *p = arena_new(b->a, struct project, 1);

    if (!call_rules_parse(str_dup(in->owned_numbers, b->a), str_dup(in->region, b->a), b->a,
                          &p->rules, e))
        return err_trace(e);
    p->project = in->project;
    p->routing = (struct provider_routing){
        .sip_user = str_dup(in->routing.sip_user, b->a),
        .sip_domain = str_dup(in->routing.sip_domain, b->a),
        .caller_id = first_of(str_dup(in->owned_numbers, b->a)),
    };
    p->quotas = in->quotas;
    p->next = *bucket;
    *bucket = p;
    return true;
}

static struct entry *find_entry(const struct account_book *b, struct str provider,
                                struct str account)
{
    struct entry *x = b->entries;

    while (x && !(str_eq(x->account.provider, provider) && str_eq(x->account.account, account)))
        x = x->next;
    return x;
}

static void leave_out(const struct book_account *in)
{
    for (size_t i = 0; i < DOOR_SECRETS; i++)
        secret_destroy(in->secrets[i]);
}

void account_book_add_account(struct account_book *b, const struct book_account *in)
{
    const struct provider *provider = provider_find(in->provider);
    const struct project *p = find_project(b, in->project);

    if (!provider || !p || find_entry(b, in->provider, in->account)) {
        leave_out(in);
        return;
    }
    struct entry *x = arena_new(b->a, struct entry, 1);
    *x = (struct entry){
        .next = b->entries,
        .account = {.provider = str_from(provider->name),
                    .account = str_dup(in->account, b->a),
                    .project = in->project,
                    .secret = in->secrets[0],
                    .base_url = str_dup(in->base_url, b->a),
                    .changed_at = in->changed_at},
        .secrets = {in->secrets[0], in->secrets[1]},
        .config = provider->routing ? provider->routing(&p->routing, b->a) : NULL,
    };
    b->entries = x;
    b->n_entries++;
}

// --- reading -------------------------------------------------------------------------------------

const struct provider_account *account_book_find(const struct account_book *b, int64_t project,
                                                 struct str provider)
{
    for (const struct entry *x = b->entries; x; x = x->next)
        if (x->account.project == project && str_eq(x->account.provider, provider))
            return &x->account;
    return NULL;
}

const struct provider_account *account_book_any(const struct account_book *b, struct str provider)
{
    const struct provider_account *any = NULL;

    for (const struct entry *x = b->entries; x; x = x->next)
        if (str_eq(x->account.provider, provider) && (!any || x->account.project < any->project))
            any = &x->account;
    return any;
}

static int by_name(const void *x, const void *y)
{
    const struct provider_account *const *a = x, *const *b = y;
    const int by_provider = str_cmp((*a)->provider, (*b)->provider);

    return by_provider ? by_provider : str_cmp((*a)->account, (*b)->account);
}

struct book_accounts account_book_list(const struct account_book *b, int64_t project,
                                       struct arena *a)
{
    struct book_accounts all = {arena_new(a, const struct provider_account *, b->n_entries + 1), 0};

    for (const struct entry *x = b->entries; x; x = x->next)
        if (x->account.project == project)
            all.p[all.n++] = &x->account;
    qsort(all.p, all.n, sizeof(*all.p), by_name);
    return all;
}

bool account_book_owner(const struct account_book *b, struct str provider, struct str account,
                        int64_t *ret)
{
    const struct entry *x = find_entry(b, provider, account);

    if (x)
        *ret = x->account.project;
    return x != NULL;
}

const struct call_rules *account_book_rules(const struct account_book *b, int64_t project)
{
    static const struct call_rules none = {.region = {"US", 2}};
    const struct project *p = find_project(b, project);

    return p ? &p->rules : &none;
}

const struct quotas *account_book_quotas(const struct account_book *b, int64_t project)
{
    const struct project *p = find_project(b, project);

    return p ? &p->quotas : NULL;
}

static void drop(void *book)
{
    account_book_drop(book);
}

struct door_accounts account_book_doors(struct account_book *b)
{
    struct door_account *list = arena_new(b->a, struct door_account, b->n_entries + 1);
    size_t n = 0;

    for (struct entry *x = b->entries; x; x = x->next) {
        const struct quotas *q = account_book_quotas(b, x->account.project);
        list[n++] = (struct door_account){
            .provider = x->account.provider,
            .account = x->account.account,
            .project = x->account.project,
            .secrets = {x->secrets[0], x->secrets[1]},
            .config = x->config,
            .per_minute = q->of[QUOTA_WEBHOOKS],
            .waiting_max = q->of[QUOTA_EVENTS_WAITING],
        };
    }
    return (struct door_accounts){list, n, drop, account_book_hold(b)};
}

// --- the shelf -----------------------------------------------------------------------------------

struct account_shelf {
    pthread_mutex_t lock;
    struct account_book *book;
};

struct account_shelf *account_shelf_create(void)
{
    struct account_shelf *s = NEW(struct account_shelf);

    pthread_mutex_init(&s->lock, NULL);
    s->book = account_book_create();
    return s;
}

void account_shelf_destroy(struct account_shelf *s)
{
    if (!s)
        return;
    account_book_drop(s->book);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

void account_shelf_put(struct account_shelf *s, struct account_book *b)
{
    pthread_mutex_lock(&s->lock);
    struct account_book *before = s->book;
    s->book = b;
    pthread_mutex_unlock(&s->lock);
    account_book_drop(before);
}

struct account_book *account_shelf_take(struct account_shelf *s)
{
    pthread_mutex_lock(&s->lock);
    struct account_book *b = account_book_hold(s->book);
    pthread_mutex_unlock(&s->lock);
    return b;
}

/* Copied: the batch that asks may outlive the book. */
static void rules_of(int64_t project, struct arena *a, struct call_rules *ret, void *arg)
{
    _cleanup_(account_book_dropp) struct account_book *b = account_shelf_take(arg);
    const struct call_rules *r = account_book_rules(b, project);
    struct str *owned = arena_new(a, struct str, r->n_owned + 1);

    for (size_t i = 0; i < r->n_owned; i++)
        owned[i] = str_dup(r->owned[i], a);
    *ret =
        (struct call_rules){.owned = owned, .n_owned = r->n_owned, .region = str_dup(r->region, a)};
}

struct call_rules_source account_shelf_rules(struct account_shelf *s)
{
    return (struct call_rules_source){rules_of, s};
}
