/*
 * Any bytes as what an address answers to /health, and as the URL of an address: an answer is one
 * of ours only when it is an object that says one of two words; a host of an URL is judged, however
 * it is written, and its letters' case does not count.
 *
 * Input: URL, line feed, answer.
 */
#include "providers/address.h"

#include "base/arena.h"
#include "base/json.h"
#include "http/fetch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_answer(struct str body, struct arena *a)
{
    struct json_object *o;
    struct err e = {0};
    bool is_well = false;

    if (!address_read_health(body, a, &is_well))
        return;
    const bool reads = json_parse(body, a, &o, &e);
    assert(reads);
    assert(str_eq(json_get_str(o, "status"), is_well ? STR("healthy") : STR("unhealthy")));
}

static struct str upper(struct str s, struct arena *a)
{
    char *p = arena_alloc(a, s.n + 1);

    for (size_t i = 0; i < s.n; i++)
        p[i] = s.p[i] >= 'a' && s.p[i] <= 'z' ? (char)(s.p[i] - 'a' + 'A') : s.p[i];
    return (struct str){p, s.n};
}

static void check_url(struct str url, struct arena *a)
{
    struct http_place place;

    if (http_place_of(url, a, &place))
        assert(address_is_private(place.host, a) == address_is_private(upper(place.host, a), a));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct str body = {(const char *)data, size}, url = STR("");

    (void)!cut_until(&body, '\n', &url);
    check_url(url, a);
    check_answer(body, a);
    return 0;
}
