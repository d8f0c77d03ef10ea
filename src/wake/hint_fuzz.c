/* What is understood of a hint is written and read again as the same. */
#include "wake/hint.h"

#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hint h, again;
    struct buf out;

    if (!hint_parse((struct str){(const char *)data, size}, &h))
        return 0;
    assert(h.n_feeds <= HINT_PROJECTS);
    buf_init(&out, HINT_MAX);
    hint_write(&out, &h);
    assert(buf_ok(&out) && hint_parse(buf_view(&out), &again));
    assert(str_eq(h.node, again.node) && h.hello == again.hello && h.inbox == again.inbox);
    assert(h.n_feeds == again.n_feeds &&
           memcmp(h.feeds, again.feeds, h.n_feeds * sizeof *h.feeds) == 0);
    buf_finish(&out);
    return 0;
}
