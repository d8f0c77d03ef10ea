/*
 * Rows are locked in the order of the workers: calls, conversations, the feed's row; and calls only
 * where nobody else holds them. Who comes with an event of a call that has gone finds none, and
 * begins it anew.
 */
#include "calls/expire.h"

#include <stdlib.h>

#include "base/arena.h"

/* The same project before each key, as batches want it. */
struct keys {
    int64_t *projects, *ids;
    size_t n;
};

static struct keys keys_for(const struct call_expiry *x, size_t n, struct arena *a)
{
    struct keys k = {arena_new(a, int64_t, n), arena_new(a, int64_t, n), 0};

    for (size_t i = 0; i < n; i++)
        k.projects[i] = x->project;
    return k;
}

static struct binds keys_binds(const struct keys *k, struct arena *a)
{
    struct bind *binds = arena_new(a, struct bind, 2);

    binds[0] = bind_ints("project", k->projects, k->n);
    binds[1] = bind_ints("id", k->ids, k->n);
    return (struct binds){binds, 2};
}

/* Ids of a column, of no more rows than there is room for. */
static bool read_ids(struct rows *rows, const char *column, struct keys *ret, struct err *e)
{
    while (rows_next(rows))
        ret->ids[ret->n++] = rows_int(rows, column);
    return rows_end(rows, e) || err_trace(e);
}

// --- which ---------------------------------------------------------------------------------------

struct old {
    int64_t id;
    usec_t start_time;
};

static bool read_page(struct db *db, const struct call_expiry *x, struct arena *a,
                      struct keys *ret_page, struct call_expired *ret, struct err *e)
{
    static const struct column columns[] = {
        {"id", COLUMN_INT, offsetof(struct old, id)},
        {"start_time", COLUMN_TIME, offsetof(struct old, start_time)},
    };
    static const struct row_shape shape = ROW_SHAPE(struct old, columns);
    struct rows *rows;
    size_t n;

    if (!db_query(db, Q_CALL_EXPIRE_PAGE,
                  BINDS(bind_int("project", x->project), bind_time("after_time", x->after_time),
                        bind_int("after_id", x->after_id), bind_time("before", x->before),
                        bind_int("limit", x->limit)),
                  a, &rows, e))
        return err_trace(e);
    const struct old *page = rows_list(rows, &shape, (size_t)x->limit, a, &n, e);
    if (!page)
        return err_trace(e);
    *ret_page = keys_for(x, n, a);
    for (size_t i = 0; i < n; i++)
        ret_page->ids[ret_page->n++] = page[i].id;
    ret->n_seen = (int64_t)n;
    if (n > 0) {
        ret->last_time = page[n - 1].start_time;
        ret->last_id = page[n - 1].id;
    }
    return true;
}

struct going {
    int64_t id, conversation, last_seq;
    struct str provider, sid;
};

/* Of those that nobody has in hand. */
static bool judge(struct db *db, const struct call_expiry *x, const struct keys *held,
                  struct arena *a, struct going **ret, size_t *ret_n, struct err *e)
{
    static const struct column columns[] = {
        {"id", COLUMN_INT, offsetof(struct going, id)},
        {"conversation_id", COLUMN_INT, offsetof(struct going, conversation)},
        {"last_seq", COLUMN_INT, offsetof(struct going, last_seq)},
        {"provider", COLUMN_STR, offsetof(struct going, provider)},
        {"twilio_sid", COLUMN_STR, offsetof(struct going, sid)},
    };
    static const struct row_shape shape = ROW_SHAPE(struct going, columns);
    struct rows *rows;

    if (!db_query(db, Q_CALL_EXPIRE_JUDGE,
                  BINDS(bind_ints("project", held->projects, held->n),
                        bind_ints("id", held->ids, held->n), bind_time("before", x->before)),
                  a, &rows, e))
        return err_trace(e);
    *ret = rows_list(rows, &shape, held->n, a, ret_n, e);
    return *ret || err_trace(e);
}

// --- what goes -----------------------------------------------------------------------------------

static bool delete_calls(struct db *db, const struct call_expiry *x, const struct going *g,
                         size_t n, struct arena *a, struct call_expired *ret, struct err *e)
{
    struct str *providers = arena_new(a, struct str, n), *sids = arena_new(a, struct str, n);
    struct keys calls = keys_for(x, n, a);

    for (size_t i = 0; i < n; i++) {
        calls.ids[calls.n++] = g[i].id;
        providers[i] = g[i].provider;
        sids[i] = g[i].sid;
    }
    return (db_exec(db, Q_CALL_EXPIRE_LOG,
                    BINDS(bind_ints("project", calls.projects, n),
                          bind_strs("provider", providers, n), bind_strs("sid", sids, n)),
                    &ret->lines, e) &&
            db_exec(db, Q_CALL_EXPIRE, keys_binds(&calls, a), &ret->calls, e)) ||
           err_trace(e);
}

static int by_value(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* The conversations that lose a call, each once. */
static struct keys conversations_of(const struct call_expiry *x, const struct going *g, size_t n,
                                    struct arena *a)
{
    struct keys all = keys_for(x, n, a);
    size_t n_once = 0;

    for (size_t i = 0; i < n; i++)
        if (g[i].conversation != INT_NONE)
            all.ids[all.n++] = g[i].conversation;
    qsort(all.ids, all.n, sizeof *all.ids, by_value);
    for (size_t i = 0; i < all.n; i++)
        if (n_once == 0 || all.ids[n_once - 1] != all.ids[i])
            all.ids[n_once++] = all.ids[i];
    all.n = n_once;
    return all;
}

/* How many of the rows the list of conversations has. */
static bool count_listed(struct rows *rows, int64_t *ret, struct err *e)
{
    *ret = 0;
    while (rows_next(rows))
        *ret += rows_bool(rows, "listed");
    return rows_end(rows, e) || err_trace(e);
}

static bool recount(struct db *db, const struct call_expiry *x, const struct keys *talks,
                    struct arena *a, int64_t *ret_delisted, struct err *e)
{
    int64_t before, after;
    struct rows *rows;

    if (!db_query(db, Q_CONVERSATION_EXPIRE_HOLD, keys_binds(talks, a), a, &rows, e) ||
        !count_listed(rows, &before, e) ||
        !db_query(db, Q_CONVERSATION_REFRESH,
                  BINDS(bind_ints("project", talks->projects, talks->n),
                        bind_ints("id", talks->ids, talks->n), bind_time("now", x->now)),
                  a, &rows, e) ||
        !count_listed(rows, &after, e))
        return err_trace(e);
    *ret_delisted = before - after;
    return true;
}

/* Conversations without a call, and the contacts of whom nothing else is known. */
static bool delete_empty(struct db *db, const struct call_expiry *x, const struct keys *talks,
                         struct arena *a, struct call_expired *ret, struct err *e)
{
    struct keys contacts = keys_for(x, talks->n, a);
    struct rows *rows;

    if (!db_query(db, Q_CONVERSATION_EXPIRE, keys_binds(talks, a), a, &rows, e) ||
        !read_ids(rows, "contact_id", &contacts, e))
        return err_trace(e);
    ret->conversations = (int64_t)contacts.n;
    return contacts.n == 0 || db_exec(db, Q_CONTACT_EXPIRE, keys_binds(&contacts, a), NULL, e) ||
           err_trace(e);
}

static int64_t highest(const struct going *g, size_t n)
{
    int64_t seq = 0;

    for (size_t i = 0; i < n; i++)
        if (g[i].last_seq != INT_NONE && g[i].last_seq > seq)
            seq = g[i].last_seq;
    return seq;
}

static bool delete_all(struct db *db, const struct call_expiry *x, const struct going *g, size_t n,
                       struct arena *a, struct call_expired *ret, struct err *e)
{
    const struct keys talks = conversations_of(x, g, n, a);
    int64_t delisted = 0;

    if (!delete_calls(db, x, g, n, a, ret, e))
        return err_trace(e);
    if (talks.n > 0 &&
        (!recount(db, x, &talks, a, &delisted, e) || !delete_empty(db, x, &talks, a, ret, e)))
        return err_trace(e);
    return db_exec(db, Q_LOG_FLOOR,
                   BINDS(bind_int("project", x->project), bind_int("from", highest(g, n) + 1),
                         bind_int("delisted", delisted)),
                   NULL, e) ||
           err_trace(e);
}

static bool expire_page(struct db *db, const struct call_expiry *x, const struct keys *page,
                        struct arena *a, struct call_expired *ret, struct err *e)
{
    struct keys held = keys_for(x, page->n, a);
    struct going *going;
    struct rows *rows;
    size_t n;

    if (!db_query(db, Q_CALL_EXPIRE_HOLD, keys_binds(page, a), a, &rows, e) ||
        !read_ids(rows, "id", &held, e))
        return err_trace(e);
    if (held.n == 0)
        return true;
    if (!judge(db, x, &held, a, &going, &n, e))
        return err_trace(e);
    return n == 0 || delete_all(db, x, going, n, a, ret, e) || err_trace(e);
}

bool call_expire(struct db *db, const struct call_expiry *x, struct arena *a,
                 struct call_expired *ret, struct err *e)
{
    struct call_expired done = {.last_time = x->after_time, .last_id = x->after_id};
    struct keys page;

    if (!read_page(db, x, a, &page, &done, e))
        return err_trace(e);
    if (page.n > 0 && (!db_begin(db, e) || !db_end(db, expire_page(db, x, &page, a, &done, e), e)))
        return err_trace(e);
    *ret = done;
    return true;
}
