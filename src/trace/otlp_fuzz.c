/*
 * Any text as header fields and as a sampler's share, and as the name of a span: fields are what
 * HTTP takes, and read the same when each byte is escaped; a share is the number that is written;
 * a span is read again as it was, whatever its texts and however long.
 */
#include "trace/otlp.h"

#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "trace/otlp_kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 1024 * 1024 };

static void check_field(const struct http_header *field)
{
    struct str name = field->name, token;

    assert(cut_token(&name, &token) && name.n == 0);
    for (size_t i = 0; i < field->value.n; i++)
        assert((unsigned char)field->value.p[i] >= ' ' && field->value.p[i] != 127);
}

static struct str escaped(const struct http_header *fields, size_t n, struct arena *a)
{
    struct buf out;

    buf_init(&out, ROOM);
    for (size_t i = 0; i < n; i++) {
        buf_fmt(&out, "%s" STR_FMT " = ", i ? "," : "", STR_ARG(fields[i].name));
        for (size_t k = 0; k < fields[i].value.n; k++)
            buf_fmt(&out, "%%%02x", (unsigned)(unsigned char)fields[i].value.p[k]);
    }
    assert(buf_ok(&out));
    const struct str text = str_dup(buf_view(&out), a);
    buf_finish(&out);
    return text;
}

static void read_headers(struct str in, struct arena *a)
{
    struct http_header *fields, *again;
    size_t n, n_again;

    if (!otlp_headers_parse(in, a, &fields, &n))
        return;
    assert(otlp_headers_parse(escaped(fields, n, a), a, &again, &n_again) && n_again == n);
    for (size_t i = 0; i < n; i++) {
        check_field(&fields[i]);
        assert(str_eq(fields[i].name, again[i].name) && str_eq(fields[i].value, again[i].value));
    }
}

static void read_share(struct str in, struct arena *a)
{
    uint64_t share;

    if (otlp_share_parse(in, STR("0.5"), &share))
        assert(share <= OTLP_ALL);
    if (!otlp_share_parse(STR("traceidratio"), in, &share))
        return;
    const double want = in.n > 0 ? strtod(str_z(in, a), NULL) : 1;
    assert(share <= OTLP_ALL && fabs((double)share / (double)OTLP_ALL - want) < 1e-9);
}

/* The text that a path of fields leads to. */
static struct str at(struct str message, const uint64_t *path, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct kit_field f;
        assert(kit_find(message, path[i], &f) && f.wire == KIT_BYTES);
        message = f.bytes;
    }
    return message;
}

static void check_texts(struct str body, struct str in)
{
    static const uint64_t service[] = {1, 1, 1, 2, 1}, name[] = {1, 2, 2, 5},
                          fact[] = {1, 2, 2, 9, 2, 1};
    struct str of = at(body, name, LEN(name));

    assert(str_eq(at(body, service, LEN(service)), in));
    assert(str_eq(at(body, fact, LEN(fact)), in));
    assert(cut_lit(&of, STR("a")) && (in.n == 0 || cut_char(&of, ' ')) && str_eq(of, in));
}

static void write_span(struct str in)
{
    const struct otlp_span span = {
        .id = 1, .span = {.name = "a", .of = in, .kind = SPAN_SERVER, .facts = {{"fact", in, 0}}}};
    const struct otlp_span *const spans[] = {&span};
    struct buf out, text;

    buf_init(&out, ROOM);
    buf_init(&text, ROOM);
    otlp_write(&out, in, spans, 1);
    assert(buf_ok(&out) && kit_print_request(buf_view(&out), &text));
    check_texts(buf_view(&out), in);
    buf_finish(&out);
    buf_finish(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct str in = size > 0 ? (struct str){(const char *)data, size} : STR("");

    read_headers(in, a);
    read_share(in, a);
    write_span(in);
    return 0;
}
