#ifndef PROVIDERS_PROVIDER_H
#define PROVIDERS_PROVIDER_H
/*
 * What a provider's folder gives to the house. To add one: a folder, and one line in list.h.
 *
 * Each folder defines `const struct provider provider_<name>`. The house never asks which provider
 * it deals with; it calls what stands here.
 */
#include "calls/change.h"
#include "inbox/door.h"

struct provider {
    const char *name;
    const struct door *doors;
    size_t n_doors;
    /* One kept webhook into a canonical change. */
    call_normalise_fn *normalise;
};

/* All of them, in the order of list.h. */
extern const struct provider *const providers[];
extern const size_t n_providers;

/* NULL when there is none of that name. */
const struct provider *provider_find(struct str name);

#endif
