/* Conversations: everything with one outside number, in one place. */
#include "api/request.h"

#include "calls/read.h"

enum { SEARCH_MAX = 100, CURSOR_MAX = 64 };

/* A page by its number, or by the cursor of the one before. */
static bool place(struct req *rq, struct conversation_filter *ret, struct err *e)
{
    struct req_page page;

    if (!req_page(rq, &page, e) || !req_query_text(rq, STR("cursor"), CURSOR_MAX, &ret->cursor, e))
        return err_trace(e);
    if (!str_is_none(ret->cursor) && !str_is_none(req_query(rq, STR("page"))))
        return err_set(e, ERR_INVALID, "page: not beside cursor, which says where the page begins");
    ret->page = (struct call_page){page.page, page.limit};
    return true;
}

static bool list(struct req *rq, struct err *e)
{
    struct conversation_filter filter;

    if (!req_query_text(rq, STR("q"), SEARCH_MAX, &filter.text, e) ||
        !req_query_direction(rq, &filter.direction, e) ||
        !req_query_status(rq, &filter.status, e) ||
        !req_query_flag(rq, STR("missed"), &filter.missed, e) ||
        !req_query_flag(rq, STR("recording"), &filter.recording, e) ||
        !req_query_time(rq, STR("from"), &filter.from, e) ||
        !req_query_time(rq, STR("to"), &filter.to, e) || !place(rq, &filter, e))
        return err_trace(e);
    if (!conversation_list_json(READER(rq), &filter, rq->a, rq->out, e))
        return err_trace(e);
    return reply(rq, 200, e);
}

static bool active(struct req *rq, struct err *e)
{
    if (!conversation_active_json(READER(rq), rq->a, rq->out, e))
        return err_trace(e);
    return reply(rq, 200, e);
}

static bool show(struct req *rq, struct err *e)
{
    int64_t id;
    bool found;

    if (!req_id(rq, STR("id"), &id, e) ||
        !conversation_json(READER(rq), id, rq->a, rq->out, &found, e))
        return err_trace(e);
    return found ? reply(rq, 200, e) : req_not_found(e);
}

static bool messages(struct req *rq, struct err *e)
{
    struct req_page page;
    int64_t id;
    bool found;

    if (!req_id(rq, STR("id"), &id, e) || !req_long_page(rq, &page, e) ||
        !conversation_messages_json(READER(rq), id, (struct call_page){page.page, page.limit},
                                    rq->a, rq->out, &found, e))
        return err_trace(e);
    return found ? reply(rq, 200, e) : req_not_found(e);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/conversations", list, NEEDS(CALLS_READ)},
    {HTTP_GET, "/api/conversations/active", active, NEEDS(CALLS_READ)},
    {HTTP_GET, "/api/conversations/:id", show, NEEDS(CALLS_READ)},
    {HTTP_GET, "/api/conversations/:id/messages", messages, NEEDS(CALLS_READ)},
};

const struct resource api_conversations = {"conversations", routes, LEN(routes)};
