#include "tenancy/audit.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/crypto.h"
#include "base/json.h"

enum { ENTRY_MAX = 64 * 1024, CHANGE_MAX = 16 * 1024, WALK = 500, LIST_MAX = 1000 };

#define TIME_LAST INT64_C(253402300799000000) // 9999-12-31T23:59:59Z

/* Where every chain begins. */
static const struct str genesis = STR("hookswitch audit");

// --- one entry -----------------------------------------------------------------------------------

static const char *const actor_kinds[] = {
    [ACTOR_NOBODY] = "system",
    [ACTOR_API_KEY] = "api_key",
    [ACTOR_USER] = "user",
};

/* A netstring, so that no piece can pretend to be two. */
static void add_piece(struct buf *text, struct str piece)
{
    buf_u64(text, piece.n);
    buf_char(text, ':');
    buf_str(text, piece);
    buf_char(text, ',');
}

static void add_number(struct buf *text, int64_t n)
{
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%lld", (long long)n);

    add_piece(text, (struct str){digits, (size_t)length});
}

static struct str hash_of(struct str before, int64_t org, const struct audit_row *r,
                          struct arena *a)
{
    const struct str texts[] = {r->actor_kind, r->actor_name, r->action,  r->entity_type,
                                r->entity_id,  r->details,    r->address, r->trace_id};
    const int64_t numbers[] = {org, r->seq, r->project, r->actor_id, r->ts};
    struct buf text;

    buf_init(&text, ENTRY_MAX);
    add_piece(&text, before);
    for (size_t i = 0; i < LEN(numbers); i++)
        add_number(&text, numbers[i]);
    for (size_t i = 0; i < LEN(texts); i++)
        add_piece(&text, texts[i]);
    const struct str hash = sha256_hex(buf_view(&text), a);
    buf_finish(&text);
    return hash;
}

// --- append --------------------------------------------------------------------------------------

/* The end of a chain. */
struct head {
    int64_t org, seq;
    struct str hash;
};

static const struct column head_columns[] = {
    {"org_id", COLUMN_INT, offsetof(struct head, org)},
    {"last_seq", COLUMN_INT, offsetof(struct head, seq)},
    {"hash", COLUMN_STR, offsetof(struct head, hash)},
};

static bool hold_heads(struct db *db, const int64_t *orgs, size_t n, struct arena *a,
                       struct head *ret, struct err *e)
{
    struct rows *rows;
    size_t found = 0;

    if (!db_exec(db, Q_AUDIT_HEAD_ADD,
                 BINDS(bind_ints("org", orgs, n), bind_str("hash", sha256_hex(genesis, a))), NULL,
                 e) ||
        !db_query(db, Q_AUDIT_HEAD_LOCK, BINDS(bind_ints("org", orgs, n)), a, &rows, e))
        return err_trace(e);
    while (found < n && rows_next(rows))
        rows_read(rows, head_columns, LEN(head_columns), &ret[found++]);
    if (!rows_end(rows, e))
        return err_trace(e);
    return found == n || err_set(e, ERR_INTERNAL, "the audit log has lost its head");
}

static struct audit_row row_of(const struct audit_entry *in, usec_t now)
{
    return (struct audit_row){
        .project = in->project ? in->project : INT_NONE,
        .ts = now,
        .actor_kind = str_from(actor_kinds[in->who->kind]),
        .actor_id = in->who->id ? in->who->id : INT_NONE,
        .actor_name = str_is_none(in->who->name) ? STR("system") : in->who->name,
        .action = str_from(in->action),
        .entity_type = str_from(in->entity),
        .entity_id = in->entity_id,
        .details = str_is_none(in->details) ? STR("{}") : in->details,
        .address = in->address,
        .trace_id = in->trace_id,
    };
}

/* The same entry at the ends of several chains, all in the same few statements however many they
 * are: how long a sign-in takes does not tell for how many organisations somebody works. orgs:
 * ascending. */
static bool append_to(struct db *db, const int64_t *orgs, size_t n, const struct audit_entry *in,
                      usec_t now, struct arena *a, struct err *e)
{
    struct audit_row row = row_of(in, now);
    struct head *heads = arena_new(a, struct head, n);
    int64_t *seqs = arena_new(a, int64_t, n);
    struct str *hashes = arena_new(a, struct str, n);

    if (!hold_heads(db, orgs, n, a, heads, e))
        return err_trace(e);
    for (size_t i = 0; i < n; i++) {
        assert(heads[i].org == orgs[i]);
        seqs[i] = row.seq = heads[i].seq + 1;
        hashes[i] = hash_of(heads[i].hash, orgs[i], &row, a);
    }
    return (db_exec(db, Q_AUDIT_ADD,
                    BINDS(bind_ints("org", orgs, n), bind_ints("seq", seqs, n),
                          bind_int("project", row.project), bind_time("ts", row.ts),
                          bind_str("actor_kind", row.actor_kind),
                          bind_int("actor_id", row.actor_id),
                          bind_str("actor_name", row.actor_name), bind_str("action", row.action),
                          bind_str("entity_type", row.entity_type),
                          bind_str("entity_id", row.entity_id), bind_str("details", row.details),
                          bind_str("address", row.address), bind_str("trace_id", row.trace_id),
                          bind_strs("hash", hashes, n)),
                    NULL, e) &&
            db_exec(db, Q_AUDIT_HEAD_SET,
                    BINDS(bind_ints("org", orgs, n), bind_ints("seq", seqs, n),
                          bind_strs("hash", hashes, n)),
                    NULL, e)) ||
           err_trace(e);
}

bool audit_append(struct db *db, int64_t org, const struct audit_entry *in, usec_t now,
                  struct arena *a, struct err *e)
{
    return append_to(db, &org, 1, in, now, a, e) || err_trace(e);
}

/* An organisation that somebody does not belong to is not told who they are. */
static struct audit_entry without_name(const struct audit_entry *in)
{
    static const struct actor nobody = {.kind = ACTOR_NOBODY, .name = STR_NONE};
    struct audit_entry out = *in;

    if (in->who->kind == ACTOR_USER)
        out.who = &nobody;
    out.entity_id = STR("unknown");
    return out;
}

bool audit_append_everywhere(struct db *db, int64_t user, const struct audit_entry *in, usec_t now,
                             struct arena *a, struct err *e)
{
    struct rows *rows;
    struct audit_entry entry = *in;
    int64_t orgs[64];
    size_t n = 0;

    if (!db_query(db, Q_USER_ORGS, BINDS(bind_int("user", user)), a, &rows, e))
        return err_trace(e);
    while (n < LEN(orgs) && rows_next(rows)) {
        orgs[n++] = rows_int(rows, "org_id");
        if (rows_int(rows, "user_id") == INT_NONE)
            entry = without_name(in);
    }
    if (!rows_end(rows, e))
        return err_trace(e);
    return n == 0 || append_to(db, orgs, n, &entry, now, a, e) || err_trace(e);
}

bool audit_append_first(struct db *db, const struct audit_entry *in, usec_t now, struct arena *a,
                        struct err *e)
{
    static const struct column columns[] = {{"id", COLUMN_INT, 0}};
    int64_t org;
    bool found;

    if (!db_query_one(db, Q_ORG_FIRST, NO_BINDS, columns, LEN(columns), a, &org, &found, e) ||
        (found && !audit_append(db, org, in, now, a, e)))
        return err_trace(e);
    return true;
}

struct str audit_change(struct str before, struct str after, struct arena *a)
{
    struct json_writer w;
    struct buf text;

    buf_init(&text, CHANGE_MAX);
    json_init(&w, &text);
    json_open_object(&w);
    json_member_str(&w, STR("before"), before);
    json_member_str(&w, STR("after"), after);
    json_close_object(&w);
    const struct str details = str_dup(buf_view(&text), a);
    buf_finish(&text);
    return details;
}

// --- read ----------------------------------------------------------------------------------------

static const struct column row_columns[] = {
    {"seq", COLUMN_INT, offsetof(struct audit_row, seq)},
    {"project_id", COLUMN_INT, offsetof(struct audit_row, project)},
    {"ts", COLUMN_TIME, offsetof(struct audit_row, ts)},
    {"actor_kind", COLUMN_STR, offsetof(struct audit_row, actor_kind)},
    {"actor_id", COLUMN_INT, offsetof(struct audit_row, actor_id)},
    {"actor_name", COLUMN_STR, offsetof(struct audit_row, actor_name)},
    {"action", COLUMN_STR, offsetof(struct audit_row, action)},
    {"entity_type", COLUMN_STR, offsetof(struct audit_row, entity_type)},
    {"entity_id", COLUMN_STR, offsetof(struct audit_row, entity_id)},
    {"details", COLUMN_STR, offsetof(struct audit_row, details)},
    {"address", COLUMN_STR, offsetof(struct audit_row, address)},
    {"trace_id", COLUMN_STR, offsetof(struct audit_row, trace_id)},
};
/* What is known beside the chain. */
static const struct column name_columns[] = {
    {"entity_name", COLUMN_STR, offsetof(struct audit_row, entity_name)},
};

/* Of a project in its own scope, which is a wall; else by the index of what lets the fewest
 * through. */
static enum query way_of(const struct audit_filter *f)
{
    if (f->project != INT_NONE)
        return Q_AUDIT_LIST_OF_PROJECT;
    if (!str_is_none(f->actor))
        return Q_AUDIT_LIST_BY_ACTOR;
    return str_is_none(f->action) ? Q_AUDIT_LIST : Q_AUDIT_LIST_BY_ACTION;
}

bool audit_list(struct db *db, const struct audit_filter *f, struct arena *a,
                struct audit_row **ret, size_t *ret_n, struct err *e)
{
    const int64_t limit = f->page.limit < LIST_MAX ? f->page.limit : LIST_MAX;
    struct audit_row *list = arena_new(a, struct audit_row, (size_t)limit);
    struct rows *rows;
    size_t n = 0;

    if (!db_query(db, way_of(f),
                  BINDS(bind_int("org", f->org), bind_int("project", f->project),
                        bind_int("before", f->page.from == INT_NONE ? INT64_MAX : f->page.from),
                        bind_str("action", f->action), bind_str("actor", f->actor),
                        bind_str("entity", f->entity),
                        bind_time("since", f->since == TIME_NONE ? 0 : f->since),
                        bind_time("until", f->until == TIME_NONE ? TIME_LAST : f->until),
                        bind_int("limit", limit)),
                  a, &rows, e))
        return err_trace(e);
    while (n < (size_t)limit && rows_next(rows)) {
        rows_read(rows, row_columns, LEN(row_columns), &list[n]);
        rows_read(rows, name_columns, LEN(name_columns), &list[n++]);
    }
    if (!rows_end(rows, e))
        return err_trace(e);
    *ret = list;
    *ret_n = n;
    return true;
}

// --- verify --------------------------------------------------------------------------------------

struct walk {
    int64_t org;
    struct head at; /* its hash is in `hash` once something was read */
    char hash[SHA256_LEN * 2];
    void (*tell)(struct str what, void *arg);
    void *arg;
    bool broken;
};

static void tell_break(struct walk *w, const char *what, int64_t seq)
{
    char text[160];
    const int n = snprintf(text, sizeof text, "audit log of organisation %lld: %s %lld",
                           (long long)w->org, what, (long long)seq);

    w->broken = true;
    w->tell((struct str){text, (size_t)n}, w->arg);
}

static void check(struct walk *w, const struct audit_row *row, struct str hash, struct arena *a)
{
    const struct str due = hash_of(w->at.hash, w->org, row, a);

    if (row->seq != w->at.seq + 1)
        tell_break(w, "entries are missing before", row->seq);
    else if (!str_eq(due, hash))
        tell_break(w, "this entry, or one before it, is not what was written:", row->seq);
    w->at = (struct head){w->org, row->seq, hash};
}

/* Some entries from w->at on, as far as `last`: what is written meanwhile is for the next audit. */
static bool walk_some(struct db *db, struct walk *w, int64_t last, struct arena *a, size_t *ret_n,
                      struct err *e)
{
    struct rows *rows;
    size_t n = 0;

    if (!db_query(
            db, Q_AUDIT_WALK,
            BINDS(bind_int("org", w->org), bind_int("after", w->at.seq), bind_int("limit", WALK)),
            a, &rows, e))
        return err_trace(e);
    while (!w->broken && rows_next(rows)) {
        struct audit_row row;
        rows_read(rows, row_columns, LEN(row_columns), &row);
        if (row.seq > last)
            continue;
        check(w, &row, rows_str(rows, "hash"), a);
        n++;
    }
    if (!w->broken && !rows_end(rows, e))
        return err_trace(e);
    *ret_n = n;
    return true;
}

static bool walk_chain(struct db *db, struct walk *w, const struct head *end, int64_t *entries,
                       struct err *e)
{
    size_t n = 1;

    while (n > 0 && w->at.seq < end->seq && !w->broken) {
        _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
        if (!walk_some(db, w, end->seq, a, &n, e))
            return err_trace(e);
        if (w->at.hash.n != sizeof w->hash) {
            tell_break(w, "no hash at", w->at.seq);
            break;
        }
        memmove(w->hash, w->at.hash.p, sizeof w->hash); // it may be the one that is kept
        w->at.hash = (struct str){w->hash, sizeof w->hash};
        *entries += (int64_t)n;
    }
    if (!w->broken && (w->at.seq != end->seq || !str_eq(w->at.hash, end->hash)))
        tell_break(w, "its end is not the one that was noted:", end->seq);
    return true;
}

/* What there is of a chain, all of it at one moment. */
struct chain {
    struct head end; /* seq INT_NONE: it is not noted */
    int64_t newest;  /* the last entry; INT_NONE: there is none */
};

static const struct column chain_columns[] = {
    {"org_id", COLUMN_INT, offsetof(struct chain, end.org)},
    {"last_seq", COLUMN_INT, offsetof(struct chain, end.seq)},
    {"hash", COLUMN_STR, offsetof(struct chain, end.hash)},
    {"newest", COLUMN_INT, offsetof(struct chain, newest)},
};

/* Whether there is a chain to walk, with its end where it was noted. */
static bool has_end(struct walk *w, const struct chain *c)
{
    if (c->end.seq == INT_NONE && c->newest == INT_NONE)
        tell_break(w, "its end is not noted, although somebody has signed in; entries:", 0);
    else if (c->end.seq == INT_NONE)
        tell_break(w, "its end is not noted; its last entry is", c->newest);
    else if (c->newest != INT_NONE && c->newest > c->end.seq)
        tell_break(w, "beyond the end that was noted are entries, up to", c->newest);
    return !w->broken;
}

/* The chain of the next organisation after w->org. */
static bool next_chain(struct db *db, struct walk *w, struct chain *ret, struct arena *a,
                       bool *ret_found, struct err *e)
{
    *ret = (struct chain){0};
    if (!db_query_one(db, Q_AUDIT_CHAIN_NEXT, BINDS(bind_int("after", w->org)), chain_columns,
                      LEN(chain_columns), a, ret, ret_found, e))
        return err_trace(e);
    w->org = ret->end.org;
    w->at = (struct head){ret->end.org, 0, sha256_hex(genesis, a)};
    w->broken = false;
    return true;
}

bool audit_verify(struct db *db, void (*tell)(struct str what, void *arg), void *arg,
                  int64_t *ret_entries, struct err *e)
{
    struct walk w = {.tell = tell, .arg = arg};
    int64_t entries = 0;

    for (;;) {
        _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
        struct chain c;
        bool found;
        if (!next_chain(db, &w, &c, a, &found, e) ||
            (found && has_end(&w, &c) && !walk_chain(db, &w, &c.end, &entries, e)))
            return err_trace(e);
        if (!found)
            break;
    }
    *ret_entries = entries;
    return true;
}
