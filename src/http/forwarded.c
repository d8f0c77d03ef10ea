#include "http/forwarded.h"

/* "192.0.2.7", "192.0.2.7:4711", "2001:db8::7", "[2001:db8::7]:4711": proxies write all these. */
static bool parse_entry(struct str in, struct ip *ret)
{
    struct str inside;

    in = str_trim(in);
    if (ip_parse(in, ret))
        return true;
    if (cut_char(&in, '['))
        return cut_until(&in, ']', &inside) && (in.n == 0 || in.p[0] == ':') &&
               ip_parse(inside, ret);
    return cut_until(&in, ':', &inside) && !str_contains(in, STR(":")) && ip_parse(inside, ret);
}

/* The last element of a comma list; what is before it stays in *list. */
static struct str take_last(struct str *list)
{
    size_t at = list->n;

    while (at > 0 && list->p[at - 1] != ',')
        at--;
    const struct str last = str_sub(*list, at, list->n);
    *list = str_sub(*list, 0, at > 0 ? at - 1 : 0);
    return last;
}

static void set_peer(struct http_request *rq, const struct ip *ip, struct arena *a)
{
    char text[IP_TEXT_MAX];

    rq->peer = str_dup((struct str){text, ip_format(ip, text)}, a);
}

/* True when the client was found, or the list cannot be followed any further. */
static bool walk(struct http_request *rq, struct str list, const struct cidr_list *trusted,
                 struct arena *a)
{
    while (list.n > 0) {
        struct ip ip;
        if (!parse_entry(take_last(&list), &ip))
            return true;
        set_peer(rq, &ip, a);
        if (!cidr_list_has(trusted, &ip))
            return true;
    }
    return false;
}

void http_forwarded(struct http_request *rq, const struct cidr_list *trusted, struct arena *a)
{
    for (size_t i = rq->n_headers; i-- > 0;)
        if (str_eq_nocase(rq->headers[i].name, STR("x-forwarded-for")) &&
            walk(rq, rq->headers[i].value, trusted, a))
            break;

    for (size_t i = rq->n_headers; i-- > 0;) {
        if (!str_eq_nocase(rq->headers[i].name, STR("x-forwarded-proto")))
            continue;
        struct str list = rq->headers[i].value;
        if (str_eq_nocase(str_trim(take_last(&list)), STR("https")))
            rq->scheme = STR("https");
        break;
    }
}
