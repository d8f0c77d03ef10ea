#include "base/json.h"

#include <stdio.h>

/*
 * Almost all text needs no escape. So json_str looks for the end of the run that can be copied as
 * it stands, eight bytes at a time, copies it whole, and deals with one exception after each run.
 */

static const struct str replacement = {"\xEF\xBF\xBD", 3}; /* U+FFFD */

void json_init(struct json_writer *w, struct buf *out)
{
    *w = (struct json_writer){.out = out};
}

/* What stands in front of every value; afterwards the next one needs a comma. */
static void begin_value(struct json_writer *w)
{
    if (w->comma)
        buf_char(w->out, ',');
    w->comma = true;
}

static void open(struct json_writer *w, char bracket)
{
    begin_value(w);
    buf_char(w->out, bracket);
    w->comma = false;
}

static void close(struct json_writer *w, char bracket)
{
    buf_char(w->out, bracket);
    w->comma = true;
}

void json_open_object(struct json_writer *w)
{
    open(w, '{');
}

void json_close_object(struct json_writer *w)
{
    close(w, '}');
}

void json_open_array(struct json_writer *w)
{
    open(w, '[');
}

void json_close_array(struct json_writer *w)
{
    close(w, ']');
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* A mark in each byte of v that is zero; bytes above a marked one may be marked falsely. */
static uint64_t zero_bytes(uint64_t v)
{
    return (v - 0x0101010101010101u) & ~v & 0x8080808080808080u;
}

/* Whether one of eight bytes is not plain. */
static bool has_special(uint64_t v)
{
    uint64_t below_space = (v - 0x2020202020202020u) & ~v;
    uint64_t quote = zero_bytes(v ^ 0x2222222222222222u);
    uint64_t backslash = zero_bytes(v ^ 0x5C5C5C5C5C5C5C5Cu);
    return (v | below_space | quote | backslash) & 0x8080808080808080u;
}

static size_t plain_run(struct str s)
{
    size_t n = 0;
    uint64_t eight;
    for (; n + sizeof(eight) <= s.n; n += sizeof(eight)) {
        memcpy(&eight, s.p + n, sizeof(eight));
        if (has_special(eight))
            break;
    }
    while (n < s.n && is_plain((unsigned char)s.p[n]))
        n++;
    return n;
}

static void escape(struct buf *out, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[0x20] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};

    char letter = c < sizeof(letters) ? letters[c] : (char)c; // '"' and '\\' stand for themselves
    if (letter) {
        buf_str(out, (struct str){(char[]){'\\', letter}, 2});
        return;
    }
    char text[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    buf_str(out, (struct str){text, sizeof(text)});
}

/* Writes the first character of s, which is not plain. Returns its length in s. */
static size_t special(struct json_writer *w, struct str s)
{
    unsigned char c = (unsigned char)s.p[0];
    if (c != '\0' && c < 0x80) {
        escape(w->out, c);
        return 1;
    }
    size_t n = c == '\0' ? 0 : str_utf8_first(s);
    if (n == 0) {
        w->lossy = true;
        buf_str(w->out, replacement);
        return 1;
    }
    buf_str(w->out, (struct str){s.p, n});
    return n;
}

static void quoted(struct json_writer *w, struct str s)
{
    buf_char(w->out, '"');
    while (s.n) {
        size_t n = plain_run(s);
        buf_str(w->out, (struct str){s.p, n});
        if (n < s.n)
            n += special(w, (struct str){s.p + n, s.n - n});
        s = (struct str){s.p + n, s.n - n};
    }
    buf_char(w->out, '"');
}

void json_key(struct json_writer *w, struct str key)
{
    begin_value(w);
    quoted(w, key);
    buf_char(w->out, ':');
    w->comma = false;
}

void json_raw(struct json_writer *w, struct str json)
{
    begin_value(w);
    buf_str(w->out, str_is_none(json) ? STR("null") : json);
}

void json_null(struct json_writer *w)
{
    json_raw(w, STR("null"));
}

void json_str(struct json_writer *w, struct str s)
{
    if (str_is_none(s)) {
        json_null(w);
        return;
    }
    begin_value(w);
    quoted(w, s);
}

void json_int(struct json_writer *w, int64_t v)
{
    begin_value(w);
    buf_i64(w->out, v);
}

void json_boolean(struct json_writer *w, bool v)
{
    json_raw(w, v ? STR("true") : STR("false"));
}

void json_time(struct json_writer *w, usec_t t)
{
    char text[TIME_TEXT_MAX];
    size_t n = time_format(t, text);
    if (n == 0) {
        json_null(w);
        return;
    }
    begin_value(w);
    buf_char(w->out, '"');
    buf_str(w->out, (struct str){text, n});
    buf_char(w->out, '"');
}

void json_member_str(struct json_writer *w, struct str key, struct str s)
{
    json_key(w, key);
    json_str(w, s);
}

void json_member_id(struct json_writer *w, struct str key, int64_t id)
{
    char text[24];
    const int n = snprintf(text, sizeof text, "%lld", (long long)id);

    json_member_str(w, key, id == INT_NONE ? STR_NONE : (struct str){text, (size_t)n});
}

void json_member_int(struct json_writer *w, struct str key, int64_t v)
{
    json_key(w, key);
    json_int(w, v);
}

void json_member_bool(struct json_writer *w, struct str key, bool v)
{
    json_key(w, key);
    json_boolean(w, v);
}

void json_member_null(struct json_writer *w, struct str key)
{
    json_key(w, key);
    json_null(w);
}

void json_member_time(struct json_writer *w, struct str key, usec_t t)
{
    json_key(w, key);
    json_time(w, t);
}

void json_member_raw(struct json_writer *w, struct str key, struct str json)
{
    json_key(w, key);
    json_raw(w, json);
}
