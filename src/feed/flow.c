#include "feed/flow.h"

enum { NEWEST = 400 };

#define WINDOW MINUTES(1)

struct counted {
    int64_t n[FLOW_STAGE_COUNT];
    usec_t since[FLOW_STAGE_COUNT]; /* of the oldest that was counted */
};

/* Who reached the limit has passed that many since the oldest of them; at least a millisecond. */
static int64_t per_minute(int64_t n, usec_t since, usec_t now)
{
    if (n < NEWEST || since >= now) // two nodes' clocks may differ
        return n;
    const usec_t took = now - since < MILLISECONDS(1) ? MILLISECONDS(1) : now - since;
    return n * WINDOW / took;
}

bool flow_of(struct db *db, int64_t project, usec_t now, struct arena *a, struct flow *ret,
             struct err *e)
{
    static const struct column columns[] = {
        {"received", COLUMN_INT, offsetof(struct counted, n[FLOW_RECEIVED])},
        {"received_since", COLUMN_TIME, offsetof(struct counted, since[FLOW_RECEIVED])},
        {"processed", COLUMN_INT, offsetof(struct counted, n[FLOW_PROCESSED])},
        {"processed_since", COLUMN_TIME, offsetof(struct counted, since[FLOW_PROCESSED])},
        {"published", COLUMN_INT, offsetof(struct counted, n[FLOW_PUBLISHED])},
        {"published_since", COLUMN_TIME, offsetof(struct counted, since[FLOW_PUBLISHED])},
    };
    struct counted c = {0};
    bool found;

    if (!db_query_one(db, Q_FLOW_RATES,
                      BINDS(bind_int("project", project), bind_time("since", now - WINDOW),
                            bind_int("limit", NEWEST)),
                      columns, LEN(columns), a, &c, &found, e))
        return err_trace(e);
    for (size_t i = 0; i < FLOW_STAGE_COUNT; i++)
        ret->per_minute[i] = per_minute(c.n[i], c.since[i], now);
    return true;
}
