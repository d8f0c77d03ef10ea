#ifndef API_REQUEST_H
#define API_REQUEST_H
/*
 * What a handler gets, and how it answers.
 *
 *     static bool show(struct req *rq, struct err *e)
 *     {
 *         int64_t id;
 *         if (!req_id(rq, STR("id"), &id, e) || !thing_json(rq->db, rq->actor.project, id, …, e))
 *             return err_trace(e);
 *         return reply(rq, 200, e);
 *     }
 *
 * The project comes from rq->actor and from nowhere else. The body of the answer is written with
 * rq->json. A handler returns true after exactly one reply, or false with the error to answer.
 */
#include "api/api.h"

#include "api/throttle.h"
#include "base/arena.h"
#include "base/form.h"
#include "base/json.h"
#include "base/limits.h"
#include "calls/read.h"
#include "http/http.h"
#include "http/query.h"
#include "http/route.h"
#include "tenancy/actor.h"

struct req {
    const struct api_options *app;
    struct http_exchange *x;
    const struct http_request *http;
    struct db *db;
    struct backlog_watch *backlogs;
    struct throttle *throttle;
    struct meter *meter;
    struct run_wait *runs;
    struct rng *rng;
    struct arena *a;
    struct actor actor; /* of public routes: nobody, without rights */
    struct form query;
    const struct http_match *match; /* the values of the pattern's :names */
    struct str trace_id;
    usec_t now;
    struct buf *out;
    struct json_writer json; /* writes to out */
    int status;              /* of the reply; 0: none yet */
};

/* What the asker may read of calls. */
#define READER(rq)                                                                                 \
    (&(const struct call_reader){.db = (rq)->db,                                                   \
                                 .project = (rq)->actor.project,                                   \
                                 .sees_payloads = actor_may(&(rq)->actor, RIGHT_EVENTS_READ)})

/* A parameter of the path as a number: 404 when it is none, as for any other missing thing. */
bool req_id(struct req *rq, struct str name, int64_t *ret, struct err *e) CHECK_RESULT;
struct str req_param(const struct req *rq, struct str name);
/* ERR_FORBIDDEN without the right: for a route that needs another one for a part of what it does.
 */
bool req_may(const struct req *rq, enum right r, struct err *e) CHECK_RESULT;
/* What every missing (or foreign) thing is answered with. */
bool req_not_found(struct err *e);
/* A query parameter: STR_NONE when absent or empty. */
struct str req_query(const struct req *rq, struct str name);
/* A query parameter that is one of so many words; STR_NONE when absent. */
struct words {
    const struct str *p;
    size_t n;
};
#define WORDS(array) ((struct words){(array), LEN(array)})
bool req_query_word(const struct req *rq, struct str name, struct words words, struct str *ret,
                    struct err *e) CHECK_RESULT;
/* The parameters direction and status, of calls. */
bool req_query_direction(const struct req *rq, struct str *ret, struct err *e) CHECK_RESULT;
bool req_query_status(const struct req *rq, struct str *ret, struct err *e) CHECK_RESULT;
/* true or false; absent is false. */
bool req_query_flag(const struct req *rq, struct str name, bool *ret, struct err *e) CHECK_RESULT;
/* A text of at most max bytes; STR_NONE when absent. */
bool req_query_text(const struct req *rq, struct str name, size_t max, struct str *ret,
                    struct err *e) CHECK_RESULT;
bool req_query_time(const struct req *rq, struct str name, usec_t *ret, struct err *e) CHECK_RESULT;

struct req_page {
    int64_t page, limit;
};
/* page (from 1) and limit (1 … LIMIT_PAGE, default 20). */
bool req_page(const struct req *rq, struct req_page *ret, struct err *e) CHECK_RESULT;
/* The same for a list that its first readers were given whole: limit 1 … LIMIT_LONG_PAGE, and as
 * many when it is not given. */
bool req_long_page(const struct req *rq, struct req_page *ret, struct err *e) CHECK_RESULT;
/* The body as a JSON object. */
bool req_body(struct req *rq, struct json_object **ret, struct err *e) CHECK_RESULT;

/* Answers with what was written to rq->json. Fails when the answer outgrew its ceiling. */
bool reply(struct req *rq, int status, struct err *e) CHECK_RESULT;
/* The same with headers of one's own, Cache-Control among them. */
bool reply_with(struct req *rq, int status, const struct http_header *headers, size_t n,
                struct err *e) CHECK_RESULT;
/* Answers with bytes that are the asker's own: no other's cache keeps them. */
void reply_bytes(struct req *rq, struct str type, struct str bytes);
/* Answers without a body; headers may be NULL. */
void reply_empty(struct req *rq, int status, const struct http_header *headers, size_t n);
/* The exchange was handed to somebody else (a stream). */
void reply_elsewhere(struct req *rq);

enum route_access { ACCESS_PUBLIC, ACCESS_SIGNED_IN, ACCESS_RIGHT };

struct route {
    enum http_method method;
    const char *pattern;
    bool (*run)(struct req *rq, struct err *e);
    enum route_access access;
    enum right right; /* of ACCESS_RIGHT */
    bool slow;        /* makes or compares a password */
    /* For clients that can set no header: ?token= of GET /realtime/token signs in. */
    bool takes_stream_token;
    /* Instead of run: answers at once, on the loop, without waiting for anything. */
    void (*on_loop)(const struct api *api, struct http_exchange *x);
    /* The store is lost, so that nobody can be looked up: runs as nobody, without a project. */
    bool without_store;
};

#define PUBLIC .access = ACCESS_PUBLIC
#define SIGNED_IN .access = ACCESS_SIGNED_IN
#define SLOW .slow = true
#define NEEDS(r) .access = ACCESS_RIGHT, .right = RIGHT_##r

/* Whether the store answered when it was last asked, a second ago at most. */
bool api_store_is_up(const struct api *api);

struct resource {
    const char *name;
    const struct route *routes;
    size_t n_routes;
};

/* All of them, in the order of list.h. */
const struct resource *const *api_resources(size_t *ret_n);

#endif
