#ifndef CALLS_READ_H
#define CALLS_READ_H
/*
 * What can be asked about calls and conversations: each function writes the answer's JSON, in the
 * shape that docs/openapi.yaml gives it, into a buf. "Not found" is *ret_found = false, and nothing
 * was written.
 */
#include "calls/change.h"
#include "store/store.h"

/* Where it is asked, and for which project: nothing of another one is ever seen. */
struct call_reader {
    struct db *db;
    int64_t project;
    bool sees_payloads; /* what providers sent, word by word: else every payload is null */
};

struct call_page {
    int64_t page, limit; /* page counts from 1 */
};

struct call_filter {
    struct str direction, status; /* STR_NONE: any */
    struct str visibility;        /* visible (also for STR_NONE), filtered, all */
    struct call_page page;
};

/* Which conversations: all of it must hold. Nothing given: every one. */
struct conversation_filter {
    struct str text;              /* part of the contact's name or number; STR_NONE: any */
    usec_t from, to;              /* when the latest call started; TIME_NONE: any */
    struct str direction, status; /* of the latest call; STR_NONE: any */
    bool recording, missed;       /* the latest call has a recording, was missed */
    struct call_page page;
    struct str cursor; /* next_cursor of the page before, in place of page.page; or STR_NONE */
};

/* {conversations, total, page, limit, next_cursor}, the latest first; after a cursor without total
 * and page. */
bool conversation_list_json(const struct call_reader *r, const struct conversation_filter *filter,
                            struct arena *a, struct buf *out, struct err *e) CHECK_RESULT;
/* {conversations, calls, total}: where a call is going on now. */
bool conversation_active_json(const struct call_reader *r, struct arena *a, struct buf *out,
                              struct err *e) CHECK_RESULT;
bool conversation_json(const struct call_reader *r, int64_t id, struct arena *a, struct buf *out,
                       bool *ret_found, struct err *e) CHECK_RESULT;
/* {messages, total, page, limit}: its calls, child legs merged into their parents. */
bool conversation_messages_json(const struct call_reader *r, int64_t id, struct call_page page,
                                struct arena *a, struct buf *out, bool *ret_found,
                                struct err *e) CHECK_RESULT;

/* {calls, total, page, limit} */
bool call_list_json(const struct call_reader *r, const struct call_filter *filter, struct arena *a,
                    struct buf *out, struct err *e) CHECK_RESULT;
/* {calls}: those that are not final, child legs beside their parents. */
bool call_active_json(const struct call_reader *r, struct arena *a, struct buf *out,
                      struct err *e) CHECK_RESULT;
/* {call, legs, events}. as_of: INT_NONE, or the id of an event of this call: the call and
 * its legs as they were after it, folded anew, and the log up to it. */
bool call_detail_json(const struct call_reader *r, struct str sid, int64_t as_of, struct arena *a,
                      struct buf *out, bool *ret_found, struct err *e) CHECK_RESULT;
/* The recording that a call shows, and who keeps it; its url is none when there is no recording. */
struct call_audio {
    struct str provider;
    struct call_recording recording;
};
bool call_audio_find(const struct call_reader *r, struct str sid, struct arena *a,
                     struct call_audio *ret, bool *ret_found, struct err *e) CHECK_RESULT;
/* [CallEvent…]: the lines that one received webhook has written. */
bool call_events_of_inbox_json(const struct call_reader *r, int64_t inbox_id, struct arena *a,
                               struct buf *out, struct err *e) CHECK_RESULT;

#endif
