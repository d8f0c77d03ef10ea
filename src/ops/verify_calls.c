/*
 * Calls and what groups them: snapshots are the fold of their log, counts are what they count, what
 * a conversation shows is its latest call's, and nothing refers to another project.
 */
#include "ops/internal.h"

#include "base/arena.h"
#include "calls/verify.h"

// --- snapshots are the fold of the log -----------------------------------------------------------

bool verify_calls(struct verify_page *p, struct err *e)
{
    const struct call_reader reader = {.db = p->audit->db, .project = p->audit->project};
    struct call_verification v;

    if (!call_verify(&reader, p->after, VERIFY_PAGE, p->a, &v, e))
        return err_trace(e);
    for (size_t i = 0; i < v.n_differences; i++) {
        const struct call_difference *d = &v.differences[i];
        const struct str stored = verify_shown(d->stored), folded = verify_shown(d->folded);
        if (str_eq(d->column, STR("log")))
            verify_report(p, "call " STR_FMT ": its log cannot be folded: " STR_FMT,
                          STR_ARG(d->call_sid), STR_ARG(folded));
        else
            verify_report(p, "call " STR_FMT ": " STR_FMT " is " STR_FMT ", its log says " STR_FMT,
                          STR_ARG(d->call_sid), STR_ARG(d->column), STR_ARG(stored),
                          STR_ARG(folded));
    }
    p->after = v.last_id;
    p->n = v.n_checked;
    p->audit->result.calls += v.n_checked;
    return true;
}

// --- whose they are ------------------------------------------------------------------------------

bool verify_owners(struct verify_page *p, struct err *e)
{
    struct rows *rows;

    if (!verify_query(p, Q_VERIFY_OWNERS, &rows, e))
        return err_trace(e);
    while (rows_next(rows)) {
        const struct str sid = rows_str(rows, "twilio_sid");
        p->after = rows_int(rows, "id");
        p->n++;
        verify_owner(p, str_fmt(p->a, "call " STR_FMT, STR_ARG(sid)), "a conversation",
                     rows_int(rows, "conversation_project"));
    }
    return rows_end(rows, e) || err_trace(e);
}

// --- conversations -------------------------------------------------------------------------------

bool verify_conversations(struct verify_page *p, struct err *e)
{
    struct rows *rows;

    if (!verify_query(p, Q_VERIFY_CONVERSATIONS, &rows, e))
        return err_trace(e);
    while (rows_next(rows)) {
        const int64_t counted = rows_int(rows, "counted");
        const int64_t stored = rows_is_null(rows, "stored") ? 0 : rows_int(rows, "stored");
        p->after = rows_int(rows, "id");
        p->n++;
        verify_owner(p, str_fmt(p->a, "conversation %lld", (long long)p->after), "a contact",
                     rows_int(rows, "contact_project"));
        if (stored != counted)
            verify_report(p, "conversation %lld: total_calls is %lld, its calls are %lld",
                          (long long)p->after, (long long)stored, (long long)counted);
        if (!rows_is_null(rows, "wrong"))
            verify_report(p, "conversation %lld: " STR_FMT " is not what it is taken from",
                          (long long)p->after, STR_ARG(rows_str(rows, "wrong")));
    }
    return rows_end(rows, e) || err_trace(e);
}

bool verify_conversation_count(struct verify_page *p, struct err *e)
{
    const int64_t project = p->audit->project;
    struct conversation_count is;

    if (!conversation_count_held(p->audit->db, project, p->a, &is, e))
        return err_trace(e);
    if (is.told != is.counted)
        verify_report(p, "project %lld: its list is said to have %lld conversations, it has %lld",
                      (long long)project, (long long)is.told, (long long)is.counted);
    return true;
}
