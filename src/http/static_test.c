#include "http/static.h"

#include "http/assets.h"
#include "loop/loop.h"
#include "test/peer.h"

/* The embedded interface over a real connection; errors in their one form come along. */

static struct loop *loop;
static struct http_server *server;
static struct arena *a;

static void on_request(struct http_exchange *x, void *arg)
{
    const struct str path = http_request_of(x)->path;
    struct err e = {0};

    (void)arg;
    if (str_eq(path, STR("/error"))) {
        err_set(&e, ERR_UNAVAILABLE, "store: \"down\"");
        err_fix(&e, "start it");
        http_answer_error(x, &e, STR("T1"));
        return;
    }
    http_static_answer(x, path);
}

static int begin(void **state)
{
    struct err e = {0};

    (void)state;
    a = arena_create(0);
    assert_ok(loop_start("loop", &loop, &e), &e);
    assert_ok(
        http_server_start(
            &(struct http_server_options){.loops = &loop, .n_loops = 1, .on_request = on_request},
            &server, &e),
        &e);
    return 0;
}

static int end(void **state)
{
    (void)state;
    http_server_stop(server);
    loop_stop(loop);
    arena_destroy(a);
    return 0;
}

static struct reply ask(const char *request)
{
    struct peer p = peer_open(http_server_port(server), a);

    peer_say(&p, str_fmt(a, "%s HTTP/1.1\r\nHost: a\r\n\r\n", request));
    const struct reply r = peer_reply(&p, false);
    peer_close(&p);
    return r;
}

static void serves_the_index_page_where_no_file_is_meant(void **state)
{
    static const char *const paths[] = {"GET /index.html", "GET /", "GET /calls/CA1"};
    const struct asset *index = asset_find(STR("/index.html"));

    (void)state;
    FOR_EACH_ROW (path, paths) {
        const struct reply r = ask(*path);
        assert_row(r.status == 200, *path);
        assert_true(str_eq(r.body, (struct str){(const char *)index->plain, index->plain_len}));
        assert_str(reply_field(&r, STR("cache-control")), "no-cache");
        assert_str(reply_field(&r, STR("etag")), index->etag);
        assert_str(reply_field(&r, STR("vary")), "Accept-Encoding");
        assert_true(str_contains(reply_field(&r, STR("content-security-policy")),
                                 STR("frame-ancestors 'none'")));
    }
}

static void knows_which_files_there_are_not(void **state)
{
    (void)state;
    assert_int_equal(ask("GET /assets/none.js").status, 404);
    assert_int_equal(ask("GET /../etc/passwd.txt").status, 404);
    assert_int_equal(ask("GET /favicon-none.ico").status, 404);
}

static void is_only_read(void **state)
{
    const struct reply r = ask("DELETE /index.html");

    (void)state;
    assert_int_equal(r.status, 405);
    assert_str(reply_field(&r, STR("allow")), "GET, HEAD");
}

static void keeps_the_caching_rule_of_every_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_assets; i++) {
        const struct reply r = ask(str_z(str_fmt(a, "GET %s", assets[i].path), a));
        assert_row(r.status == 200 && r.body.n == assets[i].plain_len, assets[i].path);
        assert_str(reply_field(&r, STR("content-type")), assets[i].type);
        assert_str(reply_field(&r, STR("cache-control")),
                   assets[i].immutable ? "public, max-age=31536000, immutable" : "no-cache");
    }
}

static struct reply ask_fields(const char *fields)
{
    struct peer p = peer_open(http_server_port(server), a);

    peer_say(&p, str_fmt(a, "GET /index.html HTTP/1.1\r\nHost: a\r\n%s\r\n", fields));
    const struct reply r = peer_reply(&p, false);
    peer_close(&p);
    return r;
}

static void compresses_for_those_who_take_it(void **state)
{
    static const struct {
        const char *accept;
        bool gzip;
    } rows[] = {{"gzip", true},      {"deflate, GZIP;q=0.5", true},
                {"*", true},         {"br, *;q=0.1", true},
                {"gzip;q=0", false}, {"gzip; q=0.000", false},
                {"*;q=0", false},    {"gzip;q=0, *", false},
                {"br", false},       {"", false},
                {"xgzip", false}};
    const struct asset *index = asset_find(STR("/index.html"));

    (void)state;
    FOR_EACH_ROW (row, rows) {
        const struct reply r =
            ask_fields(str_z(str_fmt(a, "Accept-Encoding: %s\r\n", row->accept), a));
        const bool gzip = str_eq(reply_field(&r, STR("content-encoding")), STR("gzip"));
        assert_row(gzip == (row->gzip && index->gzip_len < index->plain_len), row->accept);
        assert_row(r.body.n == (gzip ? index->gzip_len : index->plain_len), row->accept);
        assert_row(str_eq(reply_field(&r, STR("etag")), str_from(index->etag)) == !gzip,
                   row->accept);
    }
}

static void says_not_modified_to_those_who_have_it(void **state)
{
    const char *etag = asset_find(STR("/index.html"))->etag;
    const struct {
        struct str list;
        int status;
    } rows[] = {{str_from(etag), 304},
                {str_fmt(a, "\"x\", W/%s", etag), 304},
                {STR("*"), 304},
                {STR("\"x\""), 200},
                {STR(""), 200}};

    (void)state;
    FOR_EACH_ROW (row, rows) {
        const struct reply r =
            ask_fields(str_z(str_fmt(a, "If-None-Match: " STR_FMT "\r\n", STR_ARG(row->list)), a));
        assert_int_equal(r.status, row->status);
        assert_str(reply_field(&r, STR("etag")), etag);
        assert_int_equal(r.body.n == 0, row->status == 304);
    }
}

static void tells_an_error_in_the_one_form(void **state)
{
    const struct reply r = ask("GET /error");

    (void)state;
    assert_int_equal(r.status, 503);
    assert_str(r.body, "{\"error\":{\"code\":\"SERVICE_UNAVAILABLE\",\"human_title\":"
                       "\"store: \\\"down\\\"\",\"human_how_to_fix\":[\"start it\"],"
                       "\"details\":{\"trace_id\":\"T1\"}}}");
    assert_str(reply_field(&r, STR("retry-after")), "1");
    assert_str(reply_field(&r, STR("cache-control")), "no-store");
    assert_str(reply_field(&r, STR("content-type")), "application/json");
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, begin, end)

TEST_MAIN(WITH_SERVER(serves_the_index_page_where_no_file_is_meant),
          WITH_SERVER(knows_which_files_there_are_not), WITH_SERVER(is_only_read),
          WITH_SERVER(keeps_the_caching_rule_of_every_file),
          WITH_SERVER(compresses_for_those_who_take_it),
          WITH_SERVER(says_not_modified_to_those_who_have_it),
          WITH_SERVER(tells_an_error_in_the_one_form))
