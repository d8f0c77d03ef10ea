#include "api/body.h"

#include "base/buf.h"
#include "base/json.h"
#include "test/test.h"

struct all {
    struct str text, secret, words, object;
    int64_t id, count, flag;
    usec_t time;
};

static const struct body_field fields[] = {
    {"text", BODY_TEXT, offsetof(struct all, text), .max = 5},
    {"secret", BODY_SECRET, offsetof(struct all, secret), .required = false},
    {"id", BODY_ID, offsetof(struct all, id), .required = false},
    {"count", BODY_COUNT, offsetof(struct all, count), .required = false},
    {"time", BODY_TIME, offsetof(struct all, time), .required = false},
    {"flag", BODY_FLAG, offsetof(struct all, flag), .required = false},
    {"words", BODY_WORDS, offsetof(struct all, words), .required = false},
    {"object", BODY_OBJECT, offsetof(struct all, object), .max = 20},
};

static bool read_as(const char *type, const char *body, const struct body_field *f, size_t n,
                    struct arena *a, struct all *ret, struct err *e)
{
    struct http_header h = {STR("Content-Type"), str_from(type)};
    const struct http_request http = {.headers = &h, .n_headers = 1, .body = str_from(body)};
    struct req rq = {.http = &http, .a = a};

    return req_fields(&rq, f, n, ret, e);
}

static bool read_body(const char *body, struct arena *a, struct all *ret, struct err *e)
{
    return read_as("application/json", body, fields, LEN(fields), a, ret, e);
}

static void reads_each_kind(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct all r = {0};
    struct err e = {0};

    (void)state;
    assert_ok(read_body("{\"text\":\" ab \",\"secret\":\" ab \",\"id\":\"12\",\"count\":0,"
                        "\"time\":\"1970-01-01T00:00:01Z\",\"flag\":false,"
                        "\"words\":[\"a\",\"b\"],\"object\":{ \"x\": [1] }}",
                        a, &r, &e),
              &e);
    assert_str(r.text, "ab");
    assert_str(r.secret, " ab ");
    assert_str(r.words, "a b");
    assert_str(r.object, "{\"x\":[1]}");
    assert_int_equal(r.id, 12);
    assert_int_equal(r.count, 0);
    assert_int_equal(r.flag, 0);
    assert_int_equal(r.time, SECONDS(1));
}

static void what_is_absent_or_null_is_none(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    static const char *const bodies[] = {"{}", "{\"text\":null,\"id\":null,\"object\":null}"};

    (void)state;
    for (size_t i = 0; i < LEN(bodies); i++) {
        struct all r = {0};
        struct err e = {0};
        assert_ok(read_body(bodies[i], a, &r, &e), &e);
        assert_true(str_is_none(r.text) && str_is_none(r.words) && str_is_none(r.object));
        assert_true(r.id == INT_NONE && r.count == INT_NONE && r.flag == INT_NONE);
        assert_true(r.time == TIME_NONE);
    }
}

static void refuses_by_name(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    static const struct {
        const char *body, *named;
    } rows[] = {
        {"{\"role\":1}", "role"},
        {"{\"text\":\"ab\",\"Text\":\"ab\"}", "Text"},
        {"{\"text\":1}", "text"},
        {"{\"text\":\"123456\"}", "text"},
        {"{\"text\":\"a\\u0000\"}", "text"},
        {"{\"id\":0}", "id"},
        {"{\"id\":\"-1\"}", "id"},
        {"{\"id\":\"1 OR 1=1\"}", "id"},
        {"{\"id\":1.5}", "id"},
        {"{\"id\":[1]}", "id"},
        {"{\"count\":-1}", "count"},
        {"{\"count\":\"1\"}", "count"},
        {"{\"time\":\"today\"}", "time"},
        {"{\"time\":0}", "time"},
        {"{\"flag\":\"true\"}", "flag"},
        {"{\"flag\":1}", "flag"},
        {"{\"words\":\"a\"}", "words"},
        {"{\"words\":[1]}", "words"},
        {"{\"words\":[\"a b\"]}", "words"},
        {"{\"words\":[\"\"]}", "words"},
        {"{\"words\":[\"a\\u0000\"]}", "words"},
        {"{\"object\":[]}", "object"},
        {"{\"object\":{\"x\":\"01234567890123456789\"}}", "object"},
        {"[]", "body"},
        {"\"text\"", "body"},
    };
    (void)state;
    FOR_EACH_ROW (row, rows) {
        struct all r = {0};
        struct err e = {0};
        assert_row(!read_body(row->body, a, &r, &e) && e.code == ERR_INVALID &&
                       str_contains(str_from(e.text), str_from(row->named)),
                   row->body);
        err_clear(&e);
    }
}

static void what_is_required_must_be_something(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    static const char *const bodies[] = {"{}", "{\"text\":null}", "{\"text\":\"\"}",
                                         "{\"text\":\"  \"}"};
    const struct body_field required = {"text", BODY_TEXT, offsetof(struct all, text), true, 0};

    (void)state;
    for (size_t i = 0; i < LEN(bodies); i++) {
        struct all r = {0};
        struct err e = {0};
        assert_refused(read_as("application/json", bodies[i], &required, 1, a, &r, &e), &e,
                       ERR_INVALID);
    }
}

static void what_is_required_is_missed_whatever_its_kind(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (field, fields) {
        struct body_field required = *field;
        struct all r = {0};
        struct err e = {0};
        required.required = true;
        assert_row(!read_as("application/json", "{}", &required, 1, a, &r, &e) &&
                       e.code == ERR_INVALID && str_starts(str_from(e.text), str_from(field->name)),
                   field->name);
    }
}

static void a_list_of_texts_has_an_end(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct str word = STR("\"0123456789\",");
    struct all r = {0};
    struct err e = {0};
    struct buf body;

    (void)state;
    buf_init(&body, 4096);
    buf_str(&body, STR("{\"words\":["));
    for (int i = 0; i < 64; i++)
        buf_str(&body, word);
    buf_str(&body, STR("\"last\"]}"));
    assert_refused(read_body(str_z(buf_view(&body), a), a, &r, &e), &e, ERR_INVALID);
    buf_finish(&body);
    err_clear(&e);
    assert_refused(read_body(str_z(str_fmt(a, "{\"words\":[\"%0201d\"]}", 0), a), a, &r, &e), &e,
                   ERR_INVALID);
}

static void members_that_nobody_knows_are_named(void **state)
{
    static const struct {
        const char *body, *named;
    } rows[] = {
        {"[]", "a JSON object"}, {"{\"a\":1,\"c\":2}", "c"}, {"{\"a\":1,\"b\":null}", NULL}};
    static const struct str names[] = {STR("a"), STR("b")};
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (row, rows) {
        struct json_object *body;
        struct err e = {0};
        assert_ok(json_parse(str_from(row->body), a, &body, &e), &e);
        const bool known = body_knows_all(body, WORDS(names), &e);
        assert_row(known == !row->named, row->body);
        assert_row(known || str_starts(str_from(e.text), str_from(row->named)), row->body);
    }
}

static void takes_json_alone(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct all r = {0};
    struct err e = {0};

    (void)state;
    assert_refused(read_as("text/plain", "{}", fields, LEN(fields), a, &r, &e), &e,
                   ERR_UNSUPPORTED);
    assert_ok(read_as("Application/JSON; charset=utf-8", "{}", fields, LEN(fields), a, &r, &e), &e);
}

TEST_MAIN(cmocka_unit_test(reads_each_kind), cmocka_unit_test(what_is_absent_or_null_is_none),
          cmocka_unit_test(refuses_by_name), cmocka_unit_test(what_is_required_must_be_something),
          cmocka_unit_test(what_is_required_is_missed_whatever_its_kind),
          cmocka_unit_test(a_list_of_texts_has_an_end),
          cmocka_unit_test(members_that_nobody_knows_are_named), cmocka_unit_test(takes_json_alone))
