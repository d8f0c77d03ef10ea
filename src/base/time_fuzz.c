#include "base/time.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* What can be read is in range, and the same when it is written and read again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct str in = {(const char *)data, n};
    char text[TIME_TEXT_MAX];
    usec_t t, again;

    if (time_parse_rfc3339(in, &t)) {
        check(time_in_range(t));
        size_t length = time_format(t, text);
        check(time_parse_rfc3339((struct str){text, length}, &again) && again == t);
    }
    if (time_parse_rfc2822(in, &t)) {
        check(time_in_range(t));
        size_t length = time_format_rfc2822(t, text);
        check(time_parse_rfc2822((struct str){text, length}, &again) && again == t);
    }
    return 0;
}
