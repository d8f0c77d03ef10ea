/*
 * Any requests at all, told of one call: forwards, backwards, and through the JSON of the log. The
 * snapshot is the same, and it is JSON.
 *
 * The input is one request per line: a digit for its event type, then the form body.
 */
#include "base/arena.h"

#include <stdlib.h>

#include "base/form.h"
#include "base/json.h"
#include "calls/apply.h"
#include "calls/fold.h"
#include "providers/twilio/normalise.h"

enum { REQUESTS_MAX = 8, TEXT_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static struct str finished(struct buf *b, struct arena *a)
{
    struct str text;

    check(buf_ok(b));
    text = str_dup(buf_view(b), a);
    buf_finish(b);
    return text;
}

static struct str payload_of(const struct form *form, struct arena *a)
{
    struct json_writer w;
    struct buf b;

    buf_init(&b, TEXT_MAX);
    json_init(&w, &b);
    json_open_object(&w);
    for (size_t i = 0; i < form->n; i++)
        json_member_str(&w, form->fields[i].name, form->fields[i].value);
    json_close_object(&w);
    return finished(&b, a);
}

static bool change_of(struct str line, struct arena *a, struct call_change *ret)
{
    static const struct str event_types[] = {STR("call-inbound"), STR("call-status"),
                                             STR("dial-action"), STR("recording-complete")};
    static const struct call_rules rules = {.region = STR("US")};
    struct form form;
    struct err e;

    if (line.n == 0 || line.p[0] < '0' || line.p[0] > '3')
        return false;
    if (!form_parse(str_sub(line, 1, line.n), 64, a, &form, &e) ||
        !twilio_normalise(event_types[line.p[0] - '0'], payload_of(&form, a),
                          SECONDS(1800000000) + (usec_t)line.n, a, ret, &e))
        return false;
    ret->call_sid = STR("CA1");
    check(call_change_settle(ret, &rules, a, &e));
    return true;
}

static struct call_change travelled(const struct call_change *c, struct arena *a)
{
    struct call_change read;
    struct err e;
    struct buf b;

    buf_init(&b, TEXT_MAX);
    call_change_json(&b, c);
    check(call_change_parse(finished(&b, a), a, &read, &e));
    return read;
}

static struct str folded(const struct call_change *changes, size_t n, bool backwards, bool travel,
                         struct arena *a)
{
    struct call c = call_unknown(1, STR("twilio"), STR("CA1")), before;
    struct call_effect effect;
    struct buf b;

    for (size_t i = 0; i < n; i++) {
        struct call_change change = changes[backwards ? n - 1 - i : i];

        if (travel)
            change = travelled(&change, a);
        before = c;
        call_apply(&before, &change, a, &c, &effect);
    }
    buf_init(&b, TEXT_MAX);
    buf_char(&b, '[');
    call_json(&b, &c);
    buf_char(&b, ',');
    buf_str(&b, c.attributes);
    buf_char(&b, ',');
    call_fold_json(&b, c.fold);
    buf_char(&b, ']');
    return finished(&b, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct str in = {(const char *)data, n}, line, forwards;
    struct call_change changes[REQUESTS_MAX];
    size_t n_changes = 0;
    struct err e;

    while (n_changes < REQUESTS_MAX && cut_field(&in, '\n', &line))
        n_changes += change_of(line, a, &changes[n_changes]);
    if (n_changes == 0)
        return 0;
    forwards = folded(changes, n_changes, false, false, a);
    check(json_check(forwards, &e));
    check(str_eq(folded(changes, n_changes, true, false, a), forwards));
    check(str_eq(folded(changes, n_changes, false, true, a), forwards));
    return 0;
}
