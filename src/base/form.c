#include "base/form.h"

#include "base/arena.h"
#include "base/buf.h"

/*
 * Decoded text is never longer than its source, so one piece of memory as long as the input,
 * taken when the first field needs it, serves all of them; the others stay views.
 */

struct decoder {
    char *at; /* where the next decoded text goes; NULL until needed */
    size_t n; /* length of the whole input */
    struct arena *a;
};

/* The byte that "%XX" at p means, or -1. */
static int escaped_byte(const char *p, size_t left)
{
    if (left < 3)
        return -1;
    int high = hex_value(p[1]), low = hex_value(p[2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Length of the front that stays as it is. */
static size_t literal_run(struct str s)
{
    size_t n = 0;
    while (n < s.n && s.p[n] != '%' && s.p[n] != '+')
        n++;
    return n;
}

static struct str decode(struct decoder *d, struct str s)
{
    size_t i = literal_run(s);
    if (i == s.n)
        return s;
    if (!d->at)
        d->at = arena_alloc(d->a, d->n);

    char *dst = d->at;
    memcpy(dst, s.p, i);
    size_t n = i;
    while (i < s.n) {
        int byte = s.p[i] == '%' ? escaped_byte(s.p + i, s.n - i) : -1;
        if (byte >= 0) {
            dst[n++] = (char)byte;
            i += 3;
            continue;
        }
        dst[n++] = s.p[i] == '+' ? ' ' : s.p[i];
        i++;
    }
    d->at += n;
    return (struct str){dst, n};
}

/* Pieces between '&' that are not empty. */
static size_t count_fields(struct str in)
{
    size_t n = 0;
    char before = '&';
    for (size_t i = 0; i < in.n; i++) {
        n += before == '&' && in.p[i] != '&';
        before = in.p[i];
    }
    return n;
}

bool form_parse(struct str in, size_t max_fields, struct arena *a, struct form *ret, struct err *e)
{
    size_t n = count_fields(in);
    if (n > max_fields)
        return err_set(e, ERR_LIMIT, "form: at most %zu fields, got %zu", max_fields, n);

    struct decoder d = {.n = in.n, .a = a};
    struct form f = {.fields = arena_new(a, struct form_field, n)};
    struct str piece;
    while (cut_field(&in, '&', &piece)) {
        if (str_is_empty(piece))
            continue;
        struct str name = piece, value = {piece.p + piece.n, 0};
        if (cut_until(&piece, '=', &name))
            value = piece;
        f.fields[f.n++] = (struct form_field){decode(&d, name), decode(&d, value)};
    }
    *ret = f;
    return true;
}

struct str form_get(const struct form *f, struct str name)
{
    for (size_t i = 0; i < f->n; i++) {
        if (str_eq(f->fields[i].name, name))
            return f->fields[i].value;
    }
    return STR_NONE;
}

/* WHATWG URL, "application/x-www-form-urlencoded percent-encode set": what is not in it. */
static bool stays(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '*' ||
           c == '-' || c == '.' || c == '_';
}

void buf_form(struct buf *b, struct str s)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (stays(s.p[i]))
            buf_char(b, s.p[i]);
        else if (c == ' ')
            buf_char(b, '+');
        else
            buf_str(b, (struct str){(char[]){'%', hex[c >> 4], hex[c & 15]}, 3});
    }
}
