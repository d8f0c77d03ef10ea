/*
 * A connection's bytes, whole and cut in two: the first input byte says where. Both must end with
 * the same verdict, at the same byte, with the same parts and the same body.
 */
#include "http/chunked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_MAX = 4096 };

struct outcome {
    struct http_head head;
    enum http_parse found;
    struct http_chunked chunked;
    struct buf body;
    size_t consumed;
};

/* The head, and a chunked body behind it, from the first n bytes and then from all of them. */
static void run(struct str in, size_t cut, struct outcome *ret)
{
    struct http_head *h = &ret->head;

    http_head_init(h);
    ret->chunked = (struct http_chunked){0};
    ret->consumed = 0;
    buf_init(&ret->body, BODY_MAX);
    ret->found = http_head_parse(h, str_sub(in, 0, cut));
    if (ret->found == HTTP_PARSE_MORE) {
        cut = in.n;
        ret->found = http_head_parse(h, in);
    }
    if (ret->found != HTTP_PARSE_DONE || !h->chunked)
        return;

    struct str first = str_sub(in, h->line, cut - h->line), second = str_sub(in, cut, in.n);
    ret->found = http_chunked_feed(&ret->chunked, &first, BODY_MAX, &ret->body);
    if (ret->found == HTTP_PARSE_MORE)
        ret->found = http_chunked_feed(&ret->chunked, &second, BODY_MAX, &ret->body);
    ret->consumed = in.n - first.n - second.n;
}

static void check_spans(const struct http_head *h, struct str in)
{
    assert(h->line <= in.n && h->line <= LIMIT_HEADER_BLOCK && h->n_fields <= LIMIT_HEADERS);
    assert(h->target.n > 0 && h->target.at + h->target.n <= h->line);
    assert(h->path.n == 0 || in.p[h->path.at] == '/' || in.p[h->path.at] == '*');
    for (size_t i = 0; i < h->n_fields; i++) {
        const struct str value = http_span_of(in, h->fields[i].value);
        assert(h->fields[i].name.n > 0 && h->fields[i].value.at + value.n <= h->line);
        for (size_t j = 0; j < value.n; j++)
            assert(http_is_value_byte((unsigned char)value.p[j]));
    }
}

static void check_same(const struct outcome *a, const struct outcome *b)
{
    assert(a->found == b->found && a->head.status == b->head.status);
    assert(a->chunked.status == b->chunked.status);
    if (a->found != HTTP_PARSE_DONE)
        return;
    assert(a->head.line == b->head.line && a->head.length == b->head.length);
    assert(a->consumed == b->consumed && str_eq(buf_view(&a->body), buf_view(&b->body)));
    assert(a->head.n_fields == b->head.n_fields);
    assert(memcmp(a->head.fields, b->head.fields, a->head.n_fields * sizeof(struct http_field)) ==
           0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct outcome whole, cut; // large, and one run at a time

    if (size == 0)
        return 0;
    const struct str in = {(const char *)data + 1, size - 1};
    run(in, in.n, &whole);
    run(in, in.n * data[0] / 255, &cut);
    check_same(&whole, &cut);
    if (whole.found == HTTP_PARSE_DONE)
        check_spans(&whole.head, in);
    buf_finish(&whole.body);
    buf_finish(&cut.body);
    return 0;
}
