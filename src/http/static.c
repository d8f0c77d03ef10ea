#include "http/static.h"

#include "http/assets.h"
#include "http/internal.h"
#include "http/route.h"

/*
 * What is behind a name with a hash in it never changes; everything else is asked for each time,
 * and usually answered with 304. The policy lets the page load only from here and talk only to
 * here.
 */
static const char policy[] =
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; media-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

enum { FIELDS_MAX = 6 };

static bool has_extension(struct str path)
{
    size_t at = path.n;

    while (at > 0 && path.p[at - 1] != '/')
        if (path.p[--at] == '.')
            return true;
    return false;
}

static const struct asset *find(struct str path)
{
    const struct asset *asset = asset_find(path);

    return asset || has_extension(path) ? asset : asset_find(STR("/index.html"));
}

// qvalue = ( "0" [ "." 0*3DIGIT ] ) / …: only zero refuses            RFC 9110 section 12.4.2
static bool weight_is_zero(struct str parameters)
{
    struct str p = str_trim(parameters);

    if (!(cut_lit(&p, STR("q=")) || cut_lit(&p, STR("Q="))) || !cut_char(&p, '0'))
        return false;
    for (size_t i = 0; i < p.n; i++)
        if (p.p[i] != '.' && p.p[i] != '0')
            return false;
    return true;
}

/* Accept-Encoding names gzip, or takes anything, and does not weigh it with zero. */
static bool takes_gzip(const struct http_request *rq)
{
    struct str list = http_header(rq, STR("accept-encoding")), item;
    bool any = false;

    while (cut_field(&list, ',', &item)) {
        const size_t n = str_find(item, ';');
        const struct str coding = str_trim(str_sub(item, 0, n));
        const bool refused = n < item.n && weight_is_zero(str_sub(item, n + 1, item.n));
        if (str_eq_nocase(coding, STR("gzip")))
            return !refused;
        if (str_eq(coding, STR("*")))
            any = !refused;
    }
    return any;
}

/* The weak comparison (RFC 9110 section 8.8.3.2) over the list of If-None-Match. */
static bool has_it(const struct http_request *rq, struct str etag)
{
    struct str list = http_header(rq, STR("if-none-match")), item;

    while (cut_field(&list, ',', &item)) {
        item = str_trim(item);
        if (str_starts(item, STR("W/")))
            item = str_sub(item, 2, item.n);
        if (str_eq(item, etag) || str_eq(item, STR("*")))
            return true;
    }
    return false;
}

void http_static_choose(const struct http_request *rq, struct str path, struct arena *a,
                        struct http_static_choice *ret)
{
    const struct asset *asset = find(path);

    *ret = (struct http_static_choice){.asset = asset};
    if (!asset)
        return;
    ret->gzip = asset->gzip_len > 0 && asset->gzip_len < asset->plain_len && takes_gzip(rq);
    // The compressed form is another representation, and gets a name of its own.
    const struct str plain_tag = str_from(asset->etag);
    ret->etag = ret->gzip
                    ? str_fmt(a, STR_FMT "-gz\"", STR_ARG(str_sub(plain_tag, 0, plain_tag.n - 1)))
                    : plain_tag;
    ret->is_known = has_it(rq, ret->etag);
}

static void answer_asset(struct http_exchange *x, const struct http_static_choice *chosen)
{
    const struct asset *asset = chosen->asset;
    const bool gzip = chosen->gzip;
    struct http_header fields[FIELDS_MAX] = {
        {STR("ETag"), chosen->etag},
        {STR("Cache-Control"),
         asset->immutable ? STR("public, max-age=31536000, immutable") : STR("no-cache")},
        {STR("Vary"), STR("Accept-Encoding")},
        {STR("Content-Security-Policy"), str_from(policy)},
        {STR("Referrer-Policy"), STR("same-origin")},
        {STR("Content-Encoding"), STR("gzip")},
    };
    struct http_answer answer = {
        .type = str_from(asset->type),
        .body = gzip ? (struct str){(const char *)asset->gzip, asset->gzip_len}
                     : (struct str){(const char *)asset->plain, asset->plain_len},
        .body_is_static = true,
        .headers = fields,
        .n_headers = gzip ? FIELDS_MAX : FIELDS_MAX - 1,
    };

    if (chosen->is_known)
        answer = (struct http_answer){.status = 304, .headers = fields, .n_headers = 3};
    exchange_answer(x, &answer);
}

void http_static_answer(struct http_exchange *x, struct str path)
{
    const struct http_request *rq = http_request_of(x);
    struct http_static_choice chosen;
    struct err e = {0};

    http_static_choose(rq, path, http_arena(x), &chosen);
    if (rq->method != HTTP_GET && rq->method != HTTP_HEAD) {
        http_answer_wrong_method(x, 1u << HTTP_GET | 1u << HTTP_HEAD);
    } else if (chosen.asset) {
        answer_asset(x, &chosen);
    } else {
        (void)err_set(&e, ERR_NOT_FOUND, "the user interface has no such file");
        http_answer_error(x, &e, STR_NONE);
    }
}
