/*
 * Any Cookie, Authorization, Origin and Host, one a line: what is found stands in the field as it
 * is, and a cookie that was set is found among all others.
 */
#include "api/credentials.h"

#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NAME STR(CREDENTIALS_SESSION)

static bool is_within(struct str part, struct str whole)
{
    return str_is_none(part) || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static bool is_token(struct str s)
{
    return str_find(s, ';') == s.n && str_find(s, ' ') == s.n && str_find(s, '\t') == s.n;
}

/* Behind a jar of other cookies. */
static void check_set_cookie(struct str jar, struct str value, struct arena *a)
{
    struct http_header h = {STR("cookie"), str_fmt(a, STR_FMT "; hookswitch_session=" STR_FMT,
                                                   STR_ARG(jar), STR_ARG(value))};
    const struct http_request rq = {.headers = &h, .n_headers = 1};

    if (is_token(value) && !str_contains(jar, NAME))
        assert(str_eq(credentials_cookie(&rq, NAME), value));
}

/* Behind the scheme of an origin stands its host; either may be any bytes. */
static void check_origin(struct str origin, struct str host)
{
    assert(host.n > 0 && origin.n > host.n);
    assert(origin.p[origin.n - host.n - 1] == '/');
    assert(str_eq_nocase(str_sub(origin, origin.n - host.n, origin.n), host));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct str names[] = {STR("Cookie"), STR("Authorization"), STR("Origin"),
                                       STR("Host")};
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct str in = {(const char *)data, size};
    struct http_header headers[LEN(names)];

    if (str_find(in, '\0') < in.n)
        return 0; // no field has one
    for (size_t i = 0; i < LEN(names); i++) {
        headers[i] = (struct http_header){names[i], STR("")};
        (void)!cut_field(&in, '\n', &headers[i].value);
    }
    const struct http_request rq = {.headers = headers, .n_headers = LEN(names)};
    const struct str cookie = credentials_cookie(&rq, NAME), key = credentials_bearer(&rq);

    assert(is_within(cookie, headers[0].value) && str_find(cookie, ';') == cookie.n);
    assert(is_within(key, headers[1].value) && str_eq(str_trim(key), key));
    if (credentials_same_origin(&rq))
        check_origin(headers[2].value, headers[3].value);
    check_set_cookie(headers[0].value, headers[1].value, a);
    return 0;
}
