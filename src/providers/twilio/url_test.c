/* What the vendor's library would make of a URL: `new URL(…).toString()`, then `querystring`. */
#include "providers/twilio/url.h"

#include "test/test.h"

static struct str normal(const char *url, struct arena *a)
{
    struct twilio_url u;
    assert_true(twilio_url_split(str_from(url), STR(""), &u));
    return twilio_url_normalise(&u, a);
}

static void splits_into_its_parts(void **state)
{
    static const struct {
        const char *base, *scheme, *userinfo, *host, *port, *rest;
    } rows[] = {
        {"https://h", "https://", "", "h", "", ""},
        {"https://h:8443/p?q", "https://", "", "h", ":8443", "/p?q"},
        {"https://u:p@x@h:1#f", "https://", "u:p@x@", "h", ":1", "#f"},
        {"http://[::1]:80?q/", "http://", "", "[::1]", ":80", "?q/"},
        {"a+b.c-1://h", "a+b.c-1://", "", "h", "", ""},
    };
    static const char *const none[] = {"", "h", "https:/h", "1://h", "://h", "ht tp://h", "https"};
    struct twilio_url u;

    (void)state;
    FOR_EACH_ROW (row, rows) {
        assert_true(twilio_url_split(str_from(row->base), STR("/t"), &u));
        assert_str(u.scheme, row->scheme);
        assert_str(u.userinfo, row->userinfo);
        assert_str(u.host, row->host);
        assert_str(u.port, row->port);
        assert_str(u.rest, row->rest);
        assert_str(u.target, "/t");
    }
    FOR_EACH_ROW (text, none)
        assert_row(!twilio_url_split(str_from(*text), STR("/"), &u), *text);
}

static void normalises_like_the_standard(void **state)
{
    static const struct {
        const char *url, *normal; /* NULL: cannot be */
    } rows[] = {
        {"HTTPS://H.Example", "https://h.example/"},
        {"https://h:443/", "https://h/"},
        {"http://h:443/", "http://h:443/"},
        {"http://h:080", "http://h/"},
        {"wss://h:443/x", "wss://h/x"},
        {"ws://h:80/x", "ws://h/x"},
        {"https://h:/x", "https://h/x"},
        {"https://h/a/../b/./c/%2e%2E/d", "https://h/b/d"},
        {"https://h/..", "https://h/"},
        {"https://h/../../a", "https://h/a"},
        {"https://h/a/.", "https://h/a/"},
        {"https://h/a/..", "https://h/"},
        {"https://h/a\\..\\b", "https://h/b"},
        {"https://h/...", "https://h/..."},
        {"https://h/%2", "https://h/%2"},
        {"https://h/\"<>`{}\xc3\xa9", "https://h/%22%3C%3E%60%7B%7D%C3%A9"},
        {"https://h/?\"'<>{}", "https://h/?%22%27%3C%3E{}"},
        {"https://h?q", "https://h/?q"},
        {"https://h:65536/", NULL},
        {"https://h:8x/", NULL},
        {"https:///x", NULL},
        {"ftp://h/", NULL},
        {"https://h/#f", NULL},
        {"https://h/ x", NULL},
        {"https://h/\x7f", NULL},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (row, rows) {
        const struct str got = normal(row->url, a);
        assert_row(str_eq(got, str_from(row->normal)), row->url);
        assert_row(str_is_none(got) == !row->normal, row->url);
    }
}

static void what_is_too_long_cannot_be_normalised(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    enum { LARGE = 70 * 1024 };
    char *text = arena_alloc(a, LARGE);

    (void)state;
    memset(text, 'x', LARGE);
    assert_str(normal(str_z(str_fmt(a, "https://h/%.*s", LARGE, text), a), a), NULL);
    memset(text, '"', LARGE);
    assert_str(normal(str_z(str_fmt(a, "https://h/%.*s", LARGE / 2, text), a), a), NULL);
}

static void takes_a_query_apart_and_puts_it_together(void **state)
{
    static const struct {
        const char *url, *again;
    } rows[] = {
        {"https://h/", "https://h/"},
        {"https://h/?", "https://h/?"},
        {"https://h/?b=2&a=1&b=3", "https://h/?b=2&b=3&a=1"},
        {"https://h/?a+b=%20&c", "https://h/?a%20b=%20&c="},
        {"https://h/?x&10=a&9=b&01=c", "https://h/?9=b&10=a&x=&01=c"},
        {"https://h/?z&4294967295=a&4294967294=b&99999999999=c",
         "https://h/?4294967294=b&z=&4294967295=a&99999999999=c"},
        {"https://h/?=1&0=2", "https://h/?0=2&=1"},
        {"https://h/?a=-_.!~*'()", "https://h/?a=-_.!~*'()"},
        {"https://h/?a=%00%C3%A9", "https://h/?a=%00%C3%A9"},
        {"https://h/?a=%ff", NULL},
        {"https://h/?%ff=a", NULL},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (row, rows) {
        const struct str got = twilio_url_requery(str_from(row->url), a);
        assert_row(str_eq(got, str_from(row->again)), row->url);
        assert_row(str_is_none(got) == !row->again, row->url);
    }
    struct str many = STR("https://h/?a");
    for (int i = 0; i < 64; i++)
        many = str_fmt(a, STR_FMT "&%d", STR_ARG(many), i);
    assert_str(twilio_url_requery(many, a), NULL);
}

TEST_MAIN(cmocka_unit_test(splits_into_its_parts), cmocka_unit_test(normalises_like_the_standard),
          cmocka_unit_test(what_is_too_long_cannot_be_normalised),
          cmocka_unit_test(takes_a_query_apart_and_puts_it_together))
