/* What OpenTelemetry prescribes, held against its own examples and rules. */
#include "trace/otlp.h"

#include "base/json.h"
#include "test/test.h"

#define TRACE "01ARYZ6S41TSV4RRFFQ69G5FAV"
#define TRACE_HEX "01563df36481d6764c61efb99302bd5b" // the same 128 bits

static const struct otlp_span *a_span(struct arena *a, struct otlp_span span)
{
    struct otlp_span *made = arena_new(a, struct otlp_span, 1);

    *made = span;
    assert_true(id_bytes(STR(TRACE), made->trace));
    return made;
}

static struct str written(struct arena *a, const struct otlp_span *span)
{
    struct buf out;
    struct json_object *tree;
    struct err e = {0};

    buf_init(&out, 64 * 1024);
    otlp_write(&out, STR("calls"), &span, 1);
    const struct str text = str_dup(buf_view(&out), a);
    buf_finish(&out);
    assert_ok(json_parse(text, a, &tree, &e), &e);
    return text;
}

static void a_span_is_written_as_otlp_has_it(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    (void)state;
    const struct str text = written(
        a, a_span(a, (struct otlp_span){
                         .id = 0x1f,
                         .parent = UINT64_C(0xfedcba9876543210),
                         .end = SECONDS(1800000000) + 7,
                         .span = {.name = "POST",
                                  .of = STR("/webhooks/x"),
                                  .kind = SPAN_SERVER,
                                  .failed = true,
                                  .took = MILLISECONDS(2),
                                  .facts = {{"text", STR("a \"b\""), 0}, {"number", STR_NONE, -5}}},
                     }));

    static const char *const parts[] = {
        "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"calls\"}}",
        "\"traceId\":\"" TRACE_HEX "\"",
        "\"spanId\":\"000000000000001f\"",
        "\"parentSpanId\":\"fedcba9876543210\"",
        "\"name\":\"POST /webhooks/x\"",
        "\"kind\":2",
        "\"startTimeUnixNano\":\"1799999999998007000\"",
        "\"endTimeUnixNano\":\"1800000000000007000\"",
        "{\"key\":\"text\",\"value\":{\"stringValue\":\"a \\\"b\\\"\"}}",
        "{\"key\":\"number\",\"value\":{\"intValue\":\"-5\"}}",
        "\"status\":{\"code\":2}",
    };
    for (size_t i = 0; i < LEN(parts); i++)
        if (!str_contains(text, str_from(parts[i])))
            fail_msg("without %s: " STR_FMT, parts[i], STR_ARG(text));
}

static void the_first_span_has_no_parent_and_no_status(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    (void)state;
    const struct str text = written(
        a, a_span(a, (struct otlp_span){.id = 1, .span = {.name = "a", .kind = SPAN_INTERNAL}}));

    assert_true(str_contains(text, STR("\"name\":\"a\"")));
    assert_false(str_contains(text, STR("parentSpanId")));
    assert_false(str_contains(text, STR("status")));
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
          cmocka_unit_test(the_first_id_is_half_of_the_trace),
          cmocka_unit_test(samplers_are_shares), cmocka_unit_test(a_share_of_the_traces_is_told_of),
          cmocka_unit_test(header_fields_are_read))
