#include "api/credentials.h"

#include "test/test.h"

/* A request with one header field. */
static struct http_request with(struct http_header *h, const char *name, const char *value)
{
    *h = (struct http_header){str_from(name), str_from(value)};
    return (struct http_request){.headers = h, .n_headers = 1};
}

static void finds_the_bearer(void **state)
{
    static const struct {
        const char *value, *key;
    } rows[] = {
        {"Bearer abc", "abc"}, {"bearer  abc ", "abc"}, {"Basic abc", NULL}, {"Bearer", NULL},
        {"Bearer ", ""},       {"Bearerabc", NULL},     {"", NULL},
    };
    (void)state;
    FOR_EACH_ROW (row, rows) {
        struct http_header h;
        const struct http_request rq = with(&h, "authorization", row->value);
        assert_str(credentials_bearer(&rq), row->key);
    }
    assert_str(credentials_bearer(&(struct http_request){0}), NULL);
}

static void finds_the_first_cookie_of_the_name(void **state)
{
    static const struct {
        const char *value, *session;
    } rows[] = {
        {"s=1", "1"},         {"a=b; s=1", "1"}, {"a=b;s=1;s=2", "1"}, {"s=", ""},    {"s", NULL},
        {"xs=1; sx=2", NULL}, {"s=a=b", "a=b"},  {";; s=1", "1"},      {"S=1", NULL}, {"", NULL},
    };
    (void)state;
    FOR_EACH_ROW (row, rows) {
        struct http_header h;
        const struct http_request rq = with(&h, "Cookie", row->value);
        assert_str(credentials_cookie(&rq, STR("s")), row->session);
    }
}

static void another_site_is_not_the_same_origin(void **state)
{
    static const struct {
        const char *origin, *host;
        bool same;
    } rows[] = {
        {"https://x.example", "x.example", true},
        {"http://X.example:8080", "x.example:8080", true},
        {"https://y.example", "x.example", false},
        {"https://x.example.evil", "x.example", false},
        {"https://x.example:8080", "x.example", false},
        {"null", "null", false},
        {"", "x.example", false},
        {"ftp://x.example", "x.example", false},
        {"https://", "", false},
    };
    (void)state;
    FOR_EACH_ROW (row, rows) {
        struct http_header headers[] = {{STR("Origin"), str_from(row->origin)},
                                        {STR("Host"), str_from(row->host)}};
        const struct http_request rq = {.headers = headers, .n_headers = LEN(headers)};
        assert_row(credentials_same_origin(&rq) == row->same, row->origin);
    }
    assert_false(credentials_same_origin(&(struct http_request){0}));
}

TEST_MAIN(cmocka_unit_test(finds_the_bearer), cmocka_unit_test(finds_the_first_cookie_of_the_name),
          cmocka_unit_test(another_site_is_not_the_same_origin))
