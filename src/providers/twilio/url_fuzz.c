/*
 * Any base and target: what is split is put together again byte for byte; what is normalised, or
 * has its query taken apart, stays the same when that is done again, and is plain ASCII.
 *
 * Input: base URL, line feed, target.
 */
#include "providers/twilio/url.h"

#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_plain(struct str s, unsigned char beyond)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= beyond)
            return false;
    return true;
}

static void check_normal(struct str normal, const struct twilio_url *u, struct arena *a)
{
    struct twilio_url again;

    // Names of hosts and users are taken as they are.
    assert(twilio_url_split(normal, STR(""), &again));
    assert(is_plain(again.rest, 0x7f));
    assert(again.rest.n > 0 && again.rest.p[0] == '/');
    assert(str_eq_nocase(again.host, u->host) && str_eq_nocase(again.scheme, u->scheme));
    assert(str_eq(twilio_url_normalise(&again, a), normal));
}

static void check_requeried(struct str once, struct arena *a)
{
    const struct str query = str_sub(once, str_find(once, '?'), SIZE_MAX);
    assert(str_eq(twilio_url_requery(once, a), once));
    assert(is_plain(query, 0x7f));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct str target = {(const char *)data, size}, base;
    struct twilio_url u;

    if (!cut_until(&target, '\n', &base) || !twilio_url_split(base, target, &u))
        return 0;
    const struct str joined = twilio_url_join(&u, a);
    assert(str_is_none(joined) ||
           (joined.n == base.n + target.n && str_starts(joined, base) && str_ends(joined, target)));

    const struct str normal = twilio_url_normalise(&u, a);
    if (str_is_none(normal))
        return 0;
    check_normal(normal, &u, a);
    const struct str requeried = twilio_url_requery(normal, a);
    if (!str_is_none(requeried) && str_find(requeried, '?') + 1 < requeried.n)
        check_requeried(requeried, a);
    return 0;
}
