/*
 * Any text as fold_state: what is read and written again reads as the same, and shows a snapshot
 * whose columns are JSON. (A column is ours alone; but a store that was tampered with must not take
 * the process with it.)
 */
#include "base/arena.h"

#include "base/buf.h"
#include "base/json.h"
#include "calls/apply.h"
#include "calls/derive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str written(const struct call_fold *f, struct arena *a)
{
    struct err e;
    struct buf b;

    buf_init(&b, SIZE_MAX);
    call_fold_json(&b, f);
    const struct str text = str_dup(buf_view(&b), a);
    buf_finish(&b);
    assert(json_check(text, &e));
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct call c = call_unknown(1, STR("twilio"), STR("CA1"));
    struct call_fold f, again;
    struct err e;

    if (!call_fold_parse((struct str){(const char *)data, size}, a, &f, &e)) {
        assert(e.code == ERR_INVALID || e.code == ERR_LIMIT);
        return 0;
    }
    const struct str once = written(&f, a);
    assert(call_fold_parse(once, a, &again, &e));
    assert(str_eq(written(&again, a), once));

    call_derive(&f, a, &c);
    assert(json_check(c.metadata, &e) && json_check(c.attributes, &e));
    return 0;
}
