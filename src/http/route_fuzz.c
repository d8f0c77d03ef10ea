/* Any path through the router: parameters are text, and nothing is found twice differently. */
#include "base/arena.h"

#include "http/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct http_route routes[] = {
    {HTTP_GET, "/", "a"},          {HTTP_GET, "/a/:x", "b"},   {HTTP_POST, "/a/:x/b", "c"},
    {HTTP_GET, "/a/b/:x/:y", "d"}, {HTTP_DELETE, "/a/b", "e"}, {HTTP_GET, "/c/*", "f"},
    {HTTP_GET, "/:x/:y/:z", "g"},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct http_router *r = http_router_create(routes, LEN(routes));
    struct arena *a = arena_create(0);
    const struct str path = {(const char *)data + 1, size - 1};
    struct http_match m;

    if (http_router_find(r, data[0] % HTTP_METHOD_COUNT, path, a, &m) == HTTP_FOUND)
        for (size_t i = 0; i < m.n_params; i++) {
            const struct str value = m.params[i].value;
            assert(str_is_utf8(value) && str_find(value, '\0') == value.n);
            assert(value.n > 0 || str_eq(m.params[i].name, STR("*")));
        }
    arena_destroy(a);
    http_router_destroy(r);
    return 0;
}
