#include "http/head.h"

#include "test/test.h"

static struct http_head head;

static enum http_parse parse(struct str in)
{
    http_head_init(&head);
    return http_head_parse(&head, in);
}

/* 200: accepted, 0: more is needed, otherwise the status of the refusal. */
static int verdict(struct str in)
{
    switch (parse(in)) {
    case HTTP_PARSE_DONE:
        return 200;
    case HTTP_PARSE_REFUSED:
        return head.status;
    case HTTP_PARSE_MORE:
        break;
    }
    return 0;
}

/* The same bytes, one more at a time: what the verdict is when it first falls. */
static int verdict_bytewise(struct str in)
{
    http_head_init(&head);
    for (size_t n = 0; n <= in.n; n++) {
        const enum http_parse found = http_head_parse(&head, str_sub(in, 0, n));
        if (found == HTTP_PARSE_DONE)
            return 200;
        if (found == HTTP_PARSE_REFUSED)
            return head.status;
    }
    return 0;
}

#define HOST "Host: a\r\n"
#define REQUEST(fields) "POST / HTTP/1.1\r\n" HOST fields "\r\n"

static const struct {
    const char *label;
    struct str in;
    int status;
} rows[] = {
#define ROW(label, text, status)                                                                   \
    {                                                                                              \
        label, {text, sizeof(text) - 1}, status                                                    \
    }
    ROW("plain", "GET / HTTP/1.1\r\n" HOST "\r\n", 200),
    ROW("one empty line before it", "\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 200),
    ROW("two empty lines before it", "\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("a lone LF before it", "\nGET / HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("a lone CR before it", "\rGET / HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", 200),
    ROW("a later minor version", "GET / HTTP/1.7\r\n" HOST "\r\n", 200),
    ROW("unfinished", "GET / HTTP/1.1\r\n" HOST, 0),
    ROW("nothing", "", 0),
    /* request line */
    ROW("HTTP/0.9", "GET /\r\n", 400),
    ROW("HTTP/2.0", "GET / HTTP/2.0\r\n" HOST "\r\n", 505),
    ROW("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    ROW("a TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    ROW("noise", "\x80\xff\x00", 400),
    ROW("a version with blanks behind", "GET / HTTP/1.1 \r\n" HOST "\r\n", 400),
    ROW("a version in lower case", "GET / http/1.1\r\n" HOST "\r\n", 400),
    ROW("a version of two digits", "GET / HTTP/1.10\r\n" HOST "\r\n", 400),
    ROW("two blanks", "GET  / HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("a tab for a blank", "GET\t/ HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("a lone LF after the request line", "GET / HTTP/1.1\n" HOST "\r\n", 400),
    ROW("a CR inside the request line", "GET /\r HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("NUL in the target", "GET /\0 HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("a fragment", "GET /#x HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("bytes above ASCII in the target", "GET /\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("an unknown method", "BREW / HTTP/1.1\r\n" HOST "\r\n", 501),
    ROW("a method in lower case", "get / HTTP/1.1\r\n" HOST "\r\n", 501),
    ROW("TRACE", "TRACE / HTTP/1.1\r\n" HOST "\r\n", 405),
    ROW("CONNECT", "CONNECT a:443 HTTP/1.1\r\n" HOST "\r\n", 405),
    ROW("asterisk with OPTIONS", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 200),
    ROW("asterisk with GET", "GET * HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("a target without a slash", "GET x HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("absolute form", "GET http://b/p?q HTTP/1.1\r\n" HOST "\r\n", 200),
    ROW("absolute form without a path", "GET http://b?q HTTP/1.1\r\n" HOST "\r\n", 200),
    ROW("DEL in the target", "GET /\x7f HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("a version without a number", "GET / HTTP/x.1\r\n" HOST "\r\n", 400),
    ROW("a version without a point", "GET / HTTP/1x1\r\n" HOST "\r\n", 400),
    ROW("a version without a minor", "GET / HTTP/1.x\r\n" HOST "\r\n", 400),
    ROW("nothing but a method", "GET\r\n" HOST "\r\n", 400),
    ROW("absolute form with userinfo", "GET http://u@b/ HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("absolute form of another scheme", "GET ftp://b/ HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("absolute form without a host", "GET http:///p HTTP/1.1\r\n" HOST "\r\n", 400),
    /* field lines */
    ROW("a blank before the colon", REQUEST("X : y\r\n"), 400),
    ROW("a folded line", REQUEST("X: y\r\n z\r\n"), 400),
    ROW("a blank before the first field", "GET / HTTP/1.1\r\n X: y\r\n" HOST "\r\n", 400),
    ROW("a field without a colon", REQUEST("X\r\n"), 400),
    ROW("a field without a name", REQUEST(": y\r\n"), 400),
    ROW("an empty value", REQUEST("X:\r\n"), 200),
    ROW("NUL in a value", REQUEST("X: a\0b\r\n"), 400),
    ROW("NUL in a name", REQUEST("X\0: a\r\n"), 400),
    ROW("CR in a value", REQUEST("X: a\rb\r\n"), 400),
    ROW("DEL in a value", REQUEST("X: a\x7f\r\n"), 400),
    ROW("obs-text in a value", REQUEST("X: \xe9\r\n"), 200),
    ROW("a tab in a value", REQUEST("X: a\tb\r\n"), 200),
    ROW("a lone LF after a field", REQUEST("X: y\n"), 400),
    ROW("a lone LF at the end", "GET / HTTP/1.1\r\n" HOST "\n", 400),
    /* Host */
    ROW("no Host", "GET / HTTP/1.1\r\n\r\n", 400),
    ROW("two Hosts", REQUEST("Host: a\r\n"), 400),
    ROW("an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
    ROW("userinfo in Host", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400),
    ROW("a path in Host", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    ROW("a blank in Host", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    ROW("a list in Host", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", 400),
    ROW("Host with a port", "GET / HTTP/1.1\r\nHost: a.b:8080\r\n\r\n", 200),
    ROW("Host with a bad port", "GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n", 400),
    ROW("Host in IPv6", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 200),
    ROW("Host in broken IPv6", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400),
    ROW("Host in IPv6 with an IPv4 tail", "GET / HTTP/1.1\r\nHost: [::FFFF:10.0.0.9]\r\n\r\n", 200),
    ROW("Host in empty IPv6", "GET / HTTP/1.1\r\nHost: []\r\n\r\n", 400),
    ROW("Host in IPv6 with a zone", "GET / HTTP/1.1\r\nHost: [::1%25a]\r\n\r\n", 400),
    ROW("Host in IPv6 with a letter", "GET / HTTP/1.1\r\nHost: [::g]\r\n\r\n", 400),
    ROW("Host in IPv6 with something behind", "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n", 400),
    ROW("Host with rare bytes", "GET / HTTP/1.1\r\nHost: a(b)=c;d!$&'*~_\r\n\r\n", 200),
    ROW("Host with a hash", "GET / HTTP/1.1\r\nHost: a#b\r\n\r\n", 400),
    ROW("Host with a circumflex", "GET / HTTP/1.1\r\nHost: a^b\r\n\r\n", 400),
    ROW("Host with a backtick", "GET / HTTP/1.1\r\nHost: a`b\r\n\r\n", 400),
    ROW("Host with a bar", "GET / HTTP/1.1\r\nHost: a|b\r\n\r\n", 400),
    ROW("Host with an empty port", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n", 200),
    ROW("Host with a long port", "GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n", 400),
    ROW("Host with a negative port", "GET / HTTP/1.1\r\nHost: a:-1\r\n\r\n", 400),
    ROW("a bad Host with HTTP/1.0", "GET / HTTP/1.0\r\nHost: u@a\r\n\r\n", 400),
    /* framing */
    ROW("a length", REQUEST("Content-Length: 5\r\n"), 200),
    ROW("two different lengths", REQUEST("Content-Length: 5\r\nContent-Length: 6\r\n"), 400),
    ROW("two equal lengths", REQUEST("Content-Length: 5\r\nContent-Length: 5\r\n"), 400),
    ROW("a list of lengths", REQUEST("Content-Length: 5,5\r\n"), 400),
    ROW("+5", REQUEST("Content-Length: +5\r\n"), 400),
    ROW("-5", REQUEST("Content-Length: -5\r\n"), 400),
    ROW("0x5", REQUEST("Content-Length: 0x5\r\n"), 400),
    ROW("5 5", REQUEST("Content-Length: 5 5\r\n"), 400),
    ROW("5.0", REQUEST("Content-Length: 5.0\r\n"), 400),
    ROW("an empty length", REQUEST("Content-Length:\r\n"), 400),
    ROW("a length beyond 64 bits", REQUEST("Content-Length: 18446744073709551616\r\n"), 400),
    ROW("chunked", REQUEST("Transfer-Encoding: chunked\r\n"), 200),
    ROW("Chunked", REQUEST("Transfer-Encoding: Chunked\r\n"), 200),
    ROW("length and chunked", REQUEST("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400),
    ROW("chunked and length", REQUEST("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400),
    ROW("chunked twice", REQUEST("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        400),
    ROW("another coding", REQUEST("Transfer-Encoding: gzip, chunked\r\n"), 501),
    ROW("a coding that looks like chunked", REQUEST("Transfer-Encoding: xchunked\r\n"), 501),
    ROW("a quoted coding", REQUEST("Transfer-Encoding: \"chunked\"\r\n"), 501),
    ROW("chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ROW("a compressed body", REQUEST("Content-Encoding: gzip\r\nContent-Length: 5\r\n"), 415),
    ROW("a compressed chunked body",
        REQUEST("Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"), 415),
    ROW("identity", REQUEST("Content-Encoding: identity\r\nContent-Length: 5\r\n"), 200),
    ROW("a coding without a body", REQUEST("Content-Encoding: gzip\r\n"), 200),
    ROW("connection options", REQUEST("Connection: ,keep-alive , x-y,,\r\n"), 200),
    ROW("no connection option", REQUEST("Connection: \r\n"), 200),
    ROW("a connection option that is no token", REQUEST("Connection: \xa0 close\r\n"), 400),
    ROW("one with a parameter", REQUEST("Connection: close;now\r\n"), 400),
    ROW("two without a comma", REQUEST("Connection: keep-alive close\r\n"), 400),
    ROW("an unknown expectation", REQUEST("Expect: 200-maybe\r\n"), 417),
#undef ROW
};

static void accepts_and_refuses_as_the_standard_says(void **state)
{
    (void)state;
    FOR_EACH_ROW (row, rows)
        assert_row(verdict(row->in) == row->status, row->label);
}

static void judges_the_same_byte_by_byte(void **state)
{
    (void)state;
    FOR_EACH_ROW (row, rows)
        assert_row(verdict_bytewise(row->in) == row->status, row->label);
}

static void reads_every_part_of_a_request(void **state)
{
    const struct str in = STR("POST /a/b%20c?d=e?f HTTP/1.1\r\nhOsT: x.test:80\r\n"
                              "X-Empty:\r\nX-Padded: \t y z \t\r\nContent-Length: 17\r\n\r\nbody");

    (void)state;
    assert_int_equal(parse(in), HTTP_PARSE_DONE);
    assert_int_equal(head.method, HTTP_POST);
    assert_str(http_span_of(in, head.target), "/a/b%20c?d=e?f");
    assert_str(http_span_of(in, head.path), "/a/b%20c");
    assert_str(http_span_of(in, head.query), "d=e?f");
    assert_int_equal(head.n_fields, 4);
    assert_str(http_span_of(in, head.fields[0].name), "hOsT");
    assert_str(http_span_of(in, head.fields[1].value), "");
    assert_str(http_span_of(in, head.fields[2].value), "y z");
    assert_int_equal(head.length, 17);
    assert_int_equal(head.line, in.n - 4);
    assert_true(http_head_keeps_alive(&head));
}

static void takes_the_authority_of_an_absolute_target(void **state)
{
    const struct str in = STR("GET HTTP://b.test:8080?x HTTP/1.1\r\nHost: a\r\n\r\n");

    (void)state;
    assert_int_equal(parse(in), HTTP_PARSE_DONE);
    assert_str(http_span_of(in, head.authority), "b.test:8080");
    assert_int_equal(head.path.n, 0);
    assert_str(http_span_of(in, head.query), "x");
}

static void knows_when_the_connection_stays(void **state)
{
    static const struct {
        const char *in;
        bool stays;
    } cases[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: x , Close\r\n\r\n", false},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
        {"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false},
    };

    (void)state;
    FOR_EACH_ROW (row, cases) {
        assert_row(parse(str_from(row->in)) == HTTP_PARSE_DONE, row->in);
        assert_row(http_head_keeps_alive(&head) == row->stays, row->in);
    }
}

// --- limits --------------------------------------------------------------------------------------

static struct str repeated(struct arena *a, const char *front, char c, size_t n, const char *back)
{
    const size_t n_front = strlen(front), n_back = strlen(back);
    char *p = arena_alloc(a, n_front + n + n_back);

    memcpy(p, front, n_front);
    memset(p + n_front, c, n);
    memcpy(p + n_front + n, back, n_back);
    return (struct str){p, n_front + n + n_back};
}

static void limits_what_a_peer_can_make_large(void **state)
{
    struct arena *a = arena_create(0);
    const char *end = " HTTP/1.1\r\nHost: a\r\n\r\n";
    const struct {
        const char *label;
        struct str in;
        int status;
    } cases[] = {
        {"the longest target", repeated(a, "GET /", 'x', LIMIT_TARGET - 1, end), 200},
        {"a target too long", repeated(a, "GET /", 'x', LIMIT_TARGET, end), 414},
        {"a target of 1 MB", repeated(a, "GET /", 'x', 1024 * 1024, end), 414},
        {"a target without an end", repeated(a, "GET /", 'x', 1024 * 1024, ""), 414},
        {"a method without an end", repeated(a, "", 'X', 1024 * 1024, ""), 414},
        {"a large field",
         repeated(a, "GET / HTTP/1.1\r\nHost: a\r\nX: ", 'x', LIMIT_HEADER_BLOCK, "\r\n\r\n"), 431},
        {"a field without an end",
         repeated(a, "GET / HTTP/1.1\r\nHost: a\r\nX: ", 'x', LIMIT_HEADER_BLOCK, ""), 431},
        {"bad bytes behind the limit",
         repeated(a, "GET / HTTP/1.1\r\nHost: a\r\nX: ", '\0', LIMIT_HEADER_BLOCK, "\r\n"), 431},
    };

    (void)state;
    FOR_EACH_ROW (row, cases) {
        assert_row(verdict(row->in) == row->status, row->label);
        assert_row(verdict_bytewise(row->in) == row->status, row->label);
    }
    arena_destroy(a);
}

static void limits_the_number_of_fields(void **state)
{
    struct arena *a = arena_create(0);
    struct str in = STR("GET / HTTP/1.1\r\nHost: a\r\n");

    (void)state;
    for (int i = 1; i < LIMIT_HEADERS; i++)
        in = str_fmt(a, STR_FMT "X: y\r\n", STR_ARG(in));
    assert_int_equal(verdict(str_fmt(a, STR_FMT "\r\n", STR_ARG(in))), 200);
    assert_int_equal(head.n_fields, LIMIT_HEADERS);
    assert_int_equal(verdict(str_fmt(a, STR_FMT "X: y\r\n\r\n", STR_ARG(in))), 431);
    arena_destroy(a);
}

TEST_MAIN(cmocka_unit_test(accepts_and_refuses_as_the_standard_says),
          cmocka_unit_test(judges_the_same_byte_by_byte),
          cmocka_unit_test(reads_every_part_of_a_request),
          cmocka_unit_test(takes_the_authority_of_an_absolute_target),
          cmocka_unit_test(knows_when_the_connection_stays),
          cmocka_unit_test(limits_what_a_peer_can_make_large),
          cmocka_unit_test(limits_the_number_of_fields))
