/*
 * Lines are taken one by one. Acknowledgements are gathered into pages, each one question to the
 * store; what clients saw is held against the line before of the same client, and against the head
 * of the feed.
 */
#include "ops/verify_acks.h"

#include <search.h>

#include "base/arena.h"
#include "feed/feed.h"
#include "ops/internal.h"

enum { LINE_LONGEST = 4096, NOBODY = -1 };

/* A project as the log names it. */
struct owner {
    struct str name;
    int64_t project; /* NOBODY: there is none */
    struct feed_head head;
};

struct client {
    const struct owner *owner;
    struct str name, epoch;
    int64_t last;  /* seq of the last event that it saw */
    bool anywhere; /* its next event may be any */
};

struct audit {
    struct db *db;
    struct verify_acks *v;
    struct verify_findings findings;
    struct arena *a;    /* what is kept to the end */
    struct arena *page; /* until the next question */
    void *owners, *clients;
    int64_t line;
    size_t n;
    int64_t projects[VERIFY_PAGE], lines[VERIFY_PAGE];
    struct str keys[VERIFY_PAGE];
    int64_t floor_of, floor; /* of the project that was asked about last in this page */
};

#define find(au_, format_, ...)                                                                    \
    verify_find(&(au_)->findings, "line %lld: " format_, (long long)(au_)->line, __VA_ARGS__)

// --- acknowledged --------------------------------------------------------------------------------

/* Below which row the retention may have deleted; 0: it never has. Asked behind the page, as it may
 * run meanwhile. */
static bool read_floor(struct audit *au, int64_t project, struct err *e)
{
    static const struct column columns[] = {{"inbox_from", COLUMN_INT, 0}};
    bool found;

    if (project == au->floor_of)
        return true;
    au->floor = 0;
    au->floor_of = project;
    return project == NOBODY ||
           db_query_one(au->db, Q_VERIFY_FLOORS, BINDS(bind_int("project", project)), columns,
                        LEN(columns), au->page, &au->floor, &found, e) ||
           err_trace(e);
}

static bool tell_missing(struct audit *au, struct rows *rows, struct err *e)
{
    const struct str key = verify_shown(rows_str(rows, "dedupe_key"));
    const int64_t stored = rows_int(rows, "stored");

    if (!read_floor(au, rows_int(rows, "project_id"), e))
        return err_trace(e);
    if (stored == 0 && au->floor > 0)
        au->v->unknown++;
    else if (stored == 0)
        verify_find(&au->findings,
                    "line %lld: event " STR_FMT " was acknowledged and is not in the store",
                    (long long)rows_int(rows, "line"), STR_ARG(key));
    else
        verify_find(&au->findings,
                    "line %lld: event " STR_FMT " was acknowledged and is stored %lld times",
                    (long long)rows_int(rows, "line"), STR_ARG(key), (long long)stored);
    return true;
}

static bool flush(struct audit *au, struct err *e)
{
    struct rows *rows;

    if (au->n == 0)
        return true;
    if (!db_query(au->db, Q_VERIFY_ACKS,
                  BINDS(bind_ints("project", au->projects, au->n),
                        bind_strs("dedupe_key", au->keys, au->n),
                        bind_ints("line", au->lines, au->n)),
                  au->page, &rows, e))
        return err_trace(e);
    au->floor_of = INT_NONE;
    while (rows_next(rows))
        if (!tell_missing(au, rows, e))
            return err_trace(e);
    if (!rows_end(rows, e))
        return err_trace(e);
    arena_reset(au->page);
    au->n = 0;
    return true;
}

static bool on_ack(struct audit *au, struct owner *owner, struct str key, struct err *e)
{
    if (str_is_empty(key))
        return err_set(e, ERR_INVALID, "line %lld: ack without a key", (long long)au->line);
    au->projects[au->n] = owner->project;
    au->lines[au->n] = au->line;
    au->keys[au->n++] = str_dup(key, au->page);
    au->v->acked++;
    return au->n < VERIFY_PAGE || flush(au, e) || err_trace(e);
}

// --- seen ----------------------------------------------------------------------------------------

struct client_line {
    struct str client, epoch;
    int64_t first, last;
};

/* One that another can follow. */
static bool cut_seq(struct str *in, int64_t *ret)
{
    uint64_t seq;

    if (!cut_u64(in, &seq) || seq >= INT64_MAX)
        return false;
    *ret = (int64_t)seq;
    return true;
}

/* CLIENT EPOCH FIRST[-LAST] */
static bool read_client_line(struct str in, struct client_line *ret)
{
    if (!cut_until(&in, ' ', &ret->client) || !cut_until(&in, ' ', &ret->epoch) ||
        !cut_seq(&in, &ret->first))
        return false;
    ret->last = ret->first;
    if (cut_char(&in, '-') && !cut_seq(&in, &ret->last))
        return false;
    return in.n == 0 && ret->last >= ret->first && ret->client.n > 0 && ret->epoch.n > 0;
}

static int compare_clients(const void *a, const void *b)
{
    const struct client *x = a, *y = b;

    return x->owner == y->owner ? str_cmp(x->name, y->name) : x->owner < y->owner ? -1 : 1;
}

static struct client *client_of(struct audit *au, const struct owner *owner, struct str name)
{
    const struct client key = {.owner = owner, .name = name};
    struct client *const *known = tfind(&key, &au->clients, compare_clients);

    if (known)
        return *known;
    struct client *c = arena_new(au->a, struct client, 1);
    *c = (struct client){.owner = owner, .name = str_dup(name, au->a), .anywhere = true};
    if (!tsearch(c, &au->clients, compare_clients))
        mem_exhausted();
    au->v->clients++;
    return c;
}

/* An epoch is text of its own only once for a client: it changes with a restore, hardly ever. */
static void starts(struct audit *au, struct client *c, struct str epoch)
{
    if (!str_eq(c->epoch, epoch))
        c->epoch = str_dup(epoch, au->a);
}

static void check_order(struct audit *au, const struct client *c, const struct client_line *l)
{
    if (c->anywhere || l->first == c->last + 1)
        return;
    if (l->first <= c->last)
        find(au, "client " STR_FMT " saw event %lld again, or late: it had seen event %lld",
             STR_ARG(c->name), (long long)l->first, (long long)c->last);
    else
        find(au, "client " STR_FMT " missed %lld to %lld: it saw event %lld after event %lld",
             STR_ARG(c->name), (long long)c->last + 1, (long long)l->first - 1, (long long)l->first,
             (long long)c->last);
}

/* The feed may have grown since its head was read. */
static bool refresh(struct audit *au, struct owner *owner, struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct feed_head head;

    if (owner->project == NOBODY)
        return true;
    if (!feed_head(au->db, owner->project, a, &head, e))
        return err_trace(e);
    if (!str_eq(head.epoch, owner->head.epoch))
        owner->head.epoch = str_dup(head.epoch, au->a);
    owner->head.last_seq = head.last_seq;
    owner->head.first_seq = head.first_seq;
    return true;
}

static bool check_feed(struct audit *au, struct owner *owner, const struct client_line *l,
                       struct err *e)
{
    if (l->last > owner->head.last_seq && !refresh(au, owner, e))
        return err_trace(e);
    if (str_eq(l->epoch, owner->head.epoch) && l->last > owner->head.last_seq)
        find(au, "client " STR_FMT " saw event %lld, the feed of project %lld ends with %lld",
             STR_ARG(l->client), (long long)l->last, (long long)owner->project,
             (long long)owner->head.last_seq);
    return true;
}

static bool unreadable(const struct audit *au, const char *what, struct err *e)
{
    err_set(e, ERR_INVALID, "line %lld of the acknowledgement log cannot be read",
            (long long)au->line);
    return err_fix(e, "write %s", what);
}

/* No further than there are numbers, whatever the log says. */
static void count_seen(struct verify_acks *v, int64_t n)
{
    v->seen += n < INT64_MAX - v->seen ? n : INT64_MAX - v->seen;
}

static bool on_saw(struct audit *au, struct owner *owner, struct str rest, struct err *e)
{
    struct client_line l;

    if (!read_client_line(rest, &l))
        return unreadable(au, "saw PROJECT CLIENT EPOCH SEQ[-SEQ]", e);
    struct client *c = client_of(au, owner, l.client);
    c->anywhere = c->anywhere || !str_eq(c->epoch, l.epoch);
    check_order(au, c, &l);
    starts(au, c, l.epoch);
    c->anywhere = false;
    c->last = l.last > c->last ? l.last : c->last;
    count_seen(au->v, l.last - l.first + 1);
    return check_feed(au, owner, &l, e) || err_trace(e);
}

static bool on_from(struct audit *au, struct owner *owner, struct str rest, struct err *e)
{
    struct client_line l;

    if (!read_client_line(rest, &l))
        return unreadable(au, "from PROJECT CLIENT EPOCH SEQ", e);
    struct client *c = client_of(au, owner, l.client);
    starts(au, c, l.epoch);
    c->anywhere = false;
    c->last = l.last;
    return true;
}

static bool on_end(struct audit *au, struct owner *owner, struct str rest, struct err *e)
{
    const struct client *c = client_of(au, owner, rest);

    if (!refresh(au, owner, e))
        return err_trace(e);
    const int64_t last = str_eq(c->epoch, owner->head.epoch) ? c->last : 0;
    if (last != owner->head.last_seq)
        find(au, "client " STR_FMT " ended with event %lld, the feed of project %lld with %lld",
             STR_ARG(c->name), (long long)last, (long long)owner->project,
             (long long)owner->head.last_seq);
    return true;
}

// --- projects ------------------------------------------------------------------------------------

static int compare_owners(const void *a, const void *b)
{
    return str_cmp(((const struct owner *)a)->name, ((const struct owner *)b)->name);
}

static bool resolve(struct audit *au, struct owner *owner, struct err *e)
{
    static const struct column columns[] = {{"project_id", COLUMN_INT, 0}};
    bool found = str_to_id(owner->name, &owner->project);

    if (!found &&
        !db_query_one(au->db, Q_VERIFY_ACCOUNT, BINDS(bind_str("account_sid", owner->name)),
                      columns, LEN(columns), au->a, &owner->project, &found, e))
        return err_trace(e);
    if (!found)
        owner->project = NOBODY;
    if (found && !refresh(au, owner, e)) {
        if (e->code != ERR_NOT_FOUND)
            return err_trace(e);
        err_clear(e);
        owner->project = NOBODY;
    }
    if (owner->project == NOBODY)
        find(au, STR_FMT " is neither a project of this store nor an account of one",
             STR_ARG(owner->name));
    return true;
}

static bool owner_of(struct audit *au, struct str name, struct owner **ret, struct err *e)
{
    const struct owner key = {.name = name};
    struct owner *const *known = tfind(&key, &au->owners, compare_owners);

    if (known) {
        *ret = *known;
        return true;
    }
    struct owner *owner = arena_new(au->a, struct owner, 1);
    owner->name = str_dup(name, au->a);
    if (!resolve(au, owner, e))
        return err_trace(e);
    if (!tsearch(owner, &au->owners, compare_owners))
        mem_exhausted();
    *ret = owner;
    return true;
}

// --- lines ---------------------------------------------------------------------------------------

static const struct {
    struct str word;
    bool (*take)(struct audit *au, struct owner *owner, struct str rest, struct err *e);
} kinds[] = {
    {STR("ack"), on_ack},
    {STR("from"), on_from},
    {STR("saw"), on_saw},
    {STR("end"), on_end},
};

static bool take_line(struct audit *au, struct str line, struct err *e)
{
    struct str word, project;
    struct owner *owner;

    if (line.n == 0 || line.p[0] == '#')
        return true;
    if (!str_is_utf8(line)) // no text of a store
        return unreadable(au, "it in UTF-8", e);
    if (!cut_until(&line, ' ', &word) || !cut_until(&line, ' ', &project) || project.n == 0)
        return unreadable(au, "a word, a project and what belongs to the word", e);
    for (size_t i = 0; i < LEN(kinds); i++)
        if (str_eq(word, kinds[i].word))
            return (owner_of(au, project, &owner, e) && kinds[i].take(au, owner, line, e)) ||
                   err_trace(e);
    return unreadable(au, "one of ack, from, saw, end", e);
}

static bool take_all(struct audit *au, struct err *e)
{
    char text[LINE_LONGEST];

    while (fgets(text, sizeof text, au->v->log)) {
        struct str rest = str_from(text), line;
        au->line++;
        if (!cut_until(&rest, '\n', &line)) {
            if (feof(au->v->log))
                break; // torn off
            return unreadable(au, "lines of less than 4096 bytes, and no zero", e);
        }
        if (!take_line(au, line, e))
            return err_trace(e);
    }
    if (ferror(au->v->log))
        return err_set(e, ERR_UNAVAILABLE, "the acknowledgement log cannot be read");
    return flush(au, e) || err_trace(e);
}

static void keep(void *node)
{
    (void)node; // the arena's
}

bool verify_acks(struct db *db, struct verify_acks *v, struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0), *page = arena_create(0);
    struct audit *au = arena_new(a, struct audit, 1);

    *au = (struct audit){.db = db, .v = v, .a = a, .page = page};
    au->findings = (struct verify_findings){.on_finding = v->on_finding, .arg = v->arg};
    const bool ok = take_all(au, e);
    tdestroy(au->clients, keep);
    tdestroy(au->owners, keep);
    v->findings = au->findings.n;
    return ok || err_trace(e);
}
