#include "http/chunked.h"

enum {
    SIZE_DIGITS_MAX = 8,              /* 4 GB less one: more than any limit */
    FRAMING_MAX = LIMIT_HEADER_BLOCK, /* many small chunks must not make extensions large */
    REFUSED = -1
};

/* The byte after the size's digits. */
static int after_size(unsigned char c)
{
    if (c == ';')
        return CHUNK_EXTENSION;
    return c == '\r' ? CHUNK_SIZE_LF : REFUSED;
}

static int on_size(struct http_chunked *d, unsigned char c)
{
    const int digit = hex_value((char)c);

    if (digit < 0)
        return d->n_digits > 0 ? after_size(c) : REFUSED;
    if (d->n_digits == SIZE_DIGITS_MAX)
        return REFUSED;
    d->n_digits++;
    d->left = d->left << 4 | (uint64_t)digit;
    return CHUNK_SIZE;
}

static int on_value(unsigned char c, int stay, int at_end)
{
    if (c == '\r')
        return at_end;
    return http_is_value_byte(c) ? stay : REFUSED;
}

static int on_trailer(unsigned char c)
{
    if (c == '\r')
        return CHUNK_END_LF;
    return http_is_token_byte(c) ? CHUNK_TRAILER_NAME : REFUSED;
}

static int on_trailer_name(unsigned char c)
{
    if (c == ':')
        return CHUNK_TRAILER_VALUE;
    return http_is_token_byte(c) ? CHUNK_TRAILER_NAME : REFUSED;
}

static int next_size(struct http_chunked *d)
{
    d->n_digits = 0;
    d->left = 0;
    return CHUNK_SIZE;
}

/* The state after one byte of framing, or REFUSED. */
static int step(struct http_chunked *d, unsigned char c)
{
    switch (d->state) {
    case CHUNK_SIZE:
        return on_size(d, c);
    case CHUNK_EXTENSION:
        return on_value(c, CHUNK_EXTENSION, CHUNK_SIZE_LF);
    case CHUNK_SIZE_LF:
        return c != '\n' ? REFUSED : d->left > 0 ? CHUNK_DATA : CHUNK_TRAILER;
    case CHUNK_DATA_CR:
        return c == '\r' ? CHUNK_DATA_LF : REFUSED;
    case CHUNK_DATA_LF:
        return c == '\n' ? next_size(d) : REFUSED;
    case CHUNK_TRAILER:
        return on_trailer(c);
    case CHUNK_TRAILER_NAME:
        return on_trailer_name(c);
    case CHUNK_TRAILER_VALUE:
        return on_value(c, CHUNK_TRAILER_VALUE, CHUNK_TRAILER_LF);
    case CHUNK_TRAILER_LF:
        return c == '\n' ? CHUNK_TRAILER : REFUSED;
    case CHUNK_END_LF:
        return c == '\n' ? CHUNK_END : REFUSED;
    case CHUNK_DATA:
    case CHUNK_END:
        break;
    }
    return REFUSED;
}

static bool counts_as_framing(enum http_chunked_state s)
{
    return s == CHUNK_EXTENSION || s == CHUNK_TRAILER_NAME || s == CHUNK_TRAILER_VALUE;
}

static void take_data(struct http_chunked *d, struct str *in, struct buf *out)
{
    const size_t n = d->left < in->n ? (size_t)d->left : in->n;

    buf_str(out, str_sub(*in, 0, n));
    *in = str_sub(*in, n, in->n);
    d->left -= n;
    if (d->left == 0)
        d->state = CHUNK_DATA_CR;
}

static enum http_parse refused(struct http_chunked *d, int status)
{
    d->status = status;
    return HTTP_PARSE_REFUSED;
}

enum http_parse http_chunked_feed(struct http_chunked *d, struct str *in, size_t max,
                                  struct buf *out)
{
    while (in->n > 0) {
        if (d->state == CHUNK_DATA) {
            take_data(d, in, out);
            continue;
        }
        const int next = step(d, (unsigned char)in->p[0]);
        if (next == REFUSED)
            return refused(d, 400);
        d->state = (enum http_chunked_state)next;
        *in = str_sub(*in, 1, in->n);

        if (d->state == CHUNK_END)
            return HTTP_PARSE_DONE;
        if (d->state == CHUNK_DATA && d->left > max - out->n)
            return refused(d, 413);
        d->framing += counts_as_framing(d->state);
        if (d->framing > FRAMING_MAX)
            return refused(d, 431);
    }
    return HTTP_PARSE_MORE;
}
