#include "http/internal.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/log.h"
#include "http/language.h"

/* The one JSON form of what went wrong, for failures of handlers and for refusals of the parser. */

enum { ERROR_BODY_MAX = 16 * 1024 };

void http_error_body(struct buf *out, const struct err *e, enum err_language language,
                     struct str trace_id)
{
    struct json_writer w;

    json_init(&w, out);
    json_open_object(&w);
    json_key(&w, STR("error"));
    json_open_object(&w);
    json_member_str(&w, STR("code"), str_from(err_code_name(e->code)));
    json_member_str(&w, STR("human_title"), str_from(err_text(e, language)));
    json_key(&w, STR("human_how_to_fix"));
    json_open_array(&w);
    for (size_t i = 0; i < err_remedies(e); i++)
        json_str(&w, str_from(err_remedy(e, i, language)));
    json_close_array(&w);
    json_key(&w, STR("details"));
    json_open_object(&w);
    json_member_str(&w, STR("trace_id"), trace_id);
    json_close_object(&w);
    json_close_object(&w);
    json_close_object(&w);
}

enum err_language exchange_language(struct http_exchange *x)
{
    return http_language_of(http_request_of(x));
}

/* One line for what nobody else tells of, under the id that the answer names. A warning a second
 * and loop at most: what is refused because too much comes must not fill the log. */
static void tell(struct listener *home, const struct err *e, char id[ID_LEN + 1])
{
    const bool ours =
        (e->code == ERR_UNAVAILABLE || e->code == ERR_INTERNAL) && home->now >= home->warn_at;

    id_make(clock_wall(home->server->o.clock), &home->rng, id);
    const struct log lg = {str_from(id)};
    if (ours)
        home->warn_at = home->now + SECONDS(1);
    log_failure(&lg, ours ? LOG_WARN : LOG_DEBUG, "http.refused", e);
}

enum { ANSWER_FIELDS = 3 };

void exchange_answer_error(struct http_exchange *x, const struct err *e, struct str trace_id,
                           const struct http_header *more)
{
    const int status = err_code_status(e->code);
    struct http_header fields[ANSWER_FIELDS] = {{STR("Cache-Control"), STR("no-store")}};
    size_t n = 1;
    char seconds[24], id[ID_LEN + 1];
    struct buf body;

    if (str_is_empty(trace_id)) {
        assert(loop_is_current(x->home->loop));
        tell(x->home, e, id);
        trace_id = str_from(id);
    }
    (void)snprintf(seconds, sizeof seconds, "%lld",
                   (long long)(e->retry_after > 0 ? e->retry_after : 1));
    if (status == 503 || status == 429)
        fields[n++] = (struct http_header){STR("Retry-After"), str_from(seconds)};
    if (more)
        fields[n++] = *more;
    buf_init(&body, ERROR_BODY_MAX);
    http_error_body(&body, e, exchange_language(x), trace_id);
    exchange_answer(x, &(struct http_answer){
                           .status = status,
                           .type = STR("application/json"),
                           .body = buf_view(&body),
                           .headers = fields,
                           .n_headers = n,
                       });
    buf_finish(&body);
}

void http_answer_error(struct http_exchange *x, const struct err *e, struct str trace_id)
{
    exchange_answer_error(x, e, trace_id, NULL);
}

// --- what the parser refuses ---------------------------------------------------------------------

static const struct http_header again_fields[] = {
    {{"Cache-Control", 13}, {"no-store", 8}},
    {{"Retry-After", 11}, {"1", 1}},
};

static const struct http_header refusal_fields[] = {
    {{"Cache-Control", 13}, {"no-store", 8}},
    {{"Allow", 5}, {"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS", 44}},
};

/* Without words: those of the code. */
static const struct refusal {
    int status;
    enum err_code code;
    const char *title, *fix;
} refusals[] = {
    {400, ERR_INVALID, "the request is not valid HTTP/1.1",
     "send one Host, one Content-Length or chunked, and lines that end in CRLF"},
    {401, ERR_UNAUTHORIZED, "the request is not signed as it should be",
     "send it from an address that is let in, with one signature of the provider"},
    {403, ERR_FORBIDDEN, "the request is not signed as it should be",
     "send it from an address that is let in, with one signature of the provider"},
    {405, ERR_METHOD, NULL, NULL},
    {408, ERR_TIMEOUT, "the request did not arrive in time", "send it without pauses"},
    {413, ERR_LIMIT, "the body is larger than this address accepts", "send a smaller body"},
    {414, ERR_LIMIT, "the request target is too long", "shorten the URL"},
    {415, ERR_UNSUPPORTED, "the body has a Content-Encoding", "send the body without compression"},
    {417, ERR_EXPECTATION, NULL, NULL},
    {429, ERR_RATE, NULL, NULL},
    {431, ERR_LIMIT, "the header fields are too large or too many",
     "send fewer or shorter header fields"},
    {501, ERR_NOT_IMPLEMENTED, NULL, NULL},
    {503, ERR_UNAVAILABLE, NULL, NULL},
    {505, ERR_HTTP_VERSION, NULL, NULL},
};

static const struct refusal *refusal_of(int status)
{
    for (size_t i = 0; i < LEN(refusals); i++)
        if (refusals[i].status == status)
            return &refusals[i];
    return &refusals[0];
}

void answer_refusal(struct listener *home, int status, enum err_language language, struct buf *body,
                    struct http_answer *ret)
{
    const struct refusal *r = refusal_of(status);
    const bool again = status == 503 || status == 429;
    char id[ID_LEN + 1];
    struct err e = {0};

    (void)err_set(&e, r->code, "%s", r->title ? r->title : "");
    if (r->fix)
        (void)err_fix(&e, "%s", r->fix);
    tell(home, &e, id);
    http_error_body(body, &e, language, str_from(id));
    *ret = (struct http_answer){
        .status = r->status,
        .type = STR("application/json"),
        .body = buf_view(body),
        .close = true,
        .headers = again ? again_fields : refusal_fields,
        .n_headers = status == 405 || again ? 2 : 1,
    };
}
