#include "http/route.h"

#include "test/test.h"

static const struct http_route routes[] = {
    {HTTP_GET, "/", "root"},
    {HTTP_GET, "/api/calls", "list"},
    {HTTP_POST, "/api/calls", "create"},
    {HTTP_GET, "/api/calls/active", "active"},
    {HTTP_GET, "/api/calls/:sid", "detail"},
    {HTTP_DELETE, "/api/calls/:sid", "remove"},
    {HTTP_POST, "/api/calls/:sid/notes/:id", "note"},
    {HTTP_GET, "/api/calls/active/since/:when", "since"},
    {HTTP_GET, "/app/*", "app"},
    {HTTP_GET, "/app/login", "login"},
};

static struct http_router *router;
static struct arena *a;

static int begin(void **state)
{
    (void)state;
    a = arena_create(0);
    router = http_router_create(routes, LEN(routes));
    return 0;
}

static int end(void **state)
{
    (void)state;
    http_router_destroy(router);
    http_router_destroy(NULL);
    arena_destroy(a);
    return 0;
}

static void finds_the_route_of_a_path(void **state)
{
    static const struct {
        enum http_method method;
        const char *path;
        enum http_found found;
        const char *target;
    } rows[] = {
        {HTTP_GET, "/", HTTP_FOUND, "root"},
        {HTTP_GET, "/api/calls", HTTP_FOUND, "list"},
        {HTTP_HEAD, "/api/calls", HTTP_FOUND, "list"},
        {HTTP_POST, "/api/calls", HTTP_FOUND, "create"},
        {HTTP_GET, "/api/calls/active", HTTP_FOUND, "active"},
        {HTTP_GET, "/api/calls/%61ctive", HTTP_FOUND, "active"},
        {HTTP_GET, "/api/calls/CA1", HTTP_FOUND, "detail"},
        {HTTP_DELETE, "/api/calls/CA1", HTTP_FOUND, "remove"},
        {HTTP_POST, "/api/calls/CA1/notes/7", HTTP_FOUND, "note"},
        {HTTP_POST, "/api/calls/active/notes/7", HTTP_FOUND, "note"}, // goes back to the parameter
        {HTTP_GET, "/api/calls/active/since/now", HTTP_FOUND, "since"},
        {HTTP_GET, "/app/login", HTTP_FOUND, "login"},
        {HTTP_GET, "/app/login/x", HTTP_FOUND, "app"},
        {HTTP_GET, "/app/", HTTP_FOUND, "app"},
        {HTTP_GET, "/app", HTTP_NOT_FOUND, NULL},
        {HTTP_GET, "/api", HTTP_NOT_FOUND, NULL},
        {HTTP_GET, "/api/calls/", HTTP_NOT_FOUND, NULL}, // a parameter is never empty
        {HTTP_GET, "//api/calls", HTTP_NOT_FOUND, NULL},
        {HTTP_GET, "/API/calls", HTTP_NOT_FOUND, NULL},
        {HTTP_GET, "/api/calls/CA1/notes", HTTP_NOT_FOUND, NULL},
        {HTTP_OPTIONS, "*", HTTP_NOT_FOUND, NULL},
        {HTTP_GET, "", HTTP_NOT_FOUND, NULL},
        {HTTP_PUT, "/api/calls", HTTP_WRONG_METHOD, NULL},
        {HTTP_HEAD, "/api/calls/CA1/notes/7", HTTP_WRONG_METHOD, NULL},
        {HTTP_GET, "/api/calls/%", HTTP_BAD_PATH, NULL},
        {HTTP_GET, "/api/calls/%4", HTTP_BAD_PATH, NULL},
        {HTTP_GET, "/api/calls/%4x", HTTP_BAD_PATH, NULL},
        {HTTP_GET, "/api/calls/%00", HTTP_BAD_PATH, NULL},
        {HTTP_GET, "/api/calls/%ff", HTTP_BAD_PATH, NULL},
    };

    (void)state;
    FOR_EACH_ROW (row, rows) {
        struct http_match m;
        const enum http_found found =
            http_router_find(router, row->method, str_from(row->path), a, &m);
        assert_row(found == row->found, row->path);
        assert_row(!row->target || strcmp(m.target, row->target) == 0, row->path);
    }
}

static void gives_parameters_by_name_and_decoded(void **state)
{
    struct http_match m;

    (void)state;
    assert_int_equal(
        http_router_find(router, HTTP_POST, STR("/api/calls/a%2Fb%20%E2%9C%93+/notes/7"), a, &m),
        HTTP_FOUND);
    assert_int_equal(m.n_params, 2);
    assert_str(http_match_param(&m, STR("sid")), "a/b \xe2\x9c\x93+");
    assert_str(http_match_param(&m, STR("id")), "7");
    assert_str(http_match_param(&m, STR("other")), NULL);

    assert_int_equal(http_router_find(router, HTTP_GET, STR("/app/a/b%20c/d.js"), a, &m),
                     HTTP_FOUND);
    assert_str(http_match_param(&m, STR("*")), "a/b c/d.js");
}

static void tells_which_methods_a_path_has(void **state)
{
    struct http_match m;

    (void)state;
    assert_int_equal(http_router_find(router, HTTP_PATCH, STR("/api/calls"), a, &m),
                     HTTP_WRONG_METHOD);
    assert_str(http_allow(m.methods, a), "GET, HEAD, POST");
    assert_str(http_allow(1u << HTTP_DELETE, a), "DELETE");
    assert_str(http_allow(0, a), "");
}

static void is_not_impressed_by_depth(void **state)
{
    struct str path = STR("/app"), deep = STR("/api");
    struct http_match m;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        path = str_fmt(a, STR_FMT "/x", STR_ARG(path));
        deep = str_fmt(a, STR_FMT "/x", STR_ARG(deep));
    }
    assert_int_equal(http_router_find(router, HTTP_GET, path, a, &m), HTTP_FOUND);
    assert_int_equal(http_match_param(&m, STR("*")).n, 1999);
    assert_int_equal(http_router_find(router, HTTP_GET, deep, a, &m), HTTP_NOT_FOUND);
}

TEST_MAIN(cmocka_unit_test_setup_teardown(finds_the_route_of_a_path, begin, end),
          cmocka_unit_test_setup_teardown(gives_parameters_by_name_and_decoded, begin, end),
          cmocka_unit_test_setup_teardown(tells_which_methods_a_path_has, begin, end),
          cmocka_unit_test_setup_teardown(is_not_impressed_by_depth, begin, end))
