#include "sse/sse.h"

static bool has_byte(struct str s, char c)
{
    return s.n > 0 && memchr(s.p, c, s.n);
}

static void write_field(struct buf *out, struct str name, struct str value)
{
    buf_str(out, name);
    buf_str(out, STR(": "));
    buf_str(out, value);
    buf_char(out, '\n');
}

/* Up to the next line end, which is consumed: CR, LF or CRLF. False when that was the last line. */
static bool cut_line(struct str *in, struct str *ret)
{
    size_t n = 0;

    while (n < in->n && in->p[n] != '\n' && in->p[n] != '\r')
        n++;
    *ret = str_sub(*in, 0, n);
    if (n == in->n)
        return false;
    const bool both = in->p[n] == '\r' && n + 1 < in->n && in->p[n + 1] == '\n';
    *in = str_sub(*in, n + (both ? 2 : 1), in->n);
    return true;
}

static void write_rest(struct buf *out, struct str event, struct str data)
{
    struct str line;
    bool more = true;

    assert(!has_byte(event, '\n') && !has_byte(event, '\r'));
    if (event.n > 0)
        write_field(out, STR("event"), event);
    while (more) {
        more = cut_line(&data, &line);
        write_field(out, STR("data"), line);
    }
    buf_char(out, '\n');
}

void sse_frame_write(struct buf *out, struct str id, struct str event, struct str data)
{
    assert(!has_byte(id, '\n') && !has_byte(id, '\r') && !has_byte(id, '\0'));
    if (!str_is_none(id))
        write_field(out, STR("id"), id);
    write_rest(out, event, data);
}

void sse_frame_write_seq(struct buf *out, int64_t seq, struct str event, struct str data)
{
    buf_str(out, STR("id: "));
    buf_i64(out, seq);
    buf_char(out, '\n');
    write_rest(out, event, data);
}

void sse_keepalive_write(struct buf *out, struct str data)
{
    write_rest(out, STR("keepalive"), data);
}

bool sse_last_event_id_parse(struct str value, int64_t *ret)
{
    struct str text = str_trim(value);
    uint64_t seq;

    if (!cut_u64(&text, &seq) || text.n > 0 || seq > INT64_MAX)
        return false;
    *ret = (int64_t)seq;
    return true;
}
