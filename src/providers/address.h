#ifndef PROVIDERS_ADDRESS_H
#define PROVIDERS_ADDRESS_H
/* The address under which providers reach us: could they at all, and do we answer there? */
#include <stdatomic.h>

#include "providers/provider.h"

/* is_near: who asks is on this machine, and reaches any address. FINDING_ADDRESS_*. */
enum finding_code address_check(struct str url, bool is_near, const _Atomic bool *ended,
                                struct arena *a);

/* Whether a server of ours answers there, and says that it is well. OK, ELSEWHERE, UNREACHABLE. */
enum finding_code address_ask(struct str url, const _Atomic bool *ended, struct arena *a,
                              bool *ret_is_well);

/* The body of an answer to GET /health: false when it is none of ours. */
bool address_read_health(struct str body, struct arena *a, bool *ret_is_well) CHECK_RESULT;
/* Whether a host, as an URL has it, leads nowhere on the internet. */
bool address_is_private(struct str host, struct arena *a);

#endif
