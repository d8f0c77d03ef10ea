/* The store in front of its engines: which one, and the rules that hold for both. */
#include "store/internal.h"

#include "base/fault.h"

static const struct {
    const char *name;
    usec_t deadline;
} uses[] = {
    [STORE_INGEST] = {"ingest", SECONDS(5)},
    [STORE_WORK] = {"work", SECONDS(30)},
    [STORE_READ] = {"read", SECONDS(10)},
    [STORE_TOOL] = {"tool", 0},
};
static_assert(LEN(uses) == STORE_USE_COUNT, "every use has a name and a deadline");

usec_t store_use_deadline(enum store_use use)
{
    return uses[use].deadline;
}

const char *store_use_name(enum store_use use)
{
    return uses[use].name;
}

bool store_open(const struct store_options *o, struct store **ret, struct err *e)
{
    struct store *s = NULL;

    if (FAULT("store.open"))
        return err_set(e, ERR_UNAVAILABLE, "store: cannot be opened (injected)");

    const bool sqlite = str_starts(o->url, STR("sqlite:"));
    if (!sqlite && !str_starts(o->url, STR("postgres://")) &&
        !str_starts(o->url, STR("postgresql://"))) {
        err_set(e, ERR_INVALID, "DATABASE_URL: neither sqlite:PATH nor postgres://…");
        return err_fix(e, "write it as sqlite:data/hookswitch.db or postgres://user@host/database");
    }
    const struct engine *engine = sqlite ? &engine_sqlite : &engine_postgres;
    if (!engine->open(o, &s, e))
        return err_trace(e);
    s->engine = engine;
    s->kind = sqlite ? STORE_SQLITE : STORE_POSTGRES;
    s->clock = o->clock;
    *ret = s;
    return true;
}

void store_close(struct store *s)
{
    if (s)
        s->engine->close(s);
}

enum store_engine store_engine(const struct store *s)
{
    return s->kind;
}

bool store_is_broken(const struct store *s)
{
    return s->engine->is_broken(s);
}

int64_t store_lost_pages(const struct store *s)
{
    return s->engine->lost_pages ? s->engine->lost_pages(s) : 0;
}

bool store_checkpoint(struct store *s, struct err *e)
{
    if (FAULT("store.checkpoint"))
        return err_set(e, ERR_UNAVAILABLE, "store: checkpoint failed (injected)");
    return s->engine->checkpoint(s, e) ? true : err_trace(e);
}

bool store_backup(struct store *s, const char *to, struct err *e)
{
    return s->engine->backup(s, to, e) ? true : err_trace(e);
}

// --- connections ---------------------------------------------------------------------------------

struct db *store_connect(struct store *s, enum store_use use)
{
    struct db *db = s->engine->connect(s);

    db->store = s;
    db->use = use;
    return db;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    db_rollback(db);
    db->store->engine->disconnect(db);
}

bool db_lost(const struct db *db)
{
    return db->lost;
}

bool db_conflicted(const struct db *db)
{
    return db->conflicted;
}

size_t db_pending(const struct db *db)
{
    return db->n_pending;
}

static void start(struct db *db)
{
    db->lost = false;
    db->conflicted = false;
}

/* A fault that a test injects looks like a connection (or disk) that failed. */
static bool injected(struct db *db, const char *what, struct err *e)
{
    db->lost = true;
    return err_set(e, ERR_UNAVAILABLE, "store: %s failed (injected)", what);
}

bool db_ping(struct db *db, struct err *e)
{
    start(db);
    if (FAULT("store.connect"))
        return injected(db, "connecting", e);
    return db->store->engine->ping(db, e) ? true : err_trace(e);
}

bool db_hear(struct db *db, const struct db_ears *ears, struct err *e)
{
    start(db);
    if (!db->store->engine->hear)
        return err_set(e, ERR_INTERNAL, "this store belongs to one node");
    return db->store->engine->hear(db, ears, e) || err_trace(e);
}

// --- transactions --------------------------------------------------------------------------------

static bool begin(struct db *db, bool light, struct err *e)
{
    assert(!db->in_transaction);
    assert(db->n_pending == 0);
    start(db);
    if (FAULT("store.begin"))
        return injected(db, "begin", e);
    db->light = light;
    if (!db->store->engine->begin(db, e))
        return err_trace(e);
    db->in_transaction = true;
    db->doomed = false;
    return true;
}

bool db_begin(struct db *db, struct err *e)
{
    return begin(db, false, e) || err_trace(e);
}

bool db_begin_light(struct db *db, struct err *e)
{
    return begin(db, true, e) || err_trace(e);
}

void db_rollback(struct db *db)
{
    if (!db->in_transaction)
        return;
    const bool lost = db->lost, conflicted = db->conflicted;
    db->store->engine->rollback(db);
    db->lost = lost; // the failure that led here is the one that is asked about
    db->conflicted = conflicted;
    db->in_transaction = false;
}

bool db_commit(struct db *db, struct err *e)
{
    assert(db->in_transaction);
    if (db->doomed) {
        db_rollback(db);
        return err_set(e, ERR_CONFLICT,
                       "transaction: rolled back, as a statement of it had failed");
    }
    start(db);
    if (FAULT("store.commit")) {
        db_rollback(db);
        return injected(db, "commit", e);
    }
    if (!db->store->engine->commit(db, e)) {
        db_rollback(db);
        return err_trace(e);
    }
    db->in_transaction = false;
    if (FAULT("store.committed"))
        return injected(db, "the answer to a commit", e);
    return true;
}

// --- statements ----------------------------------------------------------------------------------

static bool run(struct db *db, enum query q, struct binds binds, struct arena *a,
                struct rows **ret_rows, int64_t *ret_changed, struct err *e)
{
    struct bound b;

    assert(db->n_pending == 0);
    start(db);
    if (db->in_transaction && db->doomed)
        return err_set(e, ERR_CONFLICT, "transaction: an earlier statement of it has failed");
    if (!bound_make(db->store, q, binds, &b, e))
        goto failed;
    if (FAULT(ret_rows ? "store.query" : "store.exec")) {
        injected(db, b.query->name, e);
        goto failed;
    }
    if (!db->store->engine->run(db, &b, a, ret_rows, ret_changed, e))
        goto failed;
    return true;

failed:
    db->doomed = true;
    return err_trace(e);
}

bool db_exec(struct db *db, enum query q, struct binds binds, int64_t *ret_changed, struct err *e)
{
    return run(db, q, binds, NULL, NULL, ret_changed, e);
}

bool db_query(struct db *db, enum query q, struct binds binds, struct arena *a, struct rows **ret,
              struct err *e)
{
    return run(db, q, binds, a, ret, NULL, e);
}

bool db_query_one(struct db *db, enum query q, struct binds binds, const struct column *columns,
                  size_t n, struct arena *a, void *out, bool *ret_found, struct err *e)
{
    struct rows *rows;

    if (!db_query(db, q, binds, a, &rows, e))
        return err_trace(e);
    *ret_found = rows_next(rows);
    if (*ret_found)
        rows_read(rows, columns, n, out);
    return true;
}

bool db_count(struct db *db, enum query q, struct binds binds, struct arena *a, int64_t *ret,
              struct err *e)
{
    static const struct column columns[] = {{"n", COLUMN_INT, 0}};
    bool found;

    *ret = 0;
    return db_query_one(db, q, binds, columns, LEN(columns), a, ret, &found, e) || err_trace(e);
}

bool db_send(struct db *db, enum query q, struct binds binds, struct err *e)
{
    struct bound b;

    assert(!db->in_transaction);
    assert(db->n_pending < DB_PIPELINE);
    start(db);
    if (!bound_make(db->store, q, binds, &b, e))
        return err_trace(e);
    if (FAULT("store.send"))
        return injected(db, b.query->name, e);
    if (!db->store->engine->send(db, &b, e))
        return err_trace(e);
    db->n_pending++;
    return true;
}

bool db_receive(struct db *db, struct arena *a, struct rows **ret, struct err *e)
{
    struct rows *rows = NULL;

    assert(db->n_pending > 0);
    start(db);
    db->n_pending--;
    const bool received = db->store->engine->receive(db, a, &rows, e);
    if (!received)
        return err_trace(e);
    if (FAULT("store.receive"))
        return injected(db, "receiving", e);
    *ret = rows;
    return true;
}

bool db_explain(struct db *db, enum query q, struct binds binds, struct arena *a, struct str *ret,
                struct err *e)
{
    struct bound b;
    struct rows *rows;
    struct str plan = STR("");

    start(db);
    if (!bound_make(db->store, q, binds, &b, e) || !db->store->engine->explain(db, &b, a, &rows, e))
        return err_trace(e);
    while (rows_next(rows))
        plan = str_fmt(a, STR_FMT STR_FMT "\n", STR_ARG(plan), STR_ARG(rows_str(rows, "plan")));
    *ret = plan;
    return true;
}
