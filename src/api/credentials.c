#include "api/credentials.h"

struct str credentials_bearer(const struct http_request *rq)
{
    const struct str v = http_header(rq, STR("Authorization"));
    const struct str scheme = str_sub(v, 0, 7);

    return str_eq_nocase(scheme, STR("Bearer ")) ? str_trim(str_sub(v, 7, v.n)) : STR_NONE;
}

struct str credentials_cookie(const struct http_request *rq, struct str name)
{
    struct str all = http_header(rq, STR("Cookie")), pair;

    while (cut_field(&all, ';', &pair)) {
        struct str key, value = str_trim(pair);
        if (cut_until(&value, '=', &key) && str_eq(key, name))
            return value;
    }
    return STR_NONE;
}

struct str credentials_shown(const struct http_request *rq, bool *ret_is_cookie)
{
    const struct str bearer = credentials_bearer(rq);

    *ret_is_cookie = str_is_empty(bearer);
    return *ret_is_cookie ? credentials_cookie(rq, STR(CREDENTIALS_SESSION)) : bearer;
}

bool credentials_same_origin(const struct http_request *rq)
{
    struct str origin = http_header(rq, STR("Origin"));

    return (cut_lit(&origin, STR("https://")) || cut_lit(&origin, STR("http://"))) &&
           origin.n > 0 && str_eq_nocase(origin, http_header(rq, STR("Host")));
}
