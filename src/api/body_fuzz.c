/*
 * Any bytes as the body of a request: refused with a reason that can be shown, or what is taken is
 * within what its kind allows.
 */
#include "api/body.h"

#include "base/arena.h"

enum { SHORT = 16 };

struct taken {
    struct str text, secret, words, object;
    int64_t id, count, flag;
    usec_t time;
};

static const struct body_field fields[] = {
    {"text", BODY_TEXT, offsetof(struct taken, text), .required = true, .max = SHORT},
    {"secret", BODY_SECRET, offsetof(struct taken, secret), .required = false},
    {"id", BODY_ID, offsetof(struct taken, id), .required = false},
    {"time", BODY_TIME, offsetof(struct taken, time), .required = false},
    {"count", BODY_COUNT, offsetof(struct taken, count), .required = false},
    {"flag", BODY_FLAG, offsetof(struct taken, flag), .required = false},
    {"words", BODY_WORDS, offsetof(struct taken, words), .required = false},
    {"object", BODY_OBJECT, offsetof(struct taken, object), .max = SHORT},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_text(struct str s)
{
    return str_is_utf8(s) && str_find(s, '\0') == s.n;
}

static void check(const struct taken *t, struct arena *a)
{
    struct json_object *o;
    struct err e = {0};

    assert(t->text.n > 0 && t->text.n <= SHORT && is_text(t->text));
    assert(str_eq(t->text, str_trim(t->text)) && is_text(t->secret));
    assert(t->id == INT_NONE || t->id > 0);
    assert(t->count == INT_NONE || t->count >= 0);
    assert(t->flag == INT_NONE || t->flag == 0 || t->flag == 1);
    assert(t->object.n <= SHORT && is_text(t->words));
    if (!str_is_none(t->object)) {
        const bool reads = json_parse(t->object, a, &o, &e);
        assert(reads);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct http_header type = {STR("Content-Type"), STR("application/json")};
    const struct http_request http = {
        .headers = &type, .n_headers = 1, .body = {(const char *)data, size}};
    struct req rq = {.http = &http, .a = a};
    struct taken t = {0};
    struct err e = {0};

    if (req_fields(&rq, fields, LEN(fields), &t, &e))
        check(&t, a);
    else
        assert((e.code == ERR_INVALID || e.code == ERR_LIMIT) && str_is_utf8(str_from(e.text)));
    return 0;
}
