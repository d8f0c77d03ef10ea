#include "ops/accounts.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/files.h"
#include "base/log.h"
#include "base/pace.h"
#include "inbox/read.h"
#include "loop/loop.h"
#include "ops/accounts_copy.h"

enum { PROJECTS_AT_ONCE = 200, COUNTED_MAX = 1000 };
#define LOOK_EVERY SECONDS(1)

struct accounts {
    struct accounts_options o;
    struct mailbox *bell;
    struct thread *thread;
    struct db *db; /* the thread's */
    struct arena *a;
    struct rng rng;
    struct str version; /* of the present book; in the arena */
    bool is_written;
    bool told_copy;  /* that it cannot be kept */
    usec_t count_at; /* when what waits is counted again; monotonic */
};

// --- what the configuration says -----------------------------------------------------------------

static struct str str_or_none(struct str s)
{
    return str_is_empty(s) ? STR_NONE : s;
}

struct quotas accounts_quotas(const struct config *c)
{
    return (struct quotas){{
        [QUOTA_API_REQUESTS] = c->api_requests_per_minute,
        [QUOTA_WEBHOOKS] = c->webhooks_per_minute,
        [QUOTA_EVENTS_WAITING] = c->events_waiting_max,
        [QUOTA_LIVE_CLIENTS] = c->realtime_clients_max,
        [QUOTA_PROVIDER_REQUESTS] = c->provider_requests_per_second,
        [QUOTA_INBOX_DAYS] = c->inbox_kept_days,
        [QUOTA_FEED_DAYS] = c->feed_kept_days,
        [QUOTA_CALL_DAYS] = c->calls_kept_days,
    }};
}

struct connection_presets accounts_presets(const struct config *c, int64_t project)
{
    return (struct connection_presets){
        .project = project,
        .settings = {.owned_numbers = str_or_none(c->owned_phone_numbers),
                     .region = str_or_none(c->default_region),
                     .sip_user = str_or_none(c->sip_user),
                     .sip_domain = str_or_none(c->sip_domain)},
        .account = {.provider = STR("twilio"),
                    .account = c->twilio_account_sid,
                    .has_secondary = !str_is_empty(c->twilio_auth_token_secondary),
                    .created_at = TIME_NONE,
                    .updated_at = TIME_NONE},
    };
}

static bool add_project(struct account_book *book, const struct connection_presets *presets,
                        const struct connected_project *p, const struct quotas *quotas,
                        struct err *e)
{
    const struct project_settings s = connection_in_force(presets, p->project, &p->settings);
    const struct book_project in = {
        .project = p->project,
        .owned_numbers = s.owned_numbers,
        .region = s.region,
        .routing = {.sip_user = s.sip_user, .sip_domain = s.sip_domain},
        .quotas = *quotas,
    };

    return account_book_add_project(book, &in, e) || err_trace(e);
}

/* As it is; when its numbers cannot be read without them, so that what its providers send is taken
 * still. */
static void add_project_anyway(struct account_book *book, const struct connection_presets *presets,
                               const struct connected_project *p, const struct quotas *quotas)
{
    struct connected_project without = *p;
    struct err odd = {0}, none = {0};

    if (add_project(book, presets, p, quotas, &odd))
        return;
    log_failure(NULL, LOG_ERROR, "accounts.numbers", &odd);
    without.settings.owned_numbers = STR("");
    if (!add_project(book, presets, &without, quotas, &none))
        log_failure(NULL, LOG_ERROR, "accounts.project", &none);
}

static void add_configured(struct account_book *book, const struct config *c, int64_t project)
{
    if (str_is_empty(c->twilio_account_sid))
        return;
    account_book_add_account(book,
                             &(struct book_account){
                                 .project = project,
                                 .provider = STR("twilio"),
                                 .account = c->twilio_account_sid,
                                 .base_url = c->twilio_base_url,
                                 .changed_at = TIME_NONE,
                                 .secrets = {secret_create(c->twilio_auth_token),
                                             str_is_empty(c->twilio_auth_token_secondary)
                                                 ? NULL
                                                 : secret_create(c->twilio_auth_token_secondary)},
                             });
}

bool accounts_of_config(const struct config *c, int64_t project, struct account_book **ret,
                        struct err *e)
{
    _cleanup_(account_book_dropp) struct account_book *book = account_book_create();
    const struct connection_presets presets = accounts_presets(c, project);
    const struct quotas quotas = accounts_quotas(c);

    if (!add_project(book, &presets, &(struct connected_project){.project = project}, &quotas, e))
        return err_trace(e);
    add_configured(book, c, project);
    *ret = TAKE(book);
    return true;
}

// --- what the store keeps ------------------------------------------------------------------------

/* Opened, into the book. */
static void add_accounts(struct account_book *book, const struct config *c, const struct vault *v,
                         int64_t project, const struct sealed_connections *sealed)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct opened_connections opened;

    connection_open_all(v, project, sealed, a, &opened);
    if (opened.n_unreadable > 0)
        log_error(NULL, "accounts.sealed",
                  "project=%lld accounts=%zu reason=\"another master key\"", (long long)project,
                  opened.n_unreadable);
    for (size_t i = 0; i < opened.n; i++)
        account_book_add_account(book, &(struct book_account){
                                           .project = project,
                                           .provider = opened.p[i].provider,
                                           .account = opened.p[i].account,
                                           .base_url = c->twilio_base_url,
                                           .changed_at = opened.p[i].changed_at,
                                           .secrets = {opened.p[i].secret, opened.p[i].secondary},
                                       });
}

/* A book that is being written, and its copy. */
struct writing {
    struct account_book *book;
    struct account_copy *copy;
};

static bool add_stored(struct accounts *x, const struct writing *to, int64_t project, struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct sealed_connections sealed;

    if (!connection_load(x->db, project, a, &sealed, e))
        return err_trace(e);
    for (size_t i = 0; to->copy && i < sealed.n; i++)
        account_copy_add_account(to->copy, project, &sealed.p[i]);
    add_accounts(to->book, x->o.config, x->o.vault, project, &sealed);
    return true;
}

static bool read_quotas(struct accounts *x, int64_t project, struct quotas *ret, struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct quotas preset = accounts_quotas(x->o.config);
    struct quota_wishes wishes;

    if (!quota_wishes(x->db, project, a, &wishes, e))
        return err_trace(e);
    *ret = quotas_in_force(&preset, &wishes);
    return true;
}

static bool add_page(struct accounts *x, const struct writing *to,
                     const struct connected_project *list, size_t n, struct err *e)
{
    const struct connection_presets presets = accounts_presets(x->o.config, x->o.project);

    for (size_t i = 0; i < n; i++) {
        struct quotas quotas;
        if (!read_quotas(x, list[i].project, &quotas, e))
            return err_trace(e);
        add_project_anyway(to->book, &presets, &list[i], &quotas);
        if (to->copy)
            account_copy_add_project(to->copy, &list[i]);
        if (!add_stored(x, to, list[i].project, e))
            return err_trace(e);
    }
    return true;
}

static bool write_book(struct accounts *x, const struct writing *to, struct err *e)
{
    int64_t after = 0;
    size_t n = PROJECTS_AT_ONCE;

    while (n == PROJECTS_AT_ONCE) {
        _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
        struct connected_project *list;
        if (!connection_projects(x->db, after, PROJECTS_AT_ONCE, a, &list, &n, e) ||
            !add_page(x, to, list, n, e))
            return err_trace(e);
        after = n > 0 ? list[n - 1].project : after;
    }
    add_configured(to->book, x->o.config, x->o.project); // last: what the store keeps counts
    return true;
}

/* Without it a start needs the store to know the accounts: told once, and tried again with the next
 * change. */
static void keep_copy(struct accounts *x, struct account_copy *copy)
{
    struct err e = {0};

    if (!copy)
        return;
    const struct account_copy_place at = {&files_system, x->o.copy_directory};
    const bool ok = account_copy_save(copy, x->o.project, &at, &e);
    if (!ok && !x->told_copy)
        log_failure(NULL, LOG_WARN, "accounts.copy", &e);
    x->told_copy = !ok;
}

static bool publish(struct accounts *x, struct account_book *book, struct err *e)
{
    if (x->o.doors) {
        const struct door_accounts in = account_book_doors(book);
        if (!doors_set_accounts(x->o.doors, &in, e)) {
            in.forget(in.owner);
            return err_trace(e);
        }
    }
    account_shelf_put(x->o.shelf, account_book_hold(book));
    return true;
}

/* The version is read first: what changes meanwhile has another one. */
static bool look(struct accounts *x, struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(account_book_dropp) struct account_book *book = NULL;
    _cleanup_(account_copy_destroyp) struct account_copy *copy = NULL;
    struct str version;

    if (!connection_version(x->db, a, &version, e))
        return err_trace(e);
    if (x->is_written && str_eq(version, x->version))
        return true;
    book = account_book_create();
    if (!str_is_none(x->o.copy_directory))
        copy = account_copy_create(x->o.vault, &x->rng);
    if (!write_book(x, &(struct writing){book, copy}, e))
        return err_trace(e);
    keep_copy(x, copy); // first: who is let in now is known to a start without the store, too
    if (!publish(x, book, e))
        return err_trace(e);
    arena_reset(x->a);
    x->version = str_dup(version, x->a);
    x->is_written = true;
    return true;
}

// --- before the store is there -------------------------------------------------------------------

static void add_copied(struct account_book *book, const struct config *c, const struct vault *v,
                       const struct copied_accounts *all)
{
    const struct connection_presets presets = accounts_presets(c, all->default_project);
    const struct quotas quotas = accounts_quotas(c);

    for (size_t i = 0; i < all->n; i++) {
        const struct connected_project *p = &all->p[i].project;
        add_project_anyway(book, &presets, p, &quotas);
        add_accounts(book, c, v, p->project, &all->p[i].accounts);
    }
}

bool accounts_of_copy(const struct config *c, const struct vault *v, struct account_book **ret,
                      bool *ret_found, struct err *e)
{
    _cleanup_(account_book_dropp) struct account_book *book = account_book_create();
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct account_copy_place at = {&files_system, c->spool_dir};
    struct copied_accounts all;

    if (!account_copy_read(&at, v, a, &all, ret_found, e))
        return err_trace(e);
    if (!*ret_found)
        return true;
    add_copied(book, c, v, &all);
    add_configured(book, c, all.default_project);
    *ret = TAKE(book);
    return true;
}

// --- what waits ----------------------------------------------------------------------------------

static bool count(struct accounts *x, struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const usec_t began = clock_monotonic(&clock_system);
    struct inbox_waiting *list;
    size_t n;

    if (!x->o.doors || began < x->count_at)
        return true;
    x->count_at = began + PACE_LONGEST;
    if (!inbox_waiting(x->db, COUNTED_MAX, a, &list, &n, e))
        return err_trace(e);
    doors_set_waiting(x->o.doors, list, n);
    x->count_at = pace_next(began, clock_monotonic(&clock_system));
    return true;
}

// --- the thread ----------------------------------------------------------------------------------

static void watch(void *arg)
{
    struct accounts *x = arg;

    while (!mailbox_is_closed(x->bell)) {
        struct err e = {0};
        struct task *rung = mailbox_take(x->bell, LOOK_EVERY);
        while (rung) {
            struct task *next = rung->next;
            free(rung);
            rung = next;
        }
        if (!mailbox_is_closed(x->bell) && (!look(x, &e) || !count(x, &e)) && !db_lost(x->db))
            log_failure(NULL, LOG_ERROR, "accounts.look", &e);
    }
}

// --- start and stop ------------------------------------------------------------------------------

void accounts_wake(struct accounts *a)
{
    struct task *ring = NEW(struct task);

    if (!mailbox_push(a->bell, ring))
        free(ring);
}

void accounts_stop(struct accounts *a)
{
    if (!a)
        return;
    mailbox_close(a->bell);
    if (a->thread)
        thread_join(a->thread);
    for (struct task *ring; (ring = mailbox_take_one(a->bell, 0));)
        free(ring);
    mailbox_destroy(a->bell);
    db_close(a->db);
    arena_destroy(a->a);
    free(a);
}

DEFINE_CLEANUP(struct accounts, accounts_stop)

bool accounts_open(const struct accounts_options *o, struct accounts **ret, struct err *e)
{
    _cleanup_(accounts_stopp) struct accounts *x = NEW(struct accounts);

    x->o = *o;
    x->rng = rng_system();
    x->a = arena_create(0);
    x->bell = mailbox_create();
    x->db = store_connect(o->store, STORE_READ);
    if (!look(x, e))
        return err_trace(e);
    *ret = TAKE(x);
    return true;
}

bool accounts_start(struct accounts *x, struct err *e)
{
    return thread_start("accounts", watch, x, &x->thread, e) || err_trace(e);
}
