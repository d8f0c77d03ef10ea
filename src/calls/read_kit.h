#ifndef CALLS_READ_KIT_H
#define CALLS_READ_KIT_H
/* For tests of what the API answers: an office with some calls, and looks at JSON. */
#include "test/calls.h"

#include <json-c/json.h>

#include "base/json.h"
#include "calls/read.h"

#define T0 SECONDS(1800000000) /* 2027-01-15T08:00:00Z */

static const struct call_page first_page = {.page = 1, .limit = 20};

static inline struct call_change status_of(const char *sid, const char *status, int at,
                                           int64_t duration)
{
    struct call_change c = call_change_none;

    c.call_sid = str_from(sid);
    c.status = str_from(status);
    c.event_time = T0 + SECONDS(at);
    c.observed_at = T0 + SECONDS(at + 1);
    c.duration = duration;
    c.from = STR("+15085140320");
    c.to = STR("+16175006181");
    c.provider_direction = STR("inbound");
    return c;
}

static inline struct call_change leg_of(struct call_change c, const char *parent)
{
    c.parent_sid = str_from(parent);
    c.to = STR("sip:dispatcher@example.com");
    c.provider_direction = STR("outbound-dial");
    return c;
}

static inline struct call_change to_number(struct call_change c, const char *number)
{
    c.from = STR("sip:dispatcher@example.com");
    c.to = str_from(number);
    return c;
}

/* CA1 with its answered leg CA2, a missed call CA3; CA4 goes on with somebody else; CA5 is
 * internal. */
static inline struct db *office(struct store *store, struct arena *a)
{
    struct db *db = test_calls_connect(store, a);
    struct call_change internal = leg_of(status_of("CA5", "ringing", 60, INT_NONE), "");
    const struct call_change changes[] = {
        status_of("CA1", "ringing", 0, INT_NONE),
        leg_of(status_of("CA2", "in-progress", 4, INT_NONE), "CA1"),
        leg_of(status_of("CA2", "completed", 29, 25), "CA1"),
        status_of("CA1", "completed", 29, 29),
        status_of("CA1", "ringing", 1, INT_NONE), // late
        status_of("CA3", "no-answer", 40, 0),
        to_number(status_of("CA4", "in-progress", 50, INT_NONE), "+442079460958"),
        (internal.from = STR("sip:1001@example.com"), internal),
    };
    struct err e = {0};

    assert_ok(test_calls_save(db, changes, LEN(changes), a, &e), &e);
    return db;
}

/* The body runs once for each engine that there is, with a reader of the office. No `break`. */
#define TEST_OFFICES(reader_, arena_)                                                              \
    TEST_STORES(store_, arena_)                                                                    \
    for (struct call_reader reader_ = {.db = office(store_, arena_), .project = 1}; reader_.db;    \
         reader_.db = NULL)

/* PostgreSQL gives jsonb back with blanks of its own: both sides go through the same tree. */
static inline struct json_object *tree_of(struct str json, struct arena *a)
{
    struct json_object *o;
    struct err e = {0};

    assert_ok(json_parse(json, a, &o, &e), &e);
    return o;
}

static inline struct str finished(struct buf *b, struct arena *a)
{
    struct str text;

    assert_true(buf_ok(b));
    text = str_dup(buf_view(b), a);
    buf_finish(b);
    return text;
}

static inline struct buf answer(void)
{
    struct buf b;

    buf_init(&b, 1 << 20);
    return b;
}

static inline void assert_has(struct str answer, const char *part)
{
    if (!str_contains(answer, str_from(part)))
        fail_msg("no %s in\n" STR_FMT, part, STR_ARG(answer));
}

static inline size_t count_of(struct str answer, const char *part)
{
    const struct str wanted = str_from(part);
    size_t n = 0;

    for (size_t i = 0; i + wanted.n <= answer.n; i++)
        n += str_eq(str_sub(answer, i, wanted.n), wanted);
    return n;
}

#endif
