#ifndef OPS_ROLES_H
#define OPS_ROLES_H
/* Which parts of the path this process runs: all of them, unless --roles= names some. */
#include "base/err.h"

enum role { ROLE_DOOR, ROLE_WORKER, ROLE_API, ROLE_HUB, ROLE_SCHEDULER, ROLE_COUNT };

static inline bool has_role(unsigned roles, enum role r)
{
    return (roles & (1u << r)) != 0;
}

/* args: what stands behind `serve`. */
bool roles_parse(char **args, int n, unsigned *ret, struct err *e) CHECK_RESULT;
/* Their names, apart by blanks; what roles_parse() takes has commas. */
struct arena;
struct str roles_text(unsigned roles, struct arena *a);

#endif
