/*
 * The one table of event types: as they are stored and subscribed to, and as /events/calls shows
 * them. docs/architecture.md prints it.
 */
#include "feed/topics.h"

#include "feed/feed.h"

static const struct {
    struct str stored, shown; /* shown: none when the call stream leaves it out */
} types[] = {
    {{"call.started", 12}, {"call.created", 12}},
    {{"call.state_changed", 18}, {"call.updated", 12}},
    {{"call.ended", 10}, {"call.updated", 12}},
    {{"recording.ready", 15}, {"recording.updated", 17}},
    {.stored = {"tool.started", 12}},
    {.stored = {"tool.succeeded", 14}},
    {.stored = {"tool.failed", 11}},
    {.stored = {"message.sent", 12}},
    {.stored = {"message.delivered", 17}},
    {.stored = {"message.failed", 14}},
    {.stored = {"campaign.progress", 17}},
    {.stored = {"campaign.finished", 17}},
    {.stored = {"integration.up", 14}},
    {.stored = {"integration.down", 16}},
    {.stored = {"budget.threshold_reached", 24}},
};
static_assert(LEN(types) < FEED_TYPE_UNKNOWN - 1, "every type has its bit, and progress its own");

unsigned feed_type_of(struct str type)
{
    for (unsigned i = 0; i < LEN(types); i++)
        if (str_eq(type, types[i].stored))
            return i;
    return FEED_TYPE_UNKNOWN;
}

struct str feed_stream_name(struct str type)
{
    const unsigned i = feed_type_of(type);

    return i < LEN(types) ? types[i].shown : STR_NONE;
}

/* "call.*" has the prefix "call." */
static bool covers(struct str topic, struct str type)
{
    return str_ends(topic, STR(".*")) ? str_starts(type, str_sub(topic, 0, topic.n - 1))
                                      : str_eq(topic, type);
}

bool feed_topics_add(feed_topics *topics, struct str topic, struct err *e)
{
    feed_topics found = 0;

    for (unsigned i = 0; i < LEN(types); i++)
        if (covers(topic, types[i].stored))
            found |= FEED_TOPIC(i);
    if (covers(topic, FEED_PROGRESS))
        found |= FEED_TOPIC_PROGRESS;
    if (found == 0) {
        (void)err_set(e, ERR_INVALID, "topics: there are no events " STR_FMT,
                      STR_ARG(str_sub(topic, 0, 64)));
        return err_fix(e, "name types of events, or all of a kind as call.*");
    }
    *topics |= found;
    return true;
}

bool feed_topics_parse(struct str list, feed_topics *ret, struct err *e)
{
    feed_topics topics = 0;
    struct str topic;
    size_t n = 0;

    while (cut_field(&list, ',', &topic)) {
        if (++n > LIMIT_TOPICS)
            return err_set(e, ERR_INVALID, "topics: at most %d expected", LIMIT_TOPICS);
        if (!feed_topics_add(&topics, str_trim(topic), e))
            return err_trace(e);
    }
    *ret = topics;
    return true;
}

void feed_topics_write(struct json_writer *w, feed_topics topics)
{
    const bool all = (topics & FEED_TOPICS_ALL) == FEED_TOPICS_ALL;

    json_open_array(w);
    if (all)
        json_str(w, STR("*"));
    for (unsigned i = 0; i < LEN(types) && !all; i++)
        if (topics & FEED_TOPIC(i))
            json_str(w, types[i].stored);
    if (topics & FEED_TOPIC_PROGRESS)
        json_str(w, FEED_PROGRESS);
    json_close_array(w);
}
