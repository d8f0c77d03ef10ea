#include "sandbox/twilio/twiml.h"

#include <stdlib.h>

#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Whatever is parsed to be dialled has somebody to dial. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct twiml t;
    struct err e;

    if (twiml_parse((struct str){(const char *)data, n}, a, &t, &e) && t.kind == TWIML_DIAL &&
        str_is_empty(t.target))
        abort();
    return 0;
}
