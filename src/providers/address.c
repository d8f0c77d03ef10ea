#include "providers/address.h"

#include <assert.h>

#include "base/arena.h"
#include "base/json.h"
#include "http/cidr.h"
#include "http/fetch.h"

enum { ANSWER_MAX = 4096 };
#define CONNECT_TIMEOUT SECONDS(4)
#define TOTAL_TIMEOUT SECONDS(8)

/* Addresses and names that lead nowhere on the internet (RFC 1918, 6761, 6762, 4193, 3927). */
bool address_is_private(struct str host, struct arena *a)
{
    static const struct str names[] = {STR(".localhost"), STR(".local"), STR(".internal"),
                                       STR(".test"), STR(".invalid")};
    struct cidr_list blocks;
    struct err e = {0};
    struct ip ip;
    bool is = str_eq_nocase(host, STR("localhost"));

    for (size_t i = 0; i < LEN(names) && !is; i++)
        is = host.n > names[i].n &&
             str_eq_nocase(str_sub(host, host.n - names[i].n, names[i].n), names[i]);
    if (is || !ip_parse(host.n > 2 && host.p[0] == '[' ? str_sub(host, 1, host.n - 2) : host, &ip))
        return is;
    const bool ok = cidr_list_parse(STR("127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,"
                                        "169.254.0.0/16,100.64.0.0/10,0.0.0.0/8,::1,fc00::/7,"
                                        "fe80::/10"),
                                    a, &blocks, &e);
    assert(ok);
    return cidr_list_has(&blocks, &ip);
}

bool address_read_health(struct str body, struct arena *a, bool *ret_is_well)
{
    struct json_object *o;
    struct err e = {0};

    if (!json_parse(body, a, &o, &e))
        return false;
    const struct str status = json_get_str(o, "status");
    *ret_is_well = str_eq(status, STR("healthy"));
    return *ret_is_well || str_eq(status, STR("unhealthy"));
}

enum finding_code address_ask(struct str url, const _Atomic bool *ended, struct arena *a,
                              bool *ret_is_well)
{
    _cleanup_(buf_finish) struct buf body = {.max = ANSWER_MAX};
    const struct http_fetch f = {
        .peer = "the address",
        .url = str_fmt(a, STR_FMT "/health", STR_ARG(url)),
        .connect_timeout = CONNECT_TIMEOUT,
        .total_timeout = TOTAL_TIMEOUT,
        .ended = ended,
    };
    struct http_fetched answer;
    struct err e = {0};

    *ret_is_well = false;
    if (!http_fetch(&f, a, &body, &answer, &e))
        return e.code == ERR_LIMIT ? FINDING_ADDRESS_ELSEWHERE : FINDING_ADDRESS_UNREACHABLE;
    return address_read_health(str_dup(buf_view(&body), a), a, ret_is_well)
               ? FINDING_ADDRESS_OK
               : FINDING_ADDRESS_ELSEWHERE;
}

enum finding_code address_check(struct str url, bool is_near, const _Atomic bool *ended,
                                struct arena *a)
{
    struct http_place place;
    bool is_well;

    if (!http_place_of(url, a, &place))
        return FINDING_ADDRESS_UNREACHABLE;
    if (!is_near && address_is_private(place.host, a))
        return FINDING_ADDRESS_PRIVATE;
    if (!is_near && !str_eq_nocase(place.scheme, STR("https")))
        return FINDING_ADDRESS_NOT_HTTPS;
    return address_ask(url, ended, a, &is_well);
}
