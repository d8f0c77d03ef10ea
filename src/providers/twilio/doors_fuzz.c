/*
 * Any body at any door: read, verified, described and answered without harm. What comes out is
 * fit for the store: a JSON object, plain and bounded keys, a well-formed answer.
 *
 * Input: one byte that chooses the door and the content type, then the body.
 */
#include "providers/twilio/doors.h"

#include <libxml/parser.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/limits.h"
#include "providers/twilio/twiml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_plain(struct str s)
{
    check(s.n > 0 && s.n <= LIMIT_DEDUPE_KEY);
    for (size_t i = 0; i < s.n; i++)
        check(s.p[i] > ' ' && s.p[i] <= '~');
}

/* An escaped zero byte, which jsonb does not take; an escaped backslash before u0000 is text. */
static bool has_zero(struct str json)
{
    while (json.n > 0) {
        const bool escape = json.p[0] == '\\';
        if (escape && str_starts(json, STR("\\u0000")))
            return true;
        json = str_sub(json, escape ? 2 : 1, SIZE_MAX);
    }
    return false;
}

static void check_item(const struct inbox_item *item, struct arena *a)
{
    struct json_object *o;
    struct err e;
    check_plain(item->dedupe_key);
    check_plain(item->lane);
    if (!str_is_none(item->call_sid))
        check_plain(item->call_sid);
    check(str_is_utf8(item->payload));
    check(json_parse(item->payload, a, &o, &e));
    check(!has_zero(item->payload));
}

static void check_answer(const struct door_visit *v)
{
    struct buf out;
    buf_init(&out, LIMIT_WEBHOOK_BODY);
    v->door->answer(v, &out);
    check(buf_ok(&out));
    xmlDocPtr doc = xmlReadMemory(out.p, (int)out.n, "", NULL, XML_PARSE_NONET);
    check(doc != NULL);
    xmlFreeDoc(doc);
    buf_finish(&out);
}

static void knock(const struct door *door, const struct http_request *rq, struct arena *a)
{
    static const struct twilio_routing routing = {{"desk", 4}, {"x", 1}, {"+1", 2}};
    _cleanup_(secret_destroyp) struct secret *token = secret_create(STR("token"));
    _cleanup_(hmac_destroyp) struct hmac *key = hmac_create(HMAC_SHA1, token);
    struct inbox_item item = {0};
    struct door_visit v = {
        .door = door, .rq = rq, .base_url = STR("https://x"), .a = a, .config = &routing};
    struct err e;

    if (!door->read(&v, &e))
        return;
    check(!door->verify(&v, STR("LI27PLuy5Y9sVqJvzz74lGtCz0g="), key));
    door->describe(&v, &item);
    check_item(&item, a);
    if (door->answer)
        check_answer(&v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    if (size == 0 || size > LIMIT_WEBHOOK_BODY)
        return 0;

    const struct door *door = &twilio_doors[data[0] % TWILIO_DOORS];
    struct http_header type = {STR("Content-Type"),
                               data[0] & 4 ? STR("application/json") : STR("text/plain")};
    const struct http_request rq = {.method = HTTP_POST,
                                    .target = door->path,
                                    .path = door->path,
                                    .headers = &type,
                                    .n_headers = 1,
                                    .body = {(const char *)data + 1, size - 1}};
    knock(door, &rq, a);
    return 0;
}
