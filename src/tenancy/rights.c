#include "tenancy/rights.h"

#include "base/arena.h"
#include "base/buf.h"

enum {
    O = 1u << USER_ROLE_OWNER,
    A = 1u << USER_ROLE_ADMIN,
    S = 1u << USER_ROLE_SUPERVISOR,
    P = 1u << USER_ROLE_OPERATOR,
    D = 1u << USER_ROLE_DEVELOPER,
    V = 1u << USER_ROLE_VIEWER
};

static const struct {
    const char *name, *meaning;
    unsigned roles;
} rights[] = {
#define X(right, text, who, what) [RIGHT_##right] = {text, what, who},
    RIGHTS(X)
#undef X
};
static_assert(LEN(rights) == RIGHT_COUNT, "every right has a name");

static const struct {
    const char *name, *meaning;
} roles[] = {
#define X(role, text, what) [USER_ROLE_##role] = {text, what},
    ROLES(X)
#undef X
};
static_assert(LEN(roles) == USER_ROLE_COUNT, "every role has a name");

const char *right_name(enum right r)
{
    return rights[r].name;
}

const char *right_meaning(enum right r)
{
    return rights[r].meaning;
}

const char *user_role_name(enum user_role r)
{
    return roles[r].name;
}

const char *user_role_meaning(enum user_role r)
{
    return roles[r].meaning;
}

bool user_role_parse(struct str name, enum user_role *ret)
{
    for (unsigned r = 0; r < USER_ROLE_COUNT; r++)
        if (str_eq(name, str_from(roles[r].name))) {
            *ret = (enum user_role)r;
            return true;
        }
    return false;
}

unsigned user_role_rights(enum user_role role)
{
    unsigned set = 0;

    for (unsigned r = 0; r < RIGHT_COUNT; r++)
        if (rights[r].roles & (1u << role))
            set |= 1u << r;
    return set;
}

struct str rights_text(unsigned set, struct arena *a)
{
    struct buf text;

    buf_init(&text, 4096);
    for (unsigned r = 0; r < RIGHT_COUNT; r++)
        if (set & (1u << r)) {
            if (!str_is_empty(buf_view(&text)))
                buf_str(&text, STR(" "));
            buf_str(&text, str_from(rights[r].name));
        }
    const struct str all = str_dup(buf_view(&text), a);
    buf_finish(&text);
    return all;
}

unsigned rights_parse(struct str text)
{
    struct str word;
    unsigned set = 0;

    while (cut_field(&text, ' ', &word))
        for (unsigned r = 0; r < RIGHT_COUNT; r++)
            if (str_eq(word, str_from(rights[r].name)))
                set |= 1u << r;
    return set;
}

unsigned rights_of_keys(void)
{
    return RIGHTS_ALL & ~(1u << RIGHT_APP_USE | 1u << RIGHT_USERS_MANAGE | 1u << RIGHT_KEYS_MANAGE |
                          1u << RIGHT_PROJECTS_CREATE);
}

unsigned rights_of_key(struct str kept)
{
    return rights_of_keys() & (str_is_none(kept) ? RIGHTS_ALL : rights_parse(kept));
}
