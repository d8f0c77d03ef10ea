/*
 * The live feed in the form of /api/events: as server-sent events, or as a WebSocket when the
 * request asks for one. What is said on both is the same (docs/realtime.md).
 */
#include "api/watching.h"

#include "api/credentials.h"
#include "http/language.h"
#include "tenancy/stream_token.h"
#include "tenancy/watcher.h"
#include "ws/handshake.h"

enum { ERROR_MAX = 16 * 1024 };

/* The handshake names a version that is not ours: the answer says which one is. */
static bool other_version(struct req *rq, const struct err *why)
{
    const struct http_header headers[] = {WS_VERSION_FIELD,
                                          {STR("Cache-Control"), STR("no-store")}};
    struct buf body;

    buf_init(&body, ERROR_MAX);
    http_error_body(&body, why, http_language_of(rq->http), rq->trace_id);
    reply_elsewhere(rq);
    http_answer_from(rq->x, &(struct http_answer){.status = err_code_status(why->code),
                                                  .type = STR("application/json"),
                                                  .body = buf_view(&body),
                                                  .headers = headers,
                                                  .n_headers = LEN(headers)});
    buf_finish(&body);
    return true;
}

/* A page of another site can open a WebSocket, and the browser sends our cookie with it. */
static bool from_our_site(const struct req *rq, struct err *e)
{
    const bool by_cookie =
        str_is_empty(credentials_bearer(rq->http)) && str_is_none(req_query(rq, STR("token")));

    if (!by_cookie || credentials_same_origin(rq->http))
        return true;
    return err_set(e, ERR_FORBIDDEN, "this request came from another site");
}

static bool subscribe(struct req *rq, enum feed_view view, struct err *e)
{
    const struct str topics = req_query(rq, STR("topics"));
    struct hub_subscriber s;

    if (!watching_begin(rq, &s, e) ||
        (!str_is_none(topics) && !feed_topics_parse(topics, &s.topics, e)) ||
        !hub_may_have(&s.who, s.topics, e))
        return err_trace(e);
    s.view = view;
    reply_elsewhere(rq);
    hub_subscribe(rq->app->hub, rq->x, &s);
    return true;
}

static bool stream(struct req *rq, struct err *e)
{
    struct err why = {0};

    switch (ws_handshake(rq->http, &why)) {
    case WS_NOT_ASKED:
        return subscribe(rq, FEED_EVENTS, e) || err_trace(e);
    case WS_ASKED:
        return (from_our_site(rq, e) && subscribe(rq, FEED_SOCKET, e)) || err_trace(e);
    case WS_OTHER_VERSION:
        return other_version(rq, &why);
    case WS_MALFORMED:
        break;
    }
    *e = why;
    return err_trace(e);
}

static bool token(struct req *rq, struct err *e)
{
    const usec_t expires_at = (rq->now + STREAM_TOKEN_TTL) / SECONDS(1) * SECONDS(1);
    struct json_writer *w = &rq->json;

    json_open_object(w);
    json_member_str(w, STR("token"),
                    stream_token_make(rq->app->stream_key,
                                      &(struct stream_claims){.kind = (int)rq->actor.kind,
                                                              .id = watcher_id(&rq->actor, rq->a),
                                                              .project = rq->actor.project,
                                                              .expires_at = expires_at},
                                      rq->a));
    json_member_time(w, STR("expires_at"), expires_at);
    json_close_object(w);
    return reply(rq, 200, e);
}

static const struct route routes[] = {
    {HTTP_GET, "/realtime/stream", stream, NEEDS(CALLS_READ), .takes_stream_token = true},
    {HTTP_GET, "/realtime/token", token, NEEDS(CALLS_READ)},
};

const struct resource api_realtime = {"realtime", routes, LEN(routes)};
