#include "base/arena.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* What was parsed, written and parsed again is the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct form f, again;
    struct err e;
    struct buf b;

    if (!form_parse((struct str){(const char *)data, n}, 512, a, &f, &e))
        return 0;
    buf_init(&b, 4 * n + 16);
    for (size_t i = 0; i < f.n; i++) {
        buf_str(&b, i ? STR("&") : STR(""));
        buf_form(&b, f.fields[i].name);
        buf_char(&b, '=');
        buf_form(&b, f.fields[i].value);
    }
    check(buf_ok(&b));
    check(form_parse(buf_view(&b), f.n, a, &again, &e));
    check(again.n == f.n);
    for (size_t i = 0; i < f.n; i++) {
        check(str_eq(f.fields[i].name, again.fields[i].name));
        check(str_eq(f.fields[i].value, again.fields[i].value));
    }
    buf_finish(&b);
    return 0;
}
