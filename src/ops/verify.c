/*
 * An audit is a list of walks. Each walks one table of a project in the order of its key, a page at
 * a time; a page is one transaction, so that on a reading connection it is one view of the store
 * and may run beside a server that writes. Memory is a page, however large the history.
 */
#include "ops/internal.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/arena.h"
#include "tenancy/audit.h"

enum { TEXT_SHOWN = 80 };

void verify_find(struct verify_findings *f, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    const int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    f->n++;
    f->on_finding(str_sub((struct str){text, sizeof text - 1}, 0, (size_t)n), f->arg);
}

struct str verify_shown(struct str s)
{
    return str_is_none(s) ? STR("nothing") : str_sub(s, 0, TEXT_SHOWN);
}

bool verify_query(struct verify_page *p, enum query q, struct rows **ret, struct err *e)
{
    return db_query(p->audit->db, q,
                    BINDS(bind_int("project", p->audit->project), bind_int("after", p->after),
                          bind_int("limit", VERIFY_PAGE)),
                    p->a, ret, e) ||
           err_trace(e);
}

void verify_owner(struct verify_page *p, struct str row, const char *refers_to, int64_t owner)
{
    if (owner != INT_NONE && owner != p->audit->project)
        verify_report(p, STR_FMT " of project %lld refers to %s of project %lld", STR_ARG(row),
                      (long long)p->audit->project, refers_to, (long long)owner);
}

/* The inbox goes before the log. */
static verify_walk_fn *const walks[] = {
    verify_calls,
    verify_owners,
    verify_feed,
    verify_inbox,
    verify_log,
    verify_conversations,
    verify_conversation_count,
};

/* From where on nothing was deleted, in the view of this page: the retention may run meanwhile. */
static bool read_floors(struct verify_page *p, struct err *e)
{
    static const struct column columns[] = {
        {"inbox_from", COLUMN_INT, offsetof(struct verify_floors, inbox_from)},
        {"log_from", COLUMN_INT, offsetof(struct verify_floors, log_from)},
        {"others_gone", COLUMN_INT, offsetof(struct verify_floors, others_gone)},
    };
    bool found;

    return db_query_one(p->audit->db, Q_VERIFY_FLOORS,
                        BINDS(bind_int("project", p->audit->project)), columns, LEN(columns), p->a,
                        &p->floors, &found, e) ||
           err_trace(e);
}

static bool read_page(struct verify_page *p, verify_walk_fn *walk, struct err *e)
{
    struct db *db = p->audit->db;

    return (db_begin(db, e) && db_end(db,
                                      feed_head(db, p->audit->project, p->a, &p->head, e) &&
                                          read_floors(p, e) && walk(p, e),
                                      e)) ||
           err_trace(e);
}

static bool walk_all(struct verify_audit *audit, verify_walk_fn *walk, struct arena *a,
                     struct err *e)
{
    struct verify_page p = {.audit = audit, .a = a};

    do {
        arena_reset(a);
        p.n = 0;
        if (!read_page(&p, walk, e))
            return err_trace(e);
    } while (p.n == VERIFY_PAGE);
    return true;
}

struct owner {
    int64_t id; /* INT_NONE: there are no more */
    bool known;
};

/* The next project that exists, or that any row names. */
static bool next_project(const struct verify_audit *audit, struct arena *a, struct owner *ret,
                         struct err *e)
{
    static const struct column columns[] = {{"id", COLUMN_INT, offsetof(struct owner, id)},
                                            {"known", COLUMN_BOOL, offsetof(struct owner, known)}};
    bool found;

    arena_reset(a);
    return db_query_one(audit->db, Q_VERIFY_PROJECT_NEXT, BINDS(bind_int("after", audit->project)),
                        columns, LEN(columns), a, ret, &found, e) ||
           err_trace(e);
}

static bool audit_project(struct verify_audit *audit, struct owner owner, struct arena *a,
                          struct err *e)
{
    audit->project = owner.id;
    audit->inbox_first = INT_NONE;
    if (!owner.known) {
        verify_find(&audit->findings, "there are rows of project %lld, which does not exist",
                    (long long)owner.id);
        return true;
    }
    for (size_t i = 0; i < LEN(walks); i++)
        if (!walk_all(audit, walks[i], a, e))
            return err_trace(e);
    return true;
}

static void on_broken_chain(struct str what, void *arg)
{
    verify_find(arg, STR_FMT, STR_ARG(what));
}

bool verify_all(struct db *db, void (*on_finding)(struct str what, void *arg), void *arg,
                struct verify_result *ret, struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(1024 * 1024);
    struct verify_audit audit = {.db = db, .findings = {.on_finding = on_finding, .arg = arg}};
    struct owner owner;

    for (;;) {
        if (!next_project(&audit, a, &owner, e))
            return err_trace(e);
        if (owner.id == INT_NONE)
            break;
        if (!audit_project(&audit, owner, a, e))
            return err_trace(e);
    }
    if (!audit_verify(db, on_broken_chain, &audit.findings, &audit.result.audit_entries, e))
        return err_trace(e);
    *ret = audit.result;
    ret->findings = audit.findings.n;
    return true;
}
