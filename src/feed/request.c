#include "feed/request.h"

#include "base/json.h"

static bool topics_of(struct json_object *list, feed_topics *ret, struct err *e)
{
    feed_topics topics = 0;
    size_t n;

    if (!list)
        return true; // everything
    if (!json_list_length(list, &n) || n < 1 || n > LIMIT_TOPICS)
        return err_set(e, ERR_INVALID, "topics: a list of 1 to %d names expected", LIMIT_TOPICS);
    for (size_t i = 0; i < n; i++)
        if (!feed_topics_add(&topics, json_list_str(list, i), e))
            return err_trace(e);
    *ret = topics;
    return true;
}

static bool place_of(struct json_object *o, struct hub_resume *ret, struct err *e)
{
    struct hub_resume from = {.epoch = json_get_str(o, "epoch")};

    from.given = json_get(o, "last_seq") != NULL;
    if (from.given && (!json_get_int(o, "last_seq", &from.last_seq) || from.last_seq < 0))
        return err_set(e, ERR_INVALID, "last_seq: a number from 0 on expected");
    *ret = from;
    return true;
}

static bool not_understood(struct err *e)
{
    (void)err_set(e, ERR_INVALID, "a message of type subscribe expected");
    return err_fix(e, "send {\"type\":\"subscribe\",\"topics\":[\"call.*\"]}");
}

bool feed_request_parse(struct str message, struct arena *a, struct feed_request *ret,
                        struct err *e)
{
    struct feed_request rq = {.topics = FEED_TOPICS_ALL};
    struct json_object *o;

    if (!json_parse(message, a, &o, e) || !str_eq(json_get_str(o, "type"), STR("subscribe")))
        return not_understood(e);
    if (!topics_of(json_get(o, "topics"), &rq.topics, e) || !place_of(o, &rq.from, e))
        return err_trace(e);
    *ret = rq;
    return true;
}
