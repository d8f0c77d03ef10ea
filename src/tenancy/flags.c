#include "tenancy/flags.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "tenancy/audit.h"
#include "tenancy/installation.h"
#include "tenancy/project.h"

enum { SHARE_ALL = 100, TEXT_MAX = 1024, PROJECTS_MAX = 1000000 };

static const struct {
    struct str name, words;
} table[] = {
#define X(flag, name, words) [FLAG_##flag] = {STR(name), STR(words)},
    FLAGS(X)
#undef X
};
static_assert(LEN(table) == FLAG_COUNT, "every flag has a name");

static const struct str installation_flags = STR("flags");

// --- values --------------------------------------------------------------------------------------

static int64_t widest(enum flag f)
{
    struct str words = table[f].words, word;
    int64_t n = -1;

    while (cut_field(&words, ' ', &word))
        n++;
    return n < 0 ? SHARE_ALL : n;
}

struct flags flags_none(void)
{
    struct flags f;

    for (size_t i = 0; i < FLAG_COUNT; i++)
        f.v[i] = INT_NONE;
    return f;
}

struct flags flags_widest(void)
{
    struct flags f;

    for (size_t i = 0; i < FLAG_COUNT; i++)
        f.v[i] = widest((enum flag)i);
    return f;
}

struct flags flags_override(const struct flags *under, const struct flags *over)
{
    struct flags f = *under;

    for (size_t i = 0; i < FLAG_COUNT; i++)
        if (over->v[i] != INT_NONE)
            f.v[i] = over->v[i];
    return f;
}

struct flags flags_narrow(const struct flags *x, const struct flags *y)
{
    struct flags f = *x;

    for (size_t i = 0; i < FLAG_COUNT; i++)
        if (f.v[i] == INT_NONE || (y->v[i] != INT_NONE && y->v[i] < f.v[i]))
            f.v[i] = y->v[i];
    return f;
}

// --- words ---------------------------------------------------------------------------------------

const char *flag_name(enum flag f)
{
    return table[f].name.p;
}

const char *flag_words(enum flag f)
{
    return table[f].words.p;
}

bool flag_find(struct str name, enum flag *ret)
{
    for (size_t i = 0; i < FLAG_COUNT; i++)
        if (str_eq(name, table[i].name)) {
            *ret = (enum flag)i;
            return true;
        }
    return false;
}

static bool place_of(struct str words, struct str wanted, int64_t *ret)
{
    struct str word;

    for (int64_t i = 0; cut_field(&words, ' ', &word); i++)
        if (str_eq(word, wanted)) {
            *ret = i;
            return true;
        }
    return false;
}

bool flag_parse(enum flag f, struct str text, int64_t *ret, struct err *e)
{
    int64_t n;

    if (str_is_empty(text)) {
        *ret = INT_NONE;
        return true;
    }
    if (!str_is_empty(table[f].words))
        return place_of(table[f].words, text, ret) ||
               err_set(e, ERR_INVALID, "%s: one of these words expected: %s", table[f].name.p,
                       table[f].words.p);
    if (!str_to_i64(text, &n) || n < 0 || n > SHARE_ALL)
        return err_set(e, ERR_INVALID, "%s: a number from 0 to %d expected", table[f].name.p,
                       SHARE_ALL);
    *ret = n;
    return true;
}

struct str flag_text(enum flag f, int64_t value, struct arena *a)
{
    struct str words = table[f].words, word = STR_NONE;

    if (value == INT_NONE)
        return STR_NONE;
    if (str_is_empty(words))
        return str_fmt(a, "%lld", (long long)value);
    for (int64_t i = 0; i <= value; i++) {
        const bool has = cut_field(&words, ' ', &word);
        assert(has);
    }
    return word;
}

struct str flags_text(const struct flags *f, struct arena *a)
{
    struct buf text;

    buf_init(&text, TEXT_MAX);
    for (size_t i = 0; i < FLAG_COUNT; i++)
        if (f->v[i] != INT_NONE)
            buf_fmt(&text, "%s" STR_FMT "=" STR_FMT, text.n > 0 ? " " : "", STR_ARG(table[i].name),
                    STR_ARG(flag_text((enum flag)i, f->v[i], a)));
    const struct str all = text.n > 0 ? str_dup(buf_view(&text), a) : STR_NONE;
    buf_finish(&text);
    return all;
}

struct flags flags_read(struct str text)
{
    struct flags f = flags_none();
    struct str pair, name;

    while (cut_field(&text, ' ', &pair)) {
        struct err unknown;
        enum flag flag;
        int64_t value;
        if (cut_until(&pair, '=', &name) && flag_find(name, &flag) &&
            flag_parse(flag, pair, &value, &unknown))
            f.v[flag] = value;
    }
    return f;
}

// --- the store -----------------------------------------------------------------------------------

static bool read_own(struct db *db, enum query q, int64_t project, struct arena *a, struct str *ret,
                     struct err *e)
{
    static const struct column columns[] = {{"flags", COLUMN_STR, 0}};
    bool found;

    if (!db_query_one(db, q, BINDS(bind_int("project", project)), columns, LEN(columns), a, ret,
                      &found, e))
        return err_trace(e);
    return found || err_set(e, ERR_NOT_FOUND, "there is no such thing here");
}

bool flags_get(struct db *db, int64_t project, struct arena *a, struct flags *ret, struct err *e)
{
    struct str text = STR_NONE;

    if (project == FLAGS_INSTALLATION ? !installation_get(db, installation_flags, a, &text, e)
                                      : !read_own(db, Q_FLAGS_OF_PROJECT, project, a, &text, e))
        return err_trace(e);
    *ret = flags_read(text);
    return true;
}

static bool hold(struct db *db, int64_t project, struct arena *a, struct str *ret, struct err *e)
{
    if (project != FLAGS_INSTALLATION)
        return read_own(db, Q_FLAGS_HOLD, project, a, ret, e) || err_trace(e);
    return (installation_hold(db, installation_flags, e) &&
            installation_get(db, installation_flags, a, ret, e)) ||
           err_trace(e);
}

static bool put(struct db *db, int64_t project, struct str text, struct err *e)
{
    if (project == FLAGS_INSTALLATION)
        return installation_set(db, installation_flags, str_is_none(text) ? STR("") : text, e) ||
               err_trace(e);
    return db_exec(db, Q_FLAGS_SET, BINDS(bind_int("project", project), bind_str("flags", text)),
                   NULL, e) ||
           err_trace(e);
}

/* Words of ours, which need no escaping. */
static struct str quoted(struct str text, struct arena *a)
{
    return str_is_none(text) ? STR("null") : str_fmt(a, "\"" STR_FMT "\"", STR_ARG(text));
}

static bool tell(struct db *db, const struct audit_entry *entry, usec_t now, struct arena *a,
                 struct err *e)
{
    struct project p;
    bool found;

    if (entry->project == FLAGS_INSTALLATION)
        return audit_append_first(db, entry, now, a, e) || err_trace(e);
    return (project_find(db, entry->project, a, &p, &found, e) &&
            audit_append(db, p.org, entry, now, a, e)) ||
           err_trace(e);
}

bool flags_change(struct db *db, const struct flags_change *c, const struct audit_entry *by,
                  usec_t now, struct arena *a, struct err *e)
{
    const bool all = c->project == FLAGS_INSTALLATION;
    struct audit_entry entry = *by;
    struct str text = STR_NONE;

    if (!hold(db, c->project, a, &text, e))
        return err_trace(e);
    struct flags f = flags_read(text);
    const struct str before = flags_text(&f, a);
    for (size_t i = 0; i < FLAG_COUNT; i++)
        if (c->given[i])
            f.v[i] = c->flags.v[i];
    const struct str after = flags_text(&f, a);
    entry.project = c->project;
    entry.action = "flags.changed";
    entry.entity = all ? "installation" : "project";
    entry.entity_id = all ? STR("1") : str_fmt(a, "%lld", (long long)c->project);
    entry.details = str_fmt(a, "{\"before\":" STR_FMT ",\"after\":" STR_FMT "}",
                            STR_ARG(quoted(before, a)), STR_ARG(quoted(after, a)));
    return (put(db, c->project, after, e) && tell(db, &entry, now, a, e)) || err_trace(e);
}

// --- the board -----------------------------------------------------------------------------------

struct narrowed {
    int64_t project;
    struct flags flags;
};

/* Never changed once it hangs on the board. */
struct sheet {
    struct sheet *before; /* among the old ones */
    struct flags all;     /* where no project narrows it */
    size_t n;
    struct narrowed projects[]; /* by project */
};

/* Readers count themselves in before they look and out when they have read. Who counts none after
 * another sheet hangs there knows that nobody reads an old one: a later reader finds the new one.
 * For this the four steps need one order (seq_cst). */
struct flag_board {
    struct flags preset;
    _Atomic size_t readers;
    _Atomic(struct sheet *) present;
    struct sheet *old; /* of the thread that loads */
};

/* Reading takes far less than a load, so what stays for a reader goes with the next one. */
static void drop_old(struct flag_board *b)
{
    if (atomic_load(&b->readers) > 0)
        return;
    while (b->old) {
        struct sheet *s = b->old;
        b->old = s->before;
        free(s);
    }
}

static void hang(struct flag_board *b, struct sheet *s)
{
    struct sheet *before = atomic_exchange(&b->present, s);

    before->before = b->old;
    b->old = before;
}

struct flag_board *flag_board_create(const struct flags *preset)
{
    struct flag_board *b = NEW(struct flag_board);
    struct sheet *s = NEW(struct sheet);

    b->preset = s->all = *preset;
    atomic_init(&b->readers, 0);
    atomic_init(&b->present, s);
    return b;
}

void flag_board_destroy(struct flag_board *b)
{
    if (!b)
        return;
    drop_old(b);
    free(atomic_load(&b->present));
    free(b);
}

size_t flag_board_sheets(const struct flag_board *b)
{
    size_t n = 1;

    for (const struct sheet *s = b->old; s; s = s->before)
        n++;
    return n;
}

static int by_project(const void *a, const void *b)
{
    const struct narrowed *x = a, *y = b;

    return (x->project > y->project) - (x->project < y->project);
}

static struct sheet *write_sheet(const struct flag_board *b, struct narrowed *rows, size_t n)
{
    struct sheet *s = mem_alloc(sizeof *s + n * sizeof s->projects[0]);

    s->all = b->preset;
    if (n > 0)
        qsort(rows, n, sizeof *rows, by_project); // the installation, when it says something, first
    for (size_t i = 0; i < n; i++) {
        if (rows[i].project == FLAGS_INSTALLATION) {
            s->all = flags_override(&b->preset, &rows[i].flags);
            continue;
        }
        s->projects[s->n].project = rows[i].project;
        s->projects[s->n++].flags = flags_narrow(&s->all, &rows[i].flags);
    }
    return s;
}

static bool is_same(const struct sheet *x, const struct sheet *y)
{
    return x->n == y->n && memcmp(&x->all, &y->all, sizeof x->all) == 0 &&
           memcmp(x->projects, y->projects, x->n * sizeof x->projects[0]) == 0;
}

static bool read_rows(struct db *db, struct arena *a, struct narrowed **ret, size_t *ret_n,
                      struct err *e)
{
    struct rows *rows;
    size_t n = 0, cap = 16;
    struct narrowed *list = arena_new(a, struct narrowed, cap);

    if (!db_query(db, Q_FLAGS_LOAD, NO_BINDS, a, &rows, e))
        return err_trace(e);
    while (n < PROJECTS_MAX && rows_next(rows)) {
        if (n == cap) {
            struct narrowed *wider = arena_new(a, struct narrowed, cap * 2);
            memcpy(wider, list, n * sizeof *list);
            list = wider;
            cap *= 2;
        }
        list[n++] =
            (struct narrowed){rows_int(rows, "project_id"), flags_read(rows_str(rows, "flags"))};
    }
    if (!rows_end(rows, e))
        return err_trace(e);
    *ret = list;
    *ret_n = n;
    return true;
}

bool flag_board_load(struct flag_board *b, struct db *db, bool *ret_changed, struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct narrowed *rows;
    size_t n;

    if (!read_rows(db, a, &rows, &n, e))
        return err_trace(e);
    struct sheet *s = write_sheet(b, rows, n);
    *ret_changed = !is_same(s, atomic_load(&b->present));
    if (*ret_changed)
        hang(b, s);
    else
        free(s);
    drop_old(b);
    return true;
}

static struct flags read_sheet(const struct sheet *s, int64_t project)
{
    const struct narrowed key = {.project = project};
    const struct narrowed *own =
        s->n > 0 ? bsearch(&key, s->projects, s->n, sizeof key, by_project) : NULL;

    return own ? own->flags : s->all;
}

struct flags flag_board_of(struct flag_board *b, int64_t project)
{
    atomic_fetch_add(&b->readers, 1);
    const struct flags f = read_sheet(atomic_load(&b->present), project);
    atomic_fetch_sub(&b->readers, 1);
    return f;
}

int64_t flag_board_value(struct flag_board *b, int64_t project, enum flag f)
{
    return flag_board_of(b, project).v[f];
}

struct flags flag_board_preset(const struct flag_board *b)
{
    return b->preset;
}

int64_t flag_board_share(struct flag_board *b, int64_t project)
{
    const struct flags f = flag_board_of(b, project);

    return f.v[FLAG_INGESTION] == INGESTION_ON ? f.v[FLAG_WORKER_SHARE] : 0;
}
