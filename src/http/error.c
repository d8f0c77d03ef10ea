#include "http/internal.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/json.h"
#include "http/language.h"

/* The one JSON form of what went wrong, for failures of handlers and for refusals of the parser. */

enum { ERROR_BODY_MAX = 16 * 1024 };

struct told {
    struct str code, title;
    struct str fix[ERR_FIXES];
    size_t n_fix;
    struct str trace_id;
};

static void write_body(struct buf *out, const struct told *t)
{
    struct json_writer w;

    json_init(&w, out);
    json_open_object(&w);
    json_key(&w, STR("error"));
    json_open_object(&w);
    json_member_str(&w, STR("code"), t->code);
    json_member_str(&w, STR("human_title"), t->title);
    json_key(&w, STR("human_how_to_fix"));
    json_open_array(&w);
    for (size_t i = 0; i < t->n_fix; i++)
        json_str(&w, t->fix[i]);
    json_close_array(&w);
    json_key(&w, STR("details"));
    json_open_object(&w);
    json_member_str(&w, STR("trace_id"), str_is_none(t->trace_id) ? STR("none") : t->trace_id);
    json_close_object(&w);
    json_close_object(&w);
    json_close_object(&w);
}

void http_error_body(struct buf *out, const struct err *e, enum err_language language,
                     struct str trace_id)
{
    struct told t = {
        .code = str_from(err_code_name(e->code)),
        .title = str_from(err_text(e, language)),
        .n_fix = err_remedies(e),
        .trace_id = trace_id,
    };

    for (size_t i = 0; i < t.n_fix; i++)
        t.fix[i] = str_from(err_remedy(e, i, language));
    write_body(out, &t);
}

enum err_language exchange_language(struct http_exchange *x)
{
    return http_language(http_header(http_request_of(x), STR("Accept-Language")));
}

static const struct http_header error_fields[] = {
    {{"Cache-Control", 13}, {"no-store", 8}},
    {{"Retry-After", 11}, {"1", 1}},
};

void http_answer_error(struct http_exchange *x, const struct err *e, struct str trace_id)
{
    const int status = err_code_status(e->code);
    const bool again = status == 503 || status == 429;
    char seconds[24];
    struct buf body;

    buf_init(&body, ERROR_BODY_MAX);
    http_error_body(&body, e, exchange_language(x), trace_id);
    (void)snprintf(seconds, sizeof seconds, "%lld",
                   (long long)(e->retry_after > 0 ? e->retry_after : 1));
    const struct http_header fields[] = {error_fields[0], {STR("Retry-After"), str_from(seconds)}};
    struct http_answer answer = {
        .status = status,
        .type = STR("application/json"),
        .body = buf_view(&body),
        .headers = fields,
        .n_headers = again ? 2 : 1,
    };
    exchange_answer(x, &answer);
    buf_finish(&body);
}

static const struct http_header refusal_fields[] = {
    {{"Cache-Control", 13}, {"no-store", 8}},
    {{"Allow", 5}, {"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS", 44}},
};

static const struct refusal {
    int status;
    const char *code, *title, *fix;
} refusals[] = {
    {400, "INVALID_REQUEST", "The request is not valid HTTP/1.1.",
     "Send one Host, one Content-Length or chunked, and lines that end in CRLF."},
    {403, "FORBIDDEN", "This address may not send requests here.", NULL},
    {405, "METHOD_NOT_ALLOWED", "This method is not served.", NULL},
    {408, "TIMEOUT", "The request did not arrive in time.", "Send it without pauses."},
    {413, "LIMIT_EXCEEDED", "The body is larger than this address accepts.",
     "Send a smaller body."},
    {414, "LIMIT_EXCEEDED", "The request target is too long.", "Shorten the URL."},
    {415, "UNSUPPORTED_MEDIA_TYPE", "The body has a Content-Encoding.",
     "Send the body without compression."},
    {417, "EXPECTATION_FAILED", "Only Expect: 100-continue is understood.", NULL},
    {429, "RATE_LIMITED", "Too many requests.", "Wait a moment, then send it again."},
    {431, "LIMIT_EXCEEDED", "The header fields are too large or too many.",
     "Send fewer or shorter header fields."},
    {501, "NOT_IMPLEMENTED", "The method or the transfer coding is not known here.",
     "Use a registered method, and chunked as the only transfer coding."},
    {503, "SERVICE_UNAVAILABLE", "The server cannot take this request now.",
     "Wait a moment, then send it again."},
    {505, "HTTP_VERSION_NOT_SUPPORTED", "Only HTTP/1.1 and HTTP/1.0 are served.", NULL},
};

static const struct refusal *refusal_of(int status)
{
    for (size_t i = 0; i < LEN(refusals); i++)
        if (refusals[i].status == status)
            return &refusals[i];
    return &refusals[0];
}

void answer_refusal(int status, struct buf *body, struct http_answer *ret)
{
    const struct refusal *r = refusal_of(status);
    const struct told t = {
        str_from(r->code), str_from(r->title), {str_from(r->fix)}, .n_fix = r->fix ? 1 : 0};

    write_body(body, &t);
    *ret = (struct http_answer){
        .status = r->status,
        .type = STR("application/json"),
        .body = buf_view(body),
        .close = true,
        .headers = status == 503 || status == 429 ? error_fields : refusal_fields,
        .n_headers = status == 405 || status == 503 || status == 429 ? 2 : 1,
    };
}
