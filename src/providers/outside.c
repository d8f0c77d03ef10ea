#include "providers/outside.h"

#include "base/places.h"

bool outside_enter(struct places *p, int64_t project, struct err *e)
{
    if (places_enter(p, project))
        return true;
    err_set(e, ERR_UNAVAILABLE,
            "this project has something under way with a provider, or all places for that are "
            "taken");
    return err_fix(e, "try again in a moment");
}
