#include "ops/roles.h"

#include "base/arena.h"

static const char *const names[] = {
    [ROLE_DOOR] = "door", [ROLE_WORKER] = "worker",       [ROLE_API] = "api",
    [ROLE_HUB] = "hub",   [ROLE_SCHEDULER] = "scheduler",
};
static_assert(LEN(names) == ROLE_COUNT, "every role has a name");

static bool role_parse(struct str s, unsigned *roles)
{
    for (unsigned r = 0; r < ROLE_COUNT; r++)
        if (str_eq(s, str_from(names[r]))) {
            *roles |= 1u << r;
            return true;
        }
    return false;
}

bool roles_parse(char **args, int n, unsigned *ret, struct err *e)
{
    unsigned roles = 0;

    for (int i = 0; i < n; i++) {
        struct str arg = str_from(args[i]), name;
        if (!cut_lit(&arg, STR("--roles=")))
            return err_set(e, ERR_INVALID, "serve: no option \"%s\"; there is --roles=…", args[i]);
        while (cut_field(&arg, ',', &name))
            if (!role_parse(name, &roles))
                return err_set(e, ERR_INVALID,
                               "--roles: no role \"" STR_FMT
                               "\"; there are door, worker, api, hub, scheduler",
                               STR_ARG(name));
    }
    *ret = roles ? roles : (1u << ROLE_COUNT) - 1;
    return true;
}

struct str roles_text(unsigned roles, struct arena *a)
{
    struct str text = STR("");

    for (unsigned r = 0; r < ROLE_COUNT; r++)
        if (has_role(roles, (enum role)r))
            text =
                str_fmt(a, STR_FMT "%s%s", STR_ARG(text), str_is_empty(text) ? "" : " ", names[r]);
    return text;
}
