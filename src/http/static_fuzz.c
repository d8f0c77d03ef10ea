/*
 * Any path below the interface, with any Accept-Encoding and If-None-Match: what is given is the
 * asset of exactly that name or the index page, compressed and left out only for whom asked so.
 *
 * Input: path, line feed, Accept-Encoding, line feed, If-None-Match.
 */
#include "http/static.h"

#include "base/arena.h"
#include "http/assets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct http_static_choice choose(struct str path, struct str accepts, struct str known,
                                        struct arena *a)
{
    struct http_header fields[] = {{STR("Accept-Encoding"), accepts},
                                   {STR("If-None-Match"), known}};
    const struct http_request rq = {.headers = fields, .n_headers = LEN(fields)};
    struct http_static_choice c;

    http_static_choose(&rq, path, a, &c);
    return c;
}

static void check_asset(const struct asset *asset, struct str path)
{
    const struct asset *index = asset_find(STR("/index.html"));

    if (!asset)
        assert(str_contains(path, STR(".")));
    else if (asset != index)
        assert(str_eq(str_from(asset->path), path));
}

/* What is named is known, and nothing else is. */
static void check_tag(const struct http_static_choice *c, struct str path, struct str accepts,
                      struct str known, struct arena *a)
{
    if (c->is_known)
        assert(str_contains(known, c->etag) || str_contains(known, STR("*")));
    assert(choose(path, accepts, c->etag, a).is_known);
    assert(choose(path, accepts, STR("*"), a).is_known);
    assert(!choose(path, accepts, STR(""), a).is_known);
}

static void check_form(const struct http_static_choice *c, struct str path, struct str accepts,
                       struct arena *a)
{
    if (c->gzip)
        assert(c->asset->gzip_len > 0 && accepts.n > 0);
    assert(!choose(path, STR("identity"), STR(""), a).gzip);
    assert(str_ends(c->etag, STR("-gz\"")) == c->gzip);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct str known = {(const char *)data, size}, path = STR(""), accepts = STR("");

    (void)!cut_until(&known, '\n', &path);
    (void)!cut_until(&known, '\n', &accepts);
    const struct http_static_choice c = choose(path, accepts, known, a);
    check_asset(c.asset, path);
    if (!c.asset) {
        assert(!c.gzip && !c.is_known);
        return 0;
    }
    check_tag(&c, path, accepts, known, a);
    check_form(&c, path, accepts, a);
    return 0;
}
