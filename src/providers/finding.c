#include "providers/finding.h"

#include "base/arena.h"

static const struct {
    const char *name;
    enum finding_state state;
} kinds[] = {
#define X(code, name, state) [FINDING_##code] = {name, FINDING_##state},
    FINDINGS(X)
#undef X
};
static_assert(LEN(kinds) == FINDING_CODE_COUNT, "every finding has a name");

const char *finding_name(enum finding_code code)
{
    return kinds[code].name;
}

enum finding_state finding_state(enum finding_code code)
{
    return kinds[code].state;
}

const char *finding_state_name(enum finding_state state)
{
    static const char *const names[] = {
        [FINDING_GOOD] = "good",
        [FINDING_UNKNOWN] = "unknown",
        [FINDING_WARN] = "warn",
        [FINDING_BAD] = "bad",
    };
    static_assert(LEN(names) == FINDING_STATE_COUNT, "every state has a name");

    return names[state];
}

void findings_add(struct findings *f, struct arena *a, const struct finding *x)
{
    if (f->n == FINDINGS_MAX)
        return;
    if (f->n == f->n_room) {
        const size_t room = f->n_room ? 2 * f->n_room : 16;
        struct finding *more = arena_new(a, struct finding, room);
        for (size_t i = 0; i < f->n; i++)
            more[i] = f->p[i];
        f->p = more;
        f->n_room = room;
    }
    f->p[f->n++] = *x;
}
