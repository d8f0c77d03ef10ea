/*
 * Any JSON as the payload of an event, against json-c: a frame comes out exactly when there is a
 * call in it, and what the frame says of the call is what json-c reads there.
 */
#include "feed/frame.h"

#include <json-c/json.h>

#include "base/arena.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The scanner takes the first of equal keys, json-c the last; jsonb and our writer have no equals.
 * Nor does either write a key with escapes. */
static bool is_plain_object(struct str json)
{
    return json.n > 0 && json.p[0] == '{' && str_find(json, '\\') == json.n;
}

static struct str data_of(struct buf *frame)
{
    struct str text = buf_view(frame), line;
    const char *at = memmem(text.p, text.n, "\ndata: ", 7);

    assert(at);
    text = str_sub(text, (size_t)(at - text.p) + 7, SIZE_MAX);
    assert(cut_until(&text, '\n', &line) && str_eq(text, STR("\n")));
    return line;
}

static void check_frame(struct buf *frame, struct json_object *call, struct arena *a)
{
    struct json_object *shown;
    struct err e;

    assert(json_parse(data_of(frame), a, &shown, &e));
    assert(json_object_equal(json_get(shown, "call"), call));
    struct json_object *told = json_get(shown, "data");
    assert(json_object_equal(json_get(told, "callSid"), json_get(call, "twilio_sid")));
    assert(json_object_equal(json_get(told, "isFinal"), json_get(call, "is_final")));
    assert(json_object_get_boolean(json_get(told, "late")));
}

static size_t members_of(struct str json)
{
    size_t n = 0;
    for (size_t i = 0; i < json.n; i++)
        n += json.p[i] == ':';
    return n;
}

/* No key is lost in json-c: none was there twice. */
static size_t members_kept(struct json_object *o)
{
    size_t n = 0;
    if (json_object_is_type(o, json_type_array))
        for (size_t i = 0; i < json_object_array_length(o); i++)
            n += members_kept(json_object_array_get_idx(o, i));
    if (!json_object_is_type(o, json_type_object))
        return n;
    json_object_object_foreach(o, key, member)
    {
        (void)key;
        n += 1 + members_kept(member);
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct feed_item item = {.seq = 5,
                                   .type = STR("call.started"),
                                   .ts = SECONDS(1800000000),
                                   .appended = SECONDS(1800000000) + HOURS(1),
                                   .payload = {(const char *)data, size}};
    struct json_object *tree;
    struct buf frame;
    struct err e;

    buf_init(&frame, SIZE_MAX);
    const bool is_json = json_parse(item.payload, a, &tree, &e);
    const bool framed = feed_frame_event(&frame, &item, STR("epoch"));
    if (is_json && is_plain_object(item.payload) &&
        members_of(item.payload) == members_kept(tree)) {
        struct json_object *call = json_get(tree, "call");
        assert(framed == json_object_is_type(call, json_type_object));
        if (framed && str_find(item.payload, '\n') == item.payload.n &&
            str_find(item.payload, '\r') == item.payload.n)
            check_frame(&frame, call, a);
    }
    buf_finish(&frame);
    return 0;
}
