#include "http/cidr.h"

#include "http/forwarded.h"
#include "test/test.h"

static void reads_addresses_of_both_families(void **state)
{
    static const struct {
        const char *in, *out; /* NULL: refused */
    } rows[] = {
        {"192.0.2.7", "192.0.2.7"},
        {"::ffff:192.0.2.7", "192.0.2.7"},
        {"2001:DB8:0::7", "2001:db8::7"},
        {"::1", "::1"},
        {"", NULL},
        {"192.0.2", NULL},
        {"192.0.2.256", NULL},
        {"192.0.2.07x", NULL},
        {" 192.0.2.7", NULL},
        {"192.0.2.7 ", NULL},
        {"[::1]", NULL},
        {"fe80::1%eth0", NULL},
        {"192.0.2.7:80", NULL},
        {"1111:2222:3333:4444:5555:6666:7777:8888:9999:0000:1111", NULL},
    };

    (void)state;
    FOR_EACH_ROW (row, rows) {
        struct ip ip;
        char text[IP_TEXT_MAX];
        const bool ok = ip_parse(str_from(row->in), &ip);
        assert_row(ok == (row->out != NULL), row->in);
        if (ok)
            assert_str(((struct str){text, ip_format(&ip, text)}), row->out);
    }
}

static void knows_what_a_block_contains(void **state)
{
    static const struct {
        const char *block, *ip;
        bool has;
    } rows[] = {
        {"10.0.0.0/8", "10.255.0.1", true},
        {"10.0.0.0/8", "11.0.0.1", false},
        {"192.0.2.128/25", "192.0.2.200", true},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.7", "192.0.2.7", true},
        {"192.0.2.7", "192.0.2.8", false},
        {"192.0.2.7/32", "::ffff:192.0.2.7", true},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"2001:db8::/32", "2001:db8:ffff::1", true},
        {"2001:db8::/32", "2001:db9::1", false},
        {"::/0", "2001:db8::1", true},
        {"::/0", "192.0.2.1", true},
        {"2001:db8::8/125", "2001:db8::f", true},
        {"2001:db8::8/125", "2001:db8::10", false},
    };

    (void)state;
    FOR_EACH_ROW (row, rows) {
        struct cidr block;
        struct ip ip;
        assert_row(cidr_parse(str_from(row->block), &block), row->block);
        assert_row(ip_parse(str_from(row->ip), &ip), row->ip);
        assert_row(cidr_has(&block, &ip) == row->has, row->ip);
    }
}

static void refuses_what_is_no_block(void **state)
{
    static const char *const rows[] = {"",           "/8",           "10.0.0.0/",   "10.0.0.0/33",
                                       "10.0.0.1/8", "10.0.0.0/+8",  "10.0.0.0/8x", "::/129",
                                       "::1/64",     "10.0.0.0/8/8", "x/8",         "10.0.0.0/ 8"};

    (void)state;
    FOR_EACH_ROW (row, rows) {
        struct cidr block;
        assert_row(!cidr_parse(str_from(*row), &block), *row);
    }
}

static void reads_a_list(void **state)
{
    struct arena *a = arena_create(0);
    struct cidr_list list;
    struct err e = {0};
    struct ip ip;

    (void)state;
    assert_ok(cidr_list_parse(STR(" 10.0.0.0/8 ,2001:db8::/32,, 192.0.2.7"), a, &list, &e), &e);
    assert_int_equal(list.n, 3);
    assert_true(ip_parse(STR("192.0.2.7"), &ip) && cidr_list_has(&list, &ip));
    assert_true(ip_parse(STR("192.0.2.8"), &ip) && !cidr_list_has(&list, &ip));
    assert_ok(cidr_list_parse(STR_NONE, a, &list, &e), &e);
    assert_int_equal(list.n, 0);
    assert_refused(cidr_list_parse(STR("10.0.0.0/8,home"), a, &list, &e), &e, ERR_INVALID);
    assert_int_equal(e.n_fix, 1);
    arena_destroy(a);
}

// --- the client behind trusted proxies -----------------------------------------------------------

static void finds_the_client_behind_trusted_proxies(void **state)
{
    static const struct {
        const char *forwarded[2], *peer;
    } rows[] = {
        {{"203.0.113.9", NULL}, "203.0.113.9"},
        {{"203.0.113.9, 10.0.0.2", NULL}, "203.0.113.9"},
        {{"198.51.100.1, 203.0.113.9 ,10.0.0.2,10.0.0.3", NULL}, "203.0.113.9"},
        {{"198.51.100.1", "203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
        {{"203.0.113.9", "10.0.0.2"}, "203.0.113.9"},
        {{"10.0.0.3, 10.0.0.2", NULL}, "10.0.0.3"},
        {{"203.0.113.9:4711", NULL}, "203.0.113.9"},
        {{"[2001:db8::7]:4711", NULL}, "2001:db8::7"},
        {{"2001:db8::7", NULL}, "2001:db8::7"},
        {{"[2001:db8::7]", NULL}, "2001:db8::7"},
        {{"[2001:db8::7]x", NULL}, "10.0.0.1"},
        {{"[2001:db8::7", NULL}, "10.0.0.1"},
        {{"[home]:80", NULL}, "10.0.0.1"},
        {{"home:80", NULL}, "10.0.0.1"},
        {{"203.0.113.9:80:81", NULL}, "10.0.0.1"},
        {{"203.0.113.9, unknown", NULL}, "10.0.0.1"},
        {{"203.0.113.9, nonsense, 10.0.0.2", NULL}, "10.0.0.2"},
        {{"203.0.113.9,", NULL}, "10.0.0.1"},
        {{"", NULL}, "10.0.0.1"},
        {{NULL, NULL}, "10.0.0.1"},
    };
    struct arena *a = arena_create(0);
    struct cidr_list trusted;
    struct err e = {0};

    (void)state;
    assert_ok(cidr_list_parse(STR("10.0.0.0/8"), a, &trusted, &e), &e);
    FOR_EACH_ROW (row, rows) {
        struct http_header headers[] = {{STR("Host"), STR("a")},
                                        {STR("x-forwarded-FOR"), str_from(row->forwarded[0])},
                                        {STR("X-Forwarded-For"), str_from(row->forwarded[1])}};
        struct http_request rq = {
            .headers = headers, .n_headers = 1, .peer = STR("10.0.0.1"), .scheme = STR("http")};
        for (size_t i = 0; i < 2; i++)
            rq.n_headers += row->forwarded[i] ? 1 : 0;
        http_forwarded(&rq, &trusted, a);
        assert_str(rq.peer, row->peer);
        assert_str(rq.scheme, "http");
    }
    arena_destroy(a);
}

static void believes_the_scheme_of_the_nearest_proxy(void **state)
{
    static const struct {
        const char *forwarded, *scheme;
    } rows[] = {
        {"https", "https"},      {"HTTPS", "https"}, {"http", "http"}, {"https, http", "http"},
        {"http,https", "https"}, {"gopher", "http"}, {"", "http"}};
    const struct cidr_list trusted = {0};

    (void)state;
    FOR_EACH_ROW (row, rows) {
        struct http_header header = {STR("X-Forwarded-Proto"), str_from(row->forwarded)};
        struct http_request rq = {.headers = &header, .n_headers = 1, .scheme = STR("http")};
        http_forwarded(&rq, &trusted, NULL);
        assert_str(rq.scheme, row->scheme);
    }
}

TEST_MAIN(cmocka_unit_test(reads_addresses_of_both_families),
          cmocka_unit_test(knows_what_a_block_contains), cmocka_unit_test(refuses_what_is_no_block),
          cmocka_unit_test(reads_a_list), cmocka_unit_test(finds_the_client_behind_trusted_proxies),
          cmocka_unit_test(believes_the_scheme_of_the_nearest_proxy))
