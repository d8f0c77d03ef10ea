/*
 * F142: any text as a number: what is one has digits behind a plus, is the same when it is read
 * again in that form, and is not forgotten by the table in front of the library. What is shown is
 * text whenever the input was.
 *
 * Input: two bytes for the region, then the number.
 */
#include "calls/phone.h"

#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_e164(const struct phone *p, struct str region)
{
    const struct str e164 = str_from(p->e164);
    struct phone again;

    assert(e164.n >= 3 && e164.p[0] == '+');
    for (size_t i = 1; i < e164.n; i++)
        assert(e164.p[i] >= '0' && e164.p[i] <= '9');
    assert(str_is_utf8(str_from(p->display)) && p->display[0] == '+');
    assert(phone_parse(e164, region, &again));
    assert(strcmp(again.e164, p->e164) == 0 && strcmp(again.display, p->display) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct phone once, twice;

    if (size < 2)
        return 0;
    const struct str region = {(const char *)data, 2}, in = {(const char *)data + 2, size - 2};
    const bool possible = phone_parse(in, region, &once);
    assert(phone_parse(in, region, &twice) == possible);
    if (possible) {
        assert(strcmp(once.e164, twice.e164) == 0);
        check_e164(&once, region);
    }
    const struct str shown = phone_display(in, region, a);
    assert(str_is_utf8(shown) || !str_is_utf8(in));
    assert(shown.n > 0 || in.n == 0);
    return 0;
}
