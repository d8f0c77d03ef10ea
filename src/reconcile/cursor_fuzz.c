/*
 * Any bytes as where a run is: refused, or written and read again as the same. The text of a run
 * comes from the store, where an operator may have been.
 */
#include "base/arena.h"

#include "base/buf.h"
#include "reconcile/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct reconcile_cursor c, again;
    struct err e = {0};
    struct str text;

    if (!reconcile_cursor_parse((struct str){(const char *)data, size}, a, &c, &e)) {
        assert(e.text[0]);
        return 0;
    }
    assert(c.phase >= 0 && c.list >= 0 && c.n_pages >= 0 && c.began != TIME_NONE);
    if (!reconcile_cursor_text(&c, a, &text, &e)) {
        assert(e.code == ERR_LIMIT);
        return 0;
    }
    assert(reconcile_cursor_parse(text, a, &again, &e));
    assert(c.phase == again.phase && c.began == again.began && c.from == again.from &&
           c.to == again.to && str_eq(c.next, again.next) && c.list == again.list &&
           c.n_ask == again.n_ask);
    assert(c.list == 0 || c.n_pages == again.n_pages);
    for (size_t i = 0; i < c.n_ask; i++)
        assert(str_eq(c.ask[i], again.ask[i]));
    return 0;
}
