/* What OpenTelemetry prescribes, held against its own examples and rules. */
#include "trace/otlp.h"

#include "test/test.h"
#include "trace/otlp_kit.h"
#include "version.h"

#define TRACE "01ARYZ6S41TSV4RRFFQ69G5FAV"
#define TRACE_HEX "01563df36481d6764c61efb99302bd5b" // the same 128 bits

enum { ROOM = 1024 * 1024 };

static const struct otlp_span *a_span(struct arena *a, struct otlp_span span)
{
    struct otlp_span *made = arena_new(a, struct otlp_span, 1);

    *made = span;
    assert_true(id_bytes(STR(TRACE), made->trace));
    return made;
}

/* What a collector reads, and what is written around the spans. */
static struct str written(struct arena *a, const struct otlp_span *const *spans, size_t n)
{
    struct buf out, text;

    buf_init(&out, ROOM);
    buf_init(&text, ROOM);
    otlp_write(&out, STR("calls"), spans, n);
    assert_true(buf_ok(&out) && kit_print_request(buf_view(&out), &text) && buf_ok(&text));
    const struct str copy = str_dup(buf_view(&text), a);
    buf_finish(&out);
    buf_finish(&text);
    return copy;
}

#define AROUND(spans)                                                                              \
    "resource_spans { "                                                                            \
    "resource { attributes { key: service.name value { string_value: calls } } "                   \
    "attributes { key: service.version value { string_value: " HOOKSWITCH_VERSION " } } } "        \
    "scope_spans { scope { name: hookswitch } " spans "} } "

static void a_span_is_written_as_otlp_has_it(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    (void)state;
    const struct otlp_span *const span =
        a_span(a, (struct otlp_span){
                      .id = 0x1f,
                      .parent = UINT64_C(0xfedcba9876543210),
                      .end = SECONDS(1800000000) + 7,
                      .span = {.name = "POST",
                               .of = STR("/webhooks/x"),
                               .kind = SPAN_SERVER,
                               .failed = true,
                               .took = MILLISECONDS(2),
                               .facts = {{"text", STR("a \"b\""), 0}, {"number", STR_NONE, -5}}},
                  });

    assert_str(written(a, &span, 1),
               AROUND("spans { "
                      "trace_id: " TRACE_HEX " "
                      "span_id: 000000000000001f "
                      "parent_span_id: fedcba9876543210 "
                      "name: POST /webhooks/x "
                      "kind: 2 "
                      "start_time_unix_nano: 1799999999998007000 "
                      "end_time_unix_nano: 1800000000000007000 "
                      "attributes { key: text value { string_value: a \"b\" } } "
                      "attributes { key: number value { int_value: -5 } } "
                      "status { code: 2 } } "));
}

static void the_first_span_has_no_parent_and_no_status(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    (void)state;
    const struct otlp_span *const span =
        a_span(a, (struct otlp_span){.id = 1, .span = {.name = "a", .kind = SPAN_INTERNAL}});

    assert_str(written(a, &span, 1),
               AROUND("spans { trace_id: " TRACE_HEX " span_id: 0000000000000001 name: a kind: 1 "
                      "start_time_unix_nano: 0 end_time_unix_nano: 0 } "));
}

/* Lengths of one, two and three bytes. */
static void a_batch_holds_as_many_spans_as_it_has(void **state)
{
    static const size_t sizes[] = {0, 1, 2, 100, 512};
    const struct otlp_span *spans[512];
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    (void)state;
    for (size_t i = 0; i < LEN(spans); i++)
        spans[i] = a_span(a, (struct otlp_span){.id = i + 1, .span = {.name = "a"}});
    FOR_EACH_ROW (n, sizes) {
        const char *text = str_z(written(a, spans, *n), a);
        size_t found = 0;
        while ((text = strstr(text, " spans {"))) {
            text++;
            found++;
        }
        assert_int_equal(found, *n);
    }
}

static void the_first_id_is_half_of_the_trace(void **state)
{
    unsigned char trace[ID_BYTES];
    (void)state;
    assert_true(id_bytes(STR(TRACE), trace));
    assert_true(otlp_first_id(trace) == UINT64_C(0x4c61efb99302bd5b));
}

static void samplers_are_shares(void **state)
{
    static const struct {
        const char *sampler, *arg;
        bool ok;
        uint64_t share;
    } rows[] = {
        {"always_on", "", true, OTLP_ALL},
        {"parentbased_always_on", "0.1", true, OTLP_ALL},
        {"always_off", "", true, 0},
        {"parentbased_always_off", "", true, 0},
        {"traceidratio", "", true, OTLP_ALL},
        {"traceidratio", "1", true, OTLP_ALL},
        {"traceidratio", "1.0", true, OTLP_ALL},
        {"traceidratio", "0", true, 0},
        {"parentbased_traceidratio", "0.5", true, OTLP_ALL / 1000000000 * 500000000},
        {"traceidratio", "0.000000001", true, OTLP_ALL / 1000000000},
        {"traceidratio", "1.1", false, 0},
        {"traceidratio", "2", false, 0},
        {"traceidratio", "-1", false, 0},
        {"traceidratio", "0.1x", false, 0},
        {"traceidratio", "0.0000000001", false, 0},
        {"jaeger_remote", "", false, 0},
        {"", "", false, 0},
    };
    (void)state;
    for (size_t i = 0; i < LEN(rows); i++) {
        uint64_t share;
        const bool ok = otlp_share_parse(str_from(rows[i].sampler), str_from(rows[i].arg), &share);
        if (ok != rows[i].ok || (ok && share != rows[i].share))
            fail_msg("%s %s", rows[i].sampler, rows[i].arg);
    }
}

static void a_share_of_the_traces_is_told_of(void **state)
{
    struct rng r = rng_seeded(7);
    uint64_t tenth;
    int n = 0;
    (void)state;
    assert_true(otlp_share_parse(STR("traceidratio"), STR("0.1"), &tenth));
    for (int i = 0; i < 10000; i++) {
        unsigned char trace[ID_BYTES];
        rng_fill(&r, trace, sizeof trace);
        n += otlp_is_sampled(trace, tenth);
        assert_true(otlp_is_sampled(trace, OTLP_ALL));
        assert_false(otlp_is_sampled(trace, 0));
    }
    assert_in_range(n, 900, 1100);
}

static void header_fields_are_read(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    static const char *const bad[] = {"a",     "=b",        "a b=c",         "a=%4",
                                      "a=%zz", "a=x%0d%0a", "a=x%0aEvil: 1", "a=b,c"};
    struct http_header *list;
    size_t n;
    (void)state;
    assert_true(otlp_headers_parse(STR("Authorization=Basic%20eDp5, x-team = a=b"), a, &list, &n));
    assert_int_equal(n, 2);
    assert_str(list[0].name, "Authorization");
    assert_str(list[0].value, "Basic eDp5");
    assert_str(list[1].name, "x-team");
    assert_str(list[1].value, "a=b");
    assert_true(otlp_headers_parse(STR(""), a, &list, &n));
    assert_int_equal(n, 0);
    for (size_t i = 0; i < LEN(bad); i++)
        if (otlp_headers_parse(str_from(bad[i]), a, &list, &n))
            fail_msg("%s", bad[i]);
}

TEST_MAIN(cmocka_unit_test(a_span_is_written_as_otlp_has_it),
          cmocka_unit_test(the_first_span_has_no_parent_and_no_status),
          cmocka_unit_test(a_batch_holds_as_many_spans_as_it_has),
          cmocka_unit_test(the_first_id_is_half_of_the_trace),
          cmocka_unit_test(samplers_are_shares), cmocka_unit_test(a_share_of_the_traces_is_told_of),
          cmocka_unit_test(header_fields_are_read))
