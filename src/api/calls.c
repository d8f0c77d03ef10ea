/* Calls: the snapshots, and one call with its legs and its log. */
#include "api/request.h"

#include "calls/read.h"

enum { SID_MAX = 100 };

/* Whether an optional filter is one of the words; the sentence names them all. */
static bool check_word(struct str name, struct str v, const char *const *words, size_t n,
                       struct err *e)
{
    if (str_is_none(v))
        return true;
    for (size_t i = 0; i < n; i++)
        if (str_eq(v, str_from(words[i])))
            return true;
    err_set(e, ERR_INVALID, STR_FMT ": not a word that is known here", STR_ARG(name));
    for (size_t i = 0; i < n && i < ERR_FIXES; i++)
        err_fix(e, "write %s", words[i]);
    return false;
}

static bool list(struct req *rq, struct err *e)
{
    static const char *const directions[] = {"inbound", "outbound", "internal", "external"};
    static const char *const statuses[] = {"queued",      "initiated", "ringing",
                                           "in-progress", "completed", "busy",
                                           "no-answer",   "canceled",  "failed"};
    static const char *const visibilities[] = {"visible", "filtered", "all"};
    const struct str direction = req_query(rq, STR("direction"));
    const struct str status = req_query(rq, STR("status"));
    const struct str visibility = req_query(rq, STR("visibility"));
    struct req_page page;

    if (!check_word(STR("direction"), direction, directions, LEN(directions), e) ||
        !check_word(STR("status"), status, statuses, LEN(statuses), e) ||
        !check_word(STR("visibility"), visibility, visibilities, LEN(visibilities), e) ||
        !req_page(rq, &page, e))
        return err_trace(e);
    const struct call_filter filter = {
        .direction = direction,
        .status = status,
        .visibility = visibility,
        .page = {page.page, page.limit},
    };
    if (!call_list_json(READER(rq), &filter, rq->a, rq->out, e))
        return err_trace(e);
    return reply(rq, 200, e);
}

static bool active(struct req *rq, struct err *e)
{
    if (!call_active_json(READER(rq), rq->a, rq->out, e))
        return err_trace(e);
    return reply(rq, 200, e);
}

static bool show(struct req *rq, struct err *e)
{
    const struct str sid = req_param(rq, STR("sid"));
    int64_t as_of;
    bool found;

    if (sid.n > SID_MAX)
        return req_not_found(e);
    if (!req_query_int(rq, STR("as_of"), (struct int_range){1, INT64_MAX, INT_NONE}, &as_of, e) ||
        !call_detail_json(READER(rq), sid, as_of, rq->a, rq->out, &found, e))
        return err_trace(e);
    return found ? reply(rq, 200, e) : req_not_found(e);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/calls", list, NEEDS(CALLS_READ)},
    {HTTP_GET, "/api/calls/active", active, NEEDS(CALLS_READ)},
    {HTTP_GET, "/api/calls/:sid", show, NEEDS(CALLS_READ)},
};

const struct resource api_calls = {"calls", routes, LEN(routes)};
