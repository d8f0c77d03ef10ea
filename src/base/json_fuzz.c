#include "base/arena.h"

#include <json-c/json.h>
#include <stdlib.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static struct json_object *parsed(struct str in, struct arena *a)
{
    struct json_object *tree;
    struct err e;
    return json_parse(in, a, &tree, &e) ? tree : NULL;
}

/* F137: an integer is exact or none. */
static void check_number(struct str in, struct arena *a)
{
    const struct str text = str_fmt(a, "{\"i\":" STR_FMT "}", STR_ARG(in));
    struct json_object *o = str_find(in, '\0') == in.n ? parsed(text, a) : NULL;
    int64_t want, got;

    if (o && str_to_i64(in, &want)) {
        const bool told = json_get_int(o, "i", &got);
        check(told == (want != INT64_MIN) && (!told || got == want));
    }
}

/* What passes can be printed by json-c and passes again; any bytes make a JSON string. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct str in = {(const char *)data, n};
    struct json_object *tree, *again;
    struct json_writer w;
    struct buf b;
    struct err e;

    if (json_parse(in, a, &tree, &e)) {
        check(json_check(in, &e));
        check(json_parse(str_from(json_object_to_json_string(tree)), a, &again, &e));
    }
    check_number(in, a);
    buf_init(&b, 6 * n + 16);
    json_init(&w, &b);
    json_str(&w, in);
    check(buf_ok(&b));
    check(json_parse(buf_view(&b), a, &tree, &e));
    struct str back = {json_object_get_string(tree), (size_t)json_object_get_string_len(tree)};
    check(w.lossy || str_eq(back, in));
    buf_finish(&b);
    return 0;
}
