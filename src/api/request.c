#include "api/request.h"

#include "base/limits.h"

bool req_not_found(struct err *e)
{
    return err_set(e, ERR_NOT_FOUND, "there is no such thing here");
}

bool req_may(const struct req *rq, enum right r, struct err *e)
{
    return actor_may(&rq->actor, r) ||
           err_set(e, ERR_FORBIDDEN, "this needs the right %s", right_name(r));
}

struct str req_param(const struct req *rq, struct str name)
{
    return http_match_param(rq->match, name);
}

bool req_id(struct req *rq, struct str name, int64_t *ret, struct err *e)
{
    return str_to_id(req_param(rq, name), ret) || req_not_found(e);
}

struct str req_query(const struct req *rq, struct str name)
{
    const struct str v = form_get(&rq->query, name);

    return str_is_empty(v) ? STR_NONE : v;
}

bool req_query_word(const struct req *rq, struct str name, struct words words, struct str *ret,
                    struct err *e)
{
    const struct str v = req_query(rq, name);
    struct str all = words.p[0];
    size_t i;

    if (str_is_none(v) || str_among(v, words.p, words.n, &i)) {
        *ret = v;
        return true;
    }
    for (i = 1; i < words.n; i++)
        all = str_fmt(rq->a, STR_FMT ", " STR_FMT, STR_ARG(all), STR_ARG(words.p[i]));
    return err_set(e, ERR_INVALID, STR_FMT ": one of " STR_FMT " expected", STR_ARG(name),
                   STR_ARG(all));
}

bool req_query_direction(const struct req *rq, struct str *ret, struct err *e)
{
    static const struct str words[] = {STR("inbound"), STR("outbound"), STR("internal"),
                                       STR("external")};

    return req_query_word(rq, STR("direction"), WORDS(words), ret, e) || err_trace(e);
}

bool req_query_status(const struct req *rq, struct str *ret, struct err *e)
{
    static const struct str words[] = {STR("queued"),      STR("initiated"), STR("ringing"),
                                       STR("in-progress"), STR("completed"), STR("busy"),
                                       STR("no-answer"),   STR("canceled"),  STR("failed")};

    return req_query_word(rq, STR("status"), WORDS(words), ret, e) || err_trace(e);
}

bool req_query_flag(const struct req *rq, struct str name, bool *ret, struct err *e)
{
    static const struct str words[] = {STR("true"), STR("false")};
    struct str word;

    if (!req_query_word(rq, name, WORDS(words), &word, e))
        return err_trace(e);
    *ret = str_eq(word, words[0]);
    return true;
}

bool req_query_text(const struct req *rq, struct str name, size_t max, struct str *ret,
                    struct err *e)
{
    const struct str v = req_query(rq, name);

    if (v.n > max)
        return err_set(e, ERR_INVALID, STR_FMT ": at most %zu bytes expected", STR_ARG(name), max);
    if (!str_is_utf8(v))
        return err_set(e, ERR_INVALID, STR_FMT ": not UTF-8", STR_ARG(name));
    *ret = v;
    return true;
}

bool req_query_time(const struct req *rq, struct str name, usec_t *ret, struct err *e)
{
    const struct str v = req_query(rq, name);
    usec_t t = TIME_NONE;

    if (!str_is_none(v) && !time_parse_rfc3339(v, &t)) {
        err_set(e, ERR_INVALID, STR_FMT ": not a time in RFC 3339 form", STR_ARG(name));
        return err_fix(e, "write it as 2026-02-08T06:11:00Z");
    }
    *ret = t;
    return true;
}

static bool read_page(const struct req *rq, const struct http_range *limits, struct req_page *ret,
                      struct err *e)
{
    static const struct http_range pages = {1, 1000000, 1};
    struct req_page page;

    if (!http_query_int(&rq->query, STR("page"), &pages, &page.page, e) ||
        !http_query_int(&rq->query, STR("limit"), limits, &page.limit, e))
        return err_trace(e);
    *ret = page;
    return true;
}

bool req_page(const struct req *rq, struct req_page *ret, struct err *e)
{
    static const struct http_range limits = {1, LIMIT_PAGE, 20};

    return read_page(rq, &limits, ret, e) || err_trace(e);
}

bool req_long_page(const struct req *rq, struct req_page *ret, struct err *e)
{
    static const struct http_range limits = {1, LIMIT_LONG_PAGE, LIMIT_LONG_PAGE};

    return read_page(rq, &limits, ret, e) || err_trace(e);
}

bool req_body(struct req *rq, struct json_object **ret, struct err *e)
{
    const struct str type = http_header(rq->http, STR("Content-Type"));
    const struct str media = str_trim(str_sub(type, 0, str_find(type, ';')));

    if (!str_eq_nocase(media, STR("application/json"))) {
        err_set(e, ERR_UNSUPPORTED, "the body must be JSON");
        return err_fix(e, "send Content-Type: application/json");
    }
    if (!json_parse(rq->http->body, rq->a, ret, e))
        return err_trace(e);
    return true;
}

bool reply(struct req *rq, int status, struct err *e)
{
    static const struct http_header headers[] = {{{"Cache-Control", 13}, {"no-store", 8}}};

    return reply_with(rq, status, headers, LEN(headers), e) || err_trace(e);
}

bool reply_with(struct req *rq, int status, const struct http_header *headers, size_t n,
                struct err *e)
{
    if (!buf_ok(rq->out))
        return err_set(e, ERR_LIMIT, "the answer is larger than %zu bytes; ask for a smaller page",
                       rq->out->max);
    rq->status = status;
    http_answer_from(rq->x, &(struct http_answer){.status = status,
                                                  .type = STR("application/json; charset=utf-8"),
                                                  .body = buf_view(rq->out),
                                                  .headers = headers,
                                                  .n_headers = n});
    return true;
}

void reply_bytes(struct req *rq, struct str type, struct str bytes)
{
    static const struct http_header headers[] = {{{"Cache-Control", 13}, {"private", 7}}};

    rq->status = 200;
    http_answer_from(rq->x, &(struct http_answer){.status = 200,
                                                  .type = type,
                                                  .body = bytes,
                                                  .headers = headers,
                                                  .n_headers = LEN(headers)});
}

void reply_empty(struct req *rq, int status, const struct http_header *headers, size_t n)
{
    rq->status = status;
    http_answer_from(rq->x,
                     &(struct http_answer){.status = status, .headers = headers, .n_headers = n});
}

void reply_elsewhere(struct req *rq)
{
    rq->status = 200;
}
