/*
 * The one table of event types: as they are stored, and as /events/calls shows them.
 * docs/architecture.md prints it.
 */
#include "feed/feed.h"

static const struct {
    struct str stored, shown;
} types[] = {
    {{"call.started", 12}, {"call.created", 12}},
    {{"call.state_changed", 18}, {"call.updated", 12}},
    {{"call.ended", 10}, {"call.updated", 12}},
    {{"recording.ready", 15}, {"recording.updated", 17}},
};

struct str feed_stream_name(struct str type)
{
    for (size_t i = 0; i < LEN(types); i++)
        if (str_eq(type, types[i].stored))
            return types[i].shown;
    return STR_NONE;
}
