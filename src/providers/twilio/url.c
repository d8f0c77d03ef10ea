#include "providers/twilio/url.h"

#include <ctype.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/form.h"

enum {
    URL_MAX = 64 * 1024, /* an escaped target grows threefold at most */
    QUERY_KEYS_MAX = 64, /* more are nobody's webhook, and grouping them costs their square */
    INDEX_DIGITS_MAX = 10,
};

static bool is_scheme_char(char c)
{
    return isalnum((unsigned char)c) || c == '+' || c == '.' || c == '-';
}

static size_t end_of_authority(struct str s)
{
    size_t i = 0;
    while (i < s.n && s.p[i] != '/' && s.p[i] != '?' && s.p[i] != '#')
        i++;
    return i;
}

static size_t find_last(struct str s, char c)
{
    for (size_t i = s.n; i > 0; i--)
        if (s.p[i - 1] == c)
            return i - 1;
    return s.n;
}

bool twilio_url_split(struct str base, struct str target, struct twilio_url *ret)
{
    size_t n = 0;
    while (n < base.n && is_scheme_char(base.p[n]))
        n++;
    if (n == 0 || !isalpha((unsigned char)base.p[0]) ||
        !str_starts(str_sub(base, n, 3), STR("://")))
        return false;

    const struct str after = str_sub(base, n + 3, SIZE_MAX);
    const struct str authority = str_sub(after, 0, end_of_authority(after));
    const size_t at = find_last(authority, '@');
    const size_t n_userinfo = at < authority.n ? at + 1 : 0;
    const struct str place = str_sub(authority, n_userinfo, SIZE_MAX);

    // A colon starts the port only behind the bracket of an IPv6 literal.
    const size_t bracket = find_last(place, ']');
    const size_t from = bracket < place.n ? bracket + 1 : 0;
    const size_t colon = from + str_find(str_sub(place, from, SIZE_MAX), ':');

    *ret = (struct twilio_url){
        .scheme = str_sub(base, 0, n + 3),
        .userinfo = str_sub(authority, 0, n_userinfo),
        .host = str_sub(place, 0, colon),
        .port = str_sub(place, colon, SIZE_MAX),
        .rest = str_sub(after, authority.n, SIZE_MAX),
        .target = target,
    };
    return true;
}

struct str twilio_url_default_port(const struct twilio_url *u)
{
    return str_eq_nocase(u->scheme, STR("https://")) ? STR(":443") : STR(":80");
}

static struct str in_arena(struct buf *b, struct arena *a)
{
    const struct str s = buf_ok(b) ? str_dup(buf_view(b), a) : STR_NONE;
    buf_finish(b);
    return s;
}

struct str twilio_url_join(const struct twilio_url *u, struct arena *a)
{
    struct buf b;
    buf_init(&b, URL_MAX);
    buf_str(&b, u->scheme);
    buf_str(&b, u->userinfo);
    buf_str(&b, u->host);
    buf_str(&b, u->port);
    buf_str(&b, u->rest);
    buf_str(&b, u->target);
    return in_arena(&b, a);
}

// --- normalisation -------------------------------------------------------------------------------

static void put_lower(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        buf_char(b, (char)tolower((unsigned char)s.p[i]));
}

static void put_escaped(struct buf *b, struct str s, struct str unsafe)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.n; i++) {
        const unsigned char c = (unsigned char)s.p[i];
        if (c < 0x80 && str_find(unsafe, s.p[i]) == unsafe.n) {
            buf_char(b, s.p[i]);
        } else {
            buf_char(b, '%');
            buf_char(b, hex[c >> 4]);
            buf_char(b, hex[c & 15]);
        }
    }
}

/* "." and ".." may be written with %2e. */
static size_t dots_of(struct str segment)
{
    size_t n = 0;
    while (segment.n > 0) {
        if (segment.p[0] == '.')
            segment = str_sub(segment, 1, SIZE_MAX);
        else if (segment.n >= 3 && str_eq_nocase(str_sub(segment, 0, 3), STR("%2e")))
            segment = str_sub(segment, 3, SIZE_MAX);
        else
            return 0;
        n++;
    }
    return n;
}

static void drop_last_segment(struct buf *b, size_t root)
{
    while (b->n > root && b->p[b->n - 1] != '/')
        b->n--;
    if (b->n > root)
        b->n--;
}

/* WHATWG URL, path state: '\' is '/', dot segments are resolved, an empty path becomes "/". */
static void put_path(struct buf *b, struct str path)
{
    const size_t root = b->n;
    if (path.n > 0)
        path = str_sub(path, 1, SIZE_MAX);

    for (bool last = false; !last;) {
        size_t n = 0;
        while (n < path.n && path.p[n] != '/' && path.p[n] != '\\')
            n++;
        const struct str segment = str_sub(path, 0, n);
        const size_t dots = dots_of(segment);
        last = n == path.n;
        path = str_sub(path, n + 1, SIZE_MAX);

        if (dots == 2)
            drop_last_segment(b, root);
        if (dots != 1 && dots != 2) {
            buf_char(b, '/');
            put_escaped(b, segment, STR("\"<>`{}"));
        } else if (last) {
            buf_char(b, '/');
        }
    }
}

static bool has_fragment_or_blank(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f || s.p[i] == '#')
            return true;
    return false;
}

static bool put_port(struct buf *b, const struct twilio_url *u)
{
    struct str digits = str_sub(u->port, 1, SIZE_MAX);
    uint64_t port;
    if (digits.n == 0)
        return true;
    if (!str_to_u64(digits, &port) || port > UINT16_MAX)
        return false;

    const bool secure =
        str_eq_nocase(u->scheme, STR("https://")) || str_eq_nocase(u->scheme, STR("wss://"));
    if (port == (secure ? 443 : 80))
        return true;
    buf_char(b, ':');
    buf_u64(b, port);
    return true;
}

static bool is_special(struct str scheme)
{
    return str_eq_nocase(scheme, STR("https://")) || str_eq_nocase(scheme, STR("http://")) ||
           str_eq_nocase(scheme, STR("wss://")) || str_eq_nocase(scheme, STR("ws://"));
}

struct str twilio_url_normalise(const struct twilio_url *u, struct arena *a)
{
    struct twilio_url tail = {.rest = u->rest, .target = u->target};
    const struct str rest = twilio_url_join(&tail, a);
    if (!is_special(u->scheme) || str_is_empty(u->host) || str_is_none(rest) ||
        has_fragment_or_blank(rest))
        return STR_NONE;

    struct buf b;
    buf_init(&b, URL_MAX);
    put_lower(&b, u->scheme);
    buf_str(&b, u->userinfo);
    put_lower(&b, u->host);
    if (!put_port(&b, u)) {
        buf_finish(&b);
        return STR_NONE;
    }

    const size_t query = str_find(rest, '?');
    put_path(&b, str_sub(rest, 0, query));
    if (query < rest.n) {
        buf_char(&b, '?');
        put_escaped(&b, str_sub(rest, query + 1, SIZE_MAX), STR("\"'<>"));
    }
    return in_arena(&b, a);
}

// --- the query string, taken apart and put together again ----------------------------------------

struct pair {
    struct str name, value;
    int64_t index; /* of a name that JavaScript takes for an array index; else -1 */
    size_t order;  /* of the name's first appearance */
};

/* Objects of JavaScript list names like 0, 7, 12 first, by number. */
static int64_t array_index(struct str name)
{
    uint64_t v;
    if (name.n == 0 || name.n > INDEX_DIGITS_MAX || (name.n > 1 && name.p[0] == '0') ||
        !str_to_u64(name, &v) || v > UINT32_MAX - (uint64_t)1)
        return -1;
    return (int64_t)v;
}

static bool comes_later(const struct pair *x, const struct pair *y)
{
    if ((x->index < 0) != (y->index < 0))
        return x->index < 0;
    return x->index != y->index ? x->index > y->index : x->order > y->order;
}

/* Stable, so that the values of one name stay in order. n <= QUERY_KEYS_MAX. */
static void sort_pairs(struct pair *p, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const struct pair x = p[i];
        size_t at = i;
        for (; at > 0 && comes_later(&p[at - 1], &x); at--)
            p[at] = p[at - 1];
        p[at] = x;
    }
}

static size_t order_of(const struct form *f, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (str_eq(f->fields[k].name, f->fields[i].name))
            return k;
    return i;
}

/* What `encodeURIComponent` leaves alone. */
static bool is_unreserved(unsigned char c)
{
    return isalnum(c) || (c && strchr("-_.!~*'()", c));
}

static void put_component(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        const unsigned char c = (unsigned char)s.p[i];
        if (is_unreserved(c))
            buf_char(b, (char)c);
        else
            buf_fmt(b, "%%%02X", c);
    }
}

static bool make_pairs(const struct form *f, struct pair *p)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct form_field *x = &f->fields[i];
        if (!str_is_utf8(x->name) || !str_is_utf8(x->value))
            return false;
        p[i] = (struct pair){x->name, x->value, array_index(x->name), order_of(f, i)};
    }
    return true;
}

struct str twilio_url_requery(struct str url, struct arena *a)
{
    const size_t query = str_find(url, '?');
    struct form f;
    struct err e;
    if (query + 1 >= url.n)
        return url;
    if (!form_parse(str_sub(url, query + 1, SIZE_MAX), QUERY_KEYS_MAX, a, &f, &e))
        return STR_NONE;

    struct pair *p = arena_new(a, struct pair, f.n);
    if (!make_pairs(&f, p))
        return STR_NONE;
    sort_pairs(p, f.n);

    struct buf b;
    buf_init(&b, URL_MAX);
    buf_str(&b, str_sub(url, 0, query + 1));
    for (size_t i = 0; i < f.n; i++) {
        if (i > 0)
            buf_char(&b, '&');
        put_component(&b, p[i].name);
        buf_char(&b, '=');
        put_component(&b, p[i].value);
    }
    return in_arena(&b, a);
}
