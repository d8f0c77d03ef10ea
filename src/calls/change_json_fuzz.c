/*
 * Any text as a change of the log: what is read, settled and written can be read again and is the
 * same; settling it once more changes nothing.
 */
#include "base/arena.h"

#include "base/buf.h"
#include "base/json.h"
#include "calls/change.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str written(const struct call_change *c, struct arena *a)
{
    struct err e;
    struct buf b;

    buf_init(&b, SIZE_MAX);
    call_change_json(&b, c);
    const struct str text = str_dup(buf_view(&b), a);
    buf_finish(&b);
    assert(json_check(text, &e));
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct call_rules rules = {.region = STR("US")};
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct call_change c, again;
    struct err e;

    if (!call_change_parse((struct str){(const char *)data, size}, a, &c, &e)) {
        assert(e.code == ERR_INVALID || e.code == ERR_LIMIT);
        return 0;
    }
    if (!time_in_range(c.observed_at) || !call_change_settle(&c, &rules, a, &e))
        return 0;
    const struct str once = written(&c, a);
    assert(call_change_parse(once, a, &again, &e));
    assert(str_eq(written(&again, a), once));
    assert(call_change_settle(&again, &rules, a, &e));
    assert(str_eq(written(&again, a), once));
    return 0;
}
