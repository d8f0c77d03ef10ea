/* Any bytes as the place of a page: refused with a reason, or the only text of that place. */
#include "base/arena.h"

#include "calls/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct str text = {(const char *)data, size};
    struct call_place place, again;
    struct err e = {0};

    if (!call_place_parse(text, &place, &e)) {
        assert(e.code == ERR_INVALID && e.n_fix > 0);
        return 0;
    }
    assert(place.time >= 0);
    assert(call_place_parse(call_place_text(place, a), &again, &e));
    assert(place.time == again.time && place.id == again.id);
    return 0;
}
