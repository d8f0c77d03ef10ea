#include "http/route.h"

#include <stdlib.h>

#include "base/arena.h"
#include "http/internal.h"

/*
 * A tree of segments. Each node has literal children (compared one by one: an API has few per
 * level), at most one child for a parameter and at most one for the rest of the path. Literals are
 * tried first, then the parameter, then the rest; the depth is bounded by HTTP_ROUTE_SEGMENTS.
 */

struct node {
    struct str literal;
    struct node *sibling, *children; /* literal ones */
    struct node *param, *rest;
    const struct http_route *routes[HTTP_METHOD_COUNT];
    unsigned methods;
};

struct http_router {
    struct arena *arena;
    struct node root;
};

// --- compiling -----------------------------------------------------------------------------------

static struct node *literal_child(struct node *parent, struct str segment, struct arena *a)
{
    struct node **at = &parent->children;

    while (*at && !str_eq((*at)->literal, segment))
        at = &(*at)->sibling;
    if (!*at) {
        *at = arena_new(a, struct node, 1);
        (*at)->literal = segment;
    }
    return *at;
}

static struct node *only_child(struct node **child, struct arena *a)
{
    if (!*child)
        *child = arena_new(a, struct node, 1);
    return *child;
}

static struct node *child_of(struct node *parent, struct str segment, struct arena *a)
{
    if (str_eq(segment, STR("*")))
        return only_child(&parent->rest, a);
    if (segment.n > 1 && segment.p[0] == ':')
        return only_child(&parent->param, a);
    return literal_child(parent, segment, a);
}

static void add(struct http_router *r, const struct http_route *route)
{
    struct str pattern = str_from(route->pattern), segment;
    struct node *node = &r->root;
    size_t n_segments = 0, n_params = 0;

    assert(pattern.n > 0 && pattern.p[0] == '/');
    pattern = str_sub(pattern, 1, pattern.n);
    do {
        segment = str_sub(pattern, 0, str_find(pattern, '/'));
        const bool last = segment.n == pattern.n;
        node = child_of(node, segment, r->arena);
        n_segments++;
        n_params += segment.n > 0 && (segment.p[0] == ':' || segment.p[0] == '*');
        assert(last || node != r->root.rest);
        pattern = last ? STR_NONE : str_sub(pattern, segment.n + 1, pattern.n);
    } while (!str_is_none(pattern));

    assert(n_segments <= HTTP_ROUTE_SEGMENTS && n_params <= HTTP_ROUTE_PARAMS);
    assert(!node->routes[route->method]); // two routes of one method and shape
    node->routes[route->method] = route;
    node->methods |= 1u << route->method;
}

struct http_router *http_router_create(const struct http_route *routes, size_t n)
{
    struct http_router *r = NEW(struct http_router);

    r->arena = arena_create(0);
    for (size_t i = 0; i < n; i++)
        add(r, &routes[i]);
    return r;
}

void http_router_destroy(struct http_router *r)
{
    if (!r)
        return;
    arena_destroy(r->arena);
    free(r);
}

// --- decoding ------------------------------------------------------------------------------------

static bool decode(struct str in, struct arena *a, struct str *ret)
{
    char *dst = arena_new(a, char, in.n);
    size_t n = 0;

    for (size_t i = 0; i < in.n; i++) {
        char c = in.p[i];
        if (c == '%') {
            const int high = in.n - i > 2 ? hex_value(in.p[i + 1]) : -1;
            const int low = in.n - i > 2 ? hex_value(in.p[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        }
        dst[n++] = c;
    }
    *ret = (struct str){dst, n};
    return true;
}

/* A segment as text: a view where nothing was escaped. */
static bool decode_segment(struct str in, struct arena *a, struct str *ret)
{
    *ret = in;
    if (str_find(in, '%') < in.n && !decode(in, a, ret))
        return false;
    return str_is_utf8(*ret) && str_find(*ret, '\0') == ret->n;
}

// --- finding -------------------------------------------------------------------------------------

struct path {
    struct str raw[HTTP_ROUTE_SEGMENTS];  /* from this segment to the end, escaped */
    struct str text[HTTP_ROUTE_SEGMENTS]; /* decoded */
    struct str values[HTTP_ROUTE_PARAMS]; /* of the parameters on the way down */
    size_t n, n_values;
};

/* The number of segments that fit; deeper paths can only match a rest. */
static bool split(struct str path, struct arena *a, struct path *ret)
{
    struct str rest = str_sub(path, 1, path.n);

    ret->n = ret->n_values = 0;
    for (;;) {
        const struct str segment = str_sub(rest, 0, str_find(rest, '/'));
        struct str text;
        if (!decode_segment(segment, a, &text))
            return false;
        if (ret->n < HTTP_ROUTE_SEGMENTS) {
            ret->raw[ret->n] = rest;
            ret->text[ret->n] = text;
        }
        ret->n++;
        if (segment.n == rest.n)
            return true;
        rest = str_sub(rest, segment.n + 1, rest.n);
    }
}

static const struct node *descend(const struct node *at, size_t i, struct path *p);

static const struct node *descend_param(const struct node *at, size_t i, struct path *p)
{
    if (!at->param || p->text[i].n == 0)
        return NULL;
    p->values[p->n_values++] = p->text[i];
    const struct node *found = descend(at->param, i + 1, p);
    if (!found)
        p->n_values--;
    return found;
}

static const struct node *descend(const struct node *at, size_t i, struct path *p)
{
    const struct node *found = NULL;

    if (i == p->n)
        return at->methods ? at : NULL;
    if (i == HTTP_ROUTE_SEGMENTS)
        return NULL;
    for (const struct node *child = at->children; child && !found; child = child->sibling)
        if (str_eq(child->literal, p->text[i]))
            found = descend(child, i + 1, p);
    if (!found)
        found = descend_param(at, i, p);
    if (!found && at->rest) {
        p->values[p->n_values++] = p->raw[i];
        found = at->rest;
    }
    return found;
}

/* The names stand in the pattern of the route that was found. */
static void name_params(const char *pattern, const struct path *p, struct http_match *ret)
{
    struct str rest = str_from(pattern), segment;

    ret->n_params = 0;
    while (cut_field(&rest, '/', &segment)) {
        if (segment.n == 0 || (segment.p[0] != ':' && !str_eq(segment, STR("*"))))
            continue;
        const struct str name = segment.p[0] == ':' ? str_sub(segment, 1, segment.n) : segment;
        ret->params[ret->n_params] = (struct http_param){name, p->values[ret->n_params]};
        ret->n_params++;
    }
}

static bool decode_rest(struct arena *a, struct http_match *m)
{
    struct http_param *last = m->n_params > 0 ? &m->params[m->n_params - 1] : NULL;

    return !last || !str_eq(last->name, STR("*")) || decode_segment(last->value, a, &last->value);
}

enum http_found http_router_find(const struct http_router *r, enum http_method method,
                                 struct str path, struct arena *a, struct http_match *ret)
{
    struct path p;

    if (path.n == 0 || path.p[0] != '/')
        return HTTP_NOT_FOUND;
    if (!split(path, a, &p))
        return HTTP_BAD_PATH;
    const struct node *node = descend(&r->root, 0, &p);
    if (!node)
        return HTTP_NOT_FOUND;

    ret->methods = node->methods;
    if (ret->methods & 1u << HTTP_GET)
        ret->methods |= 1u << HTTP_HEAD;
    const struct http_route *route = node->routes[method];
    if (!route && method == HTTP_HEAD)
        route = node->routes[HTTP_GET];
    if (!route)
        return HTTP_WRONG_METHOD;
    ret->target = route->target;
    name_params(route->pattern, &p, ret);
    return decode_rest(a, ret) ? HTTP_FOUND : HTTP_BAD_PATH;
}

struct str http_match_param(const struct http_match *m, struct str name)
{
    for (size_t i = 0; i < m->n_params; i++)
        if (str_eq(m->params[i].name, name))
            return m->params[i].value;
    return STR_NONE;
}

struct str http_allow(unsigned methods, struct arena *a)
{
    struct str allow = STR("");

    for (size_t i = 0; i < HTTP_METHOD_COUNT; i++) {
        const struct str name = http_method_name((enum http_method)i);
        if (methods & 1u << i)
            allow = str_fmt(a, STR_FMT "%s" STR_FMT, STR_ARG(allow), allow.n > 0 ? ", " : "",
                            STR_ARG(name));
    }
    return allow;
}

void http_answer_wrong_method(struct http_exchange *x, unsigned methods)
{
    struct err e = {0};
    const struct http_header allow = {STR("Allow"), http_allow(methods, http_arena(x))};

    (void)err_set(&e, ERR_METHOD, "this path does not know that method");
    exchange_answer_error(x, &e, STR_NONE, &allow);
}
