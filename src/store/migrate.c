/*
 * Migrations: up, down, status.
 *
 * Each runs in one transaction that first takes a lock and then looks again at what is applied, so
 * that any number of nodes may start at once: one migrates, the others find it done. A migration
 * that has to wait for a table's lock gives up quickly and tries again: whoever waits for such a
 * lock makes everyone behind it wait as well.
 *
 * A checksum of each applied text is kept: a migration that was edited afterwards, or one that this
 * binary does not know, is refused with a remedy instead of being guessed at.
 */
#include "store/internal.h"

#include <poll.h>

#include "base/crypto.h"
#include "base/fault.h"

enum { TRIES = 40, TRY_AGAIN_MS = 250 };

struct applied {
    int64_t number;
    struct str name, checksum;
};

static const struct column applied_columns[] = {
    {"number", COLUMN_INT, offsetof(struct applied, number)},
    {"name", COLUMN_STR, offsetof(struct applied, name)},
    {"checksum", COLUMN_STR, offsetof(struct applied, checksum)},
};

struct history {
    struct applied *p; /* in order of number */
    size_t n;
};

// --- looking -------------------------------------------------------------------------------------

static bool load(struct db *db, struct arena *a, struct history *ret, struct err *e)
{
    struct rows *rows;
    bool exists;

    *ret = (struct history){.p = NULL};
    if (!db_query_one(db, Q_SCHEMA_TABLE_EXISTS, NO_BINDS, NULL, 0, a, NULL, &exists, e))
        return err_trace(e);
    if (!exists)
        return true;
    if (!db_query(db, Q_SCHEMA_APPLIED, NO_BINDS, a, &rows, e))
        return err_trace(e);
    while (rows_next(rows)) {
        struct applied *grown = arena_new(a, struct applied, ret->n + 1);
        if (ret->n > 0)
            memcpy(grown, ret->p, ret->n * sizeof *grown);
        rows_read(rows, applied_columns, LEN(applied_columns), &grown[ret->n]);
        ret->p = grown;
        ret->n++;
    }
    return true;
}

/* Applied ones are the first n of ours, unchanged. */
static bool check(const struct history *h, enum store_engine engine, struct arena *a, struct err *e)
{
    for (size_t i = 0; i < h->n; i++) {
        const struct applied *was = &h->p[i];
        if (i >= catalog_migration_count || catalog_migrations[i].number != was->number) {
            err_set(e, ERR_UNAVAILABLE,
                    "the database has migration %04lld (" STR_FMT "), which this version of the "
                    "program does not know",
                    (long long)was->number, STR_ARG(was->name));
            return err_fix(e, "start a version that is at least as new as the database, or let "
                              "that version take its migrations back: hookswitch migrate down");
        }
        const struct migration_text *m = &catalog_migrations[i];
        if (!str_eq(was->checksum, sha256_hex(str_from(m->up[engine]), a))) {
            err_set(e, ERR_UNAVAILABLE, "migration %04d (%s) was applied in another form",
                    m->number, m->name);
            return err_fix(e,
                           "run the version that created this database, or start with a new one");
        }
    }
    return true;
}

static bool look(struct store *s, struct arena *a, struct history *ret, struct err *e)
{
    _cleanup_(db_closep) struct db *db = store_connect(s, STORE_TOOL);

    if (!load(db, a, ret, e) || !check(ret, s->kind, a, e))
        return err_trace(e);
    return true;
}

bool store_schema_check(struct store *s, struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct history h;

    if (!look(s, a, &h, e))
        return err_trace(e);
    if (h.n < catalog_migration_count) {
        err_set(e, ERR_UNAVAILABLE, "the database lacks migration %04d (%s)",
                catalog_migrations[h.n].number, catalog_migrations[h.n].name);
        return err_fix(e, "apply it: hookswitch migrate up (or start without AUTO_MIGRATE=0)");
    }
    return true;
}

bool store_migrate_status(struct store *s, struct arena *a, struct store_migration **ret,
                          size_t *ret_n, struct err *e)
{
    struct history h;

    if (!look(s, a, &h, e))
        return err_trace(e);
    struct store_migration *list = arena_new(a, struct store_migration, catalog_migration_count);
    for (size_t i = 0; i < catalog_migration_count; i++)
        list[i] = (struct store_migration){.number = catalog_migrations[i].number,
                                           .name = str_from(catalog_migrations[i].name),
                                           .applied = i < h.n};
    *ret = list;
    *ret_n = catalog_migration_count;
    return true;
}

// --- one step, up or down ------------------------------------------------------------------------

/* Inside a transaction. *ret_done: there was nothing to do. */
typedef bool step_fn(struct db *db, struct arena *a, bool *ret_done, struct err *e);

static bool script(struct db *db, const char *sql, struct err *e)
{
    if (FAULT("store.migrate"))
        return err_set(e, ERR_UNAVAILABLE, "store: migration failed (injected)");
    return db->store->engine->script(db, sql, e) ? true : err_trace(e);
}

static bool step_up(struct db *db, struct arena *a, bool *ret_done, struct err *e)
{
    const enum store_engine engine = db->store->kind;
    struct history h;

    if (!db_exec(db, Q_SCHEMA_TABLE_CREATE, NO_BINDS, NULL, e) || !load(db, a, &h, e) ||
        !check(&h, engine, a, e))
        return err_trace(e);
    *ret_done = h.n == catalog_migration_count;
    if (*ret_done)
        return true;
    const struct migration_text *m = &catalog_migrations[h.n];
    const struct binds record =
        BINDS(bind_int("number", m->number), bind_str("name", str_from(m->name)),
              bind_time("applied_at", clock_wall(db->store->clock)),
              bind_str("checksum", sha256_hex(str_from(m->up[engine]), a)));
    if (!script(db, m->up[engine], e) || !db_exec(db, Q_SCHEMA_RECORD, record, NULL, e))
        return err_trace(e);
    return true;
}

static bool step_down(struct db *db, struct arena *a, bool *ret_done, struct err *e)
{
    const enum store_engine engine = db->store->kind;
    struct history h;

    if (!load(db, a, &h, e) || !check(&h, engine, a, e))
        return err_trace(e);
    *ret_done = h.n == 0;
    if (*ret_done)
        return true;
    const struct migration_text *m = &catalog_migrations[h.n - 1];
    if (!script(db, m->down[engine], e) ||
        !db_exec(db, Q_SCHEMA_FORGET, BINDS(bind_int("number", m->number)), NULL, e))
        return err_trace(e);
    return true;
}

static bool step_once(struct db *db, step_fn *step, bool *ret_done, struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rows *locked;

    return (db_begin(db, e) &&
            db_end(db,
                   db_query(db, Q_SCHEMA_LOCK, NO_BINDS, a, &locked, e) && step(db, a, ret_done, e),
                   e)) ||
           err_trace(e);
}

static bool step_with_patience(struct db *db, step_fn *step, bool *ret_done, struct err *e)
{
    for (int i = 1; i < TRIES; i++) {
        if (step_once(db, step, ret_done, e))
            return true;
        if (!db_conflicted(db))
            return err_trace(e);
        err_clear(e);
        (void)poll(NULL, 0, TRY_AGAIN_MS); // lets those pass who queued behind our lock request
    }
    return step_once(db, step, ret_done, e) ? true : err_trace(e);
}

static bool steps(struct store *s, step_fn *step, int most, int *ret_n, struct err *e)
{
    _cleanup_(db_closep) struct db *db = store_connect(s, STORE_TOOL);
    int n = 0;

    while (n < most) {
        bool done = false;
        if (!step_with_patience(db, step, &done, e))
            return err_trace(e);
        if (done)
            break;
        n++;
    }
    *ret_n = n;
    return true;
}

bool store_migrate_up(struct store *s, int *ret_n_applied, struct err *e)
{
    return steps(s, step_up, INT32_MAX, ret_n_applied, e);
}

bool store_migrate_down(struct store *s, int n, int *ret_n_undone, struct err *e)
{
    return steps(s, step_down, n, ret_n_undone, e);
}
