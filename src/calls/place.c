/*
 * A cursor: the time and the id of the last row of a page, in hexadecimal. Rows that come in above
 * it move nothing below it, so that no row is read twice or passed over.
 */
#include "calls/internal.h"

#include "base/arena.h"
#include "base/str.h"

enum { DIGITS = 16, PLACE_CHARS = 2 * DIGITS };

#define LAST_TIME (SECONDS(253402300800) - 1) /* the end of the year 9999: no time is later */

struct str call_place_text(struct call_place place, struct arena *a)
{
    return str_fmt(a, "%016llx%016llx", (unsigned long long)place.time,
                   (unsigned long long)place.id);
}

static bool cut_number(struct str *in, int64_t *ret)
{
    uint64_t v = 0;

    for (size_t i = 0; i < DIGITS; i++) {
        const char c = in->p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        v = v << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    *in = str_sub(*in, DIGITS, in->n);
    *ret = (int64_t)v;
    return true;
}

bool call_place_parse(struct str text, struct call_place *ret, struct err *e)
{
    struct call_place place = {LAST_TIME, 0};

    if (!str_is_none(text) &&
        (text.n != PLACE_CHARS || !cut_number(&text, &place.time) ||
         !cut_number(&text, &place.id) || place.time < 0 || place.time > LAST_TIME)) {
        err_set(e, ERR_INVALID, "cursor: not one that a page has given");
        return err_fix(e, "start without it, and pass next_cursor of each answer on");
    }
    *ret = place;
    return true;
}
