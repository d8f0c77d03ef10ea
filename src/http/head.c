#include "http/head.h"

/*
 * Every rule here has been a hole somewhere: what two parsers of one connection read differently is
 * how a request is smuggled past the first of them. So nothing is repaired. A lone LF does not end
 * a line, a blank before the colon is no blank, a length is digits and stands once, a length beside
 * a transfer coding is refused, as is a folded line, a NUL, a second Host.
 *
 * Limits are checked on the position of a line's end, before its content: that is what makes the
 * verdict independent of the cuts between reads.
 */

enum {
    METHOD_MAX = 32,
    REQUEST_LINE_MAX = METHOD_MAX + 1 + LIMIT_TARGET + 1 + 8 + 2, /* with its CRLF */
    PORT_DIGITS_MAX = 5
};

static const unsigned char token_bytes[256] = {
    ['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1,         ['&'] = 1,         ['\''] = 1,
    ['*'] = 1, ['+'] = 1, ['-'] = 1, ['.'] = 1,         ['^'] = 1,         ['_'] = 1,
    ['`'] = 1, ['|'] = 1, ['~'] = 1, ['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1,
};

bool http_is_token_byte(unsigned char c)
{
    return token_bytes[c];
}

/* reg-name of RFC 3986 without the comma, which would make one host look like two. */
static bool is_host_byte(unsigned char c)
{
    return token_bytes[c] ? c != '#' && c != '^' && c != '`' && c != '|'
                          : c == '(' || c == ')' || c == ';' || c == '=';
}

static bool refuse(struct http_head *h, int status)
{
    h->status = status;
    return false;
}

static struct http_span span(struct str in, struct str part)
{
    return (struct http_span){(uint16_t)(part.p - in.p), (uint16_t)part.n};
}

// --- targets and hosts ---------------------------------------------------------------------------

static bool cut_ip_literal(struct str *in)
{
    struct str inside;

    if (!cut_char(in, '[') || !cut_until(in, ']', &inside) || inside.n == 0)
        return false;
    for (size_t i = 0; i < inside.n; i++) {
        const unsigned char c = (unsigned char)inside.p[i];
        if (c != ':' && c != '.' && !((c | 0x20) >= 'a' && (c | 0x20) <= 'f') &&
            !(c >= '0' && c <= '9'))
            return false;
    }
    return true;
}

static bool cut_reg_name(struct str *in)
{
    size_t n = 0;

    while (n < in->n && is_host_byte((unsigned char)in->p[n]))
        n++;
    *in = str_sub(*in, n, in->n);
    return n > 0;
}

// Host = uri-host [ ":" port ]                                       RFC 9110 section 7.2
static bool is_authority(struct str in)
{
    if (!(in.n > 0 && in.p[0] == '[' ? cut_ip_literal(&in) : cut_reg_name(&in)))
        return false;
    if (in.n == 0)
        return true;
    if (!cut_char(&in, ':') || in.n > PORT_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < in.n; i++)
        if (in.p[i] < '0' || in.p[i] > '9')
            return false;
    return true;
}

static void split_path(struct http_head *h, struct str in, struct str rest)
{
    const size_t path_n = str_find(rest, '?');

    h->path = span(in, str_sub(rest, 0, path_n));
    h->has_query = path_n < rest.n;
    if (h->has_query)
        h->query = span(in, str_sub(rest, path_n + 1, rest.n));
}

static bool cut_scheme(struct str *target)
{
    static const struct str schemes[] = {{"http://", 7}, {"https://", 8}};

    for (size_t i = 0; i < LEN(schemes); i++) {
        const struct str scheme = schemes[i];
        if (str_eq_nocase(str_sub(*target, 0, scheme.n), scheme)) {
            *target = str_sub(*target, scheme.n, target->n);
            return true;
        }
    }
    return false;
}

// absolute-form: the authority goes before the Host field            RFC 9112 section 3.2.2
static bool parse_absolute(struct http_head *h, struct str in, struct str target)
{
    size_t n = 0;

    if (!cut_scheme(&target))
        return refuse(h, 400);
    while (n < target.n && target.p[n] != '/' && target.p[n] != '?')
        n++;
    if (!is_authority(str_sub(target, 0, n)))
        return refuse(h, 400);
    h->authority = span(in, str_sub(target, 0, n));
    split_path(h, in, str_sub(target, n, target.n));
    return true;
}

static bool parse_target(struct http_head *h, struct str in, struct str target)
{
    if (target.n > LIMIT_TARGET)
        return refuse(h, 414);
    for (size_t i = 0; i < target.n; i++)
        if (target.p[i] <= 0x20 || target.p[i] >= 0x7f || target.p[i] == '#')
            return refuse(h, 400);

    h->target = span(in, target);
    if (target.n > 0 && target.p[0] == '/') {
        split_path(h, in, target);
        return true;
    }
    if (str_eq(target, STR("*"))) {
        h->path = h->target;
        return h->method == HTTP_OPTIONS || refuse(h, 400);
    }
    return parse_absolute(h, in, target);
}

// --- the request line ----------------------------------------------------------------------------

static const struct {
    struct str name;
    int status; /* not served */
    enum http_method method;
} methods[] = {
    {{"GET", 3}, 0, HTTP_GET},         {{"POST", 4}, 0, HTTP_POST},
    {{"HEAD", 4}, 0, HTTP_HEAD},       {{"PUT", 3}, 0, HTTP_PUT},
    {{"PATCH", 5}, 0, HTTP_PATCH},     {{"DELETE", 6}, 0, HTTP_DELETE},
    {{"OPTIONS", 7}, 0, HTTP_OPTIONS}, {{"TRACE", 5}, 405, HTTP_GET},
    {{"CONNECT", 7}, 405, HTTP_GET},   {{"PRI", 3}, 400, HTTP_GET}, /* the preface of HTTP/2 */
};

static bool parse_method(struct http_head *h, struct str name)
{
    for (size_t i = 0; i < LEN(methods); i++) {
        if (!str_eq(name, methods[i].name))
            continue;
        h->method = methods[i].method;
        return methods[i].status == 0 || refuse(h, methods[i].status);
    }
    return refuse(h, 501);
}

// HTTP-version = "HTTP/" DIGIT "." DIGIT                              RFC 9112 section 2.3
static bool parse_version(struct http_head *h, struct str version, struct str method)
{
    uint32_t major, minor;

    if (!cut_lit(&version, STR("HTTP/")) || !cut_digits(&version, 1, &major) ||
        !cut_char(&version, '.') || !cut_digits(&version, 1, &minor) || version.n > 0)
        return refuse(h, 400);
    if (major != 1 && !str_eq(method, STR("PRI")))
        return refuse(h, 505);
    h->is_http_1_0 = minor == 0;
    return true;
}

static bool parse_request_line(struct http_head *h, struct str in, struct str line)
{
    struct str method, target;

    if (!cut_token(&line, &method) || !cut_char(&line, ' ') || !cut_until(&line, ' ', &target) ||
        target.n == 0)
        return refuse(h, 400);
    return parse_version(h, line, method) && parse_method(h, method) && parse_target(h, in, target);
}

// --- header fields that the server itself obeys --------------------------------------------------

static bool on_host(struct http_head *h, struct str value)
{
    if (h->has_host || !is_authority(value))
        return refuse(h, 400);
    h->has_host = true;
    return true;
}

// Content-Length = 1*DIGIT, once; a list of equal ones is not repaired RFC 9112 section 6.3
static bool on_content_length(struct http_head *h, struct str value)
{
    if (h->has_length || !str_to_u64(value, &h->length))
        return refuse(h, 400);
    h->has_length = true;
    return true;
}

static bool on_transfer_encoding(struct http_head *h, struct str value)
{
    if (h->has_coding)
        return refuse(h, 400);
    if (!str_eq_nocase(value, STR("chunked")))
        return refuse(h, 501);
    h->has_coding = true;
    h->chunked = true;
    return true;
}

static bool on_content_encoding(struct http_head *h, struct str value)
{
    h->body_is_encoded |= !str_eq_nocase(value, STR("identity"));
    return true;
}

// Connection = #token; an empty element says nothing                RFC 9110 sections 5.6.1, 7.6.1
static bool on_connection(struct http_head *h, struct str value)
{
    struct str element, option;

    while (cut_field(&value, ',', &element)) {
        element = str_trim(element);
        if (element.n == 0)
            continue;
        if (!cut_token(&element, &option) || element.n > 0)
            return refuse(h, 400);
        h->says_close |= str_eq_nocase(option, STR("close"));
        h->says_keep_alive |= str_eq_nocase(option, STR("keep-alive"));
    }
    return true;
}

static bool on_expect(struct http_head *h, struct str value)
{
    if (!str_eq_nocase(value, STR("100-continue")))
        return refuse(h, 417);
    h->expects_continue = !h->is_http_1_0;
    return true;
}

static const struct {
    struct str name;
    bool (*on_field)(struct http_head *h, struct str value);
} obeyed[] = {
    {{"host", 4}, on_host},
    {{"content-length", 14}, on_content_length},
    {{"transfer-encoding", 17}, on_transfer_encoding},
    {{"content-encoding", 16}, on_content_encoding},
    {{"connection", 10}, on_connection},
    {{"expect", 6}, on_expect},
};

static bool obey(struct http_head *h, struct str name, struct str value)
{
    for (size_t i = 0; i < LEN(obeyed); i++)
        if (name.n == obeyed[i].name.n && str_eq_nocase(name, obeyed[i].name))
            return obeyed[i].on_field(h, value);
    return true;
}

// --- header fields -------------------------------------------------------------------------------

// field-line = field-name ":" OWS field-value OWS                     RFC 9112 section 5
static bool parse_field(struct http_head *h, struct str in, struct str line)
{
    struct str name;

    if (h->n_fields == LIMIT_HEADERS)
        return refuse(h, 431);
    if (!cut_token(&line, &name) || !cut_char(&line, ':'))
        return refuse(h, 400);
    for (size_t i = 0; i < line.n; i++)
        if (!http_is_value_byte((unsigned char)line.p[i]))
            return refuse(h, 400);

    const struct str value = str_trim(line);
    h->fields[h->n_fields++] = (struct http_field){span(in, name), span(in, value)};
    return obey(h, name, value);
}

/* What can be said only when all fields are there. */
static bool check_whole(struct http_head *h)
{
    if (!h->has_host && !h->is_http_1_0)
        return refuse(h, 400);
    if (h->chunked && (h->has_length || h->is_http_1_0))
        return refuse(h, 400);
    if (h->body_is_encoded && (h->chunked || h->length > 0))
        return refuse(h, 415);
    return true;
}

// --- lines ---------------------------------------------------------------------------------------

static enum http_parse refused(struct http_head *h, int status)
{
    h->status = status;
    return HTTP_PARSE_REFUSED;
}

/* One line without its CRLF; MORE while its end is missing. */
static enum http_parse next_line(struct http_head *h, struct str in, struct str *ret)
{
    const size_t line_limit = h->has_request_line ? LIMIT_HEADER_BLOCK : REQUEST_LINE_MAX;
    const size_t limit =
        h->line + line_limit < LIMIT_HEADER_BLOCK ? h->line + line_limit : LIMIT_HEADER_BLOCK;
    const size_t end = in.n < limit ? in.n : limit;
    const char *lf = h->scanned < end ? memchr(in.p + h->scanned, '\n', end - h->scanned) : NULL;

    if (!lf) {
        h->scanned = (uint32_t)end;
        if (in.n < limit)
            return HTTP_PARSE_MORE;
        return refused(h, h->has_request_line ? 431 : 414);
    }
    const size_t at = (size_t)(lf - in.p);
    if (at == h->line || in.p[at - 1] != '\r')
        return refused(h, 400);
    *ret = str_sub(in, h->line, at - 1 - h->line);
    h->line = h->scanned = (uint32_t)(at + 1);
    return HTTP_PARSE_DONE;
}

/* What is not HTTP is known by its first byte: a TLS hello, noise. An empty line may lead. */
static enum http_parse begin(struct http_head *h, struct str in)
{
    size_t at = 0;

    if (in.n > 0 && in.p[0] == '\r') {
        if (in.n > 1 && in.p[1] != '\n')
            return refused(h, 400);
        at = 2;
    }
    if (in.n <= at)
        return HTTP_PARSE_MORE;
    if (!http_is_token_byte((unsigned char)in.p[at]))
        return refused(h, 400);
    if (h->line == 0 && at > 0)
        h->line = h->scanned = (uint32_t)at;
    return HTTP_PARSE_DONE;
}

void http_head_init(struct http_head *h)
{
    memset(h, 0, offsetof(struct http_head, fields));
}

enum http_parse http_head_parse(struct http_head *h, struct str in)
{
    struct str line;
    enum http_parse found = h->has_request_line ? HTTP_PARSE_DONE : begin(h, in);

    while (found == HTTP_PARSE_DONE && (found = next_line(h, in, &line)) == HTTP_PARSE_DONE) {
        bool ok;
        if (line.n == 0 && h->has_request_line)
            return check_whole(h) ? HTTP_PARSE_DONE : HTTP_PARSE_REFUSED;
        if (h->has_request_line)
            ok = parse_field(h, in, line);
        else
            ok = h->has_request_line = parse_request_line(h, in, line);
        if (!ok)
            return HTTP_PARSE_REFUSED;
    }
    return found;
}

bool http_head_keeps_alive(const struct http_head *h)
{
    return !h->says_close && (!h->is_http_1_0 || h->says_keep_alive);
}
