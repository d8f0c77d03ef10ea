#ifndef CALLS_CALL_H
#define CALLS_CALL_H
/*
 * The snapshot of a call: one row of the table `calls`, the fold of the call's log.
 *
 * It is a value: copied freely, its text borrowed from the arena that it was made in. `status` is
 * what the provider says of this leg; `display_status` is what happened to the person. Absent
 * integers are INT_NONE, absent times TIME_NONE, absent text STR_NONE.
 */
#include "base/buf.h"
#include "base/time.h"

struct call_fold;

/* The order is the order of the rank; what follows IN_PROGRESS is final (one rank for all). */
enum call_status {
    CALL_QUEUED,
    CALL_INITIATED,
    CALL_RINGING,
    CALL_IN_PROGRESS,
    CALL_COMPLETED,
    CALL_BUSY,
    CALL_NO_ANSWER,
    CALL_CANCELED,
    CALL_FAILED,
    CALL_STATUS_COUNT
};

enum call_direction {
    CALL_INBOUND,
    CALL_OUTBOUND,
    CALL_INTERNAL,
    CALL_EXTERNAL, /* cannot be determined */
    CALL_DIRECTION_COUNT
};

enum call_visibility {
    CALL_VISIBLE,
    CALL_FILTERED, /* internal, without an outside number, malformed, without a start: hidden */
    CALL_PENDING,  /* a recording or a leg came before the call itself: hidden until it comes */
    CALL_VISIBILITY_COUNT
};

struct call {
    int64_t id; /* 0: not stored yet */
    int64_t project;
    int64_t conversation_id; /* INT_NONE: a call without an outside number */
    struct str provider, twilio_sid, parent_call_sid;
    enum call_direction direction;
    enum call_status status, display_status;
    enum call_visibility visibility;
    struct str from_number, to_number; /* as the provider wrote them; empty while not known */
    struct str from_e164, to_e164;
    struct str contact; /* E.164 of the person outside; not a column: which conversation it is in */
    int64_t duration, total_duration, talk_time, wait_time; /* seconds */
    int64_t price; /* in 1/10000 of the unit, signed as the provider gives it */
    struct str price_unit;
    usec_t start_time, answered_at, end_time;
    struct str recording_url;
    struct str metadata, attributes; /* JSON objects */
    usec_t created_at, updated_at, last_event_time, finalized_at;
    bool is_final, missed;
    struct str sync_state; /* active, frozen */

    /* What apply knows besides the columns. Read from the column fold_state when needed. */
    const struct call_fold *fold; /* NULL: still to be read from fold_state */
    struct str fold_state;        /* as loaded; written anew by call_fold_json (calls/fold.h) */
};

/* "in-progress"; "inbound"; "visible". Parsing knows exactly these words. */
struct str call_status_name(enum call_status s);
struct str call_direction_name(enum call_direction d);
struct str call_visibility_name(enum call_visibility v);
bool call_status_parse(struct str s, enum call_status *ret) CHECK_RESULT;
bool call_direction_parse(struct str s, enum call_direction *ret) CHECK_RESULT;
bool call_visibility_parse(struct str s, enum call_visibility *ret) CHECK_RESULT;

static inline bool call_status_is_final(enum call_status s)
{
    return s > CALL_IN_PROGRESS;
}

/* 0 queued, 1 initiated, 2 ringing, 3 in-progress, 4 every final one. */
static inline int call_status_rank(enum call_status s)
{
    return call_status_is_final(s) ? CALL_IN_PROGRESS + 1 : (int)s;
}

/* Came from outside, and reached nobody: what a missed call is, wherever the word is used. */
bool call_is_missed(enum call_direction direction, enum call_status display_status);

/* The snapshot as the API and the feed show it (schema Call of docs/openapi.yaml). */
void call_json(struct buf *out, const struct call *c);

/* Decimal text with at most four fraction digits, |v| < 10^6, to 1/10000 and back. More digits
 * are rounded half away from zero. */
enum { CALL_PRICE_TEXT_MAX = 24 };
bool call_price_parse(struct str s, int64_t *ret) CHECK_RESULT;
size_t call_price_format(int64_t price, char dst[CALL_PRICE_TEXT_MAX]);

#endif
