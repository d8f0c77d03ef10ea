#include "providers/provider.h"

#define PROVIDER(name) extern const struct provider provider_##name;
#include "providers/list.h"
#undef PROVIDER

#define PROVIDER(name) &provider_##name,
const struct provider *const providers[] = {
#include "providers/list.h"
};
#undef PROVIDER

const size_t n_providers = LEN(providers);

const struct provider *provider_find(struct str name)
{
    for (size_t i = 0; i < n_providers; i++)
        if (str_eq(name, str_from(providers[i]->name)))
            return providers[i];
    return NULL;
}

size_t provider_doors(const struct door *ret[PROVIDER_DOORS_MAX])
{
    size_t n = 0;

    for (size_t p = 0; p < n_providers; p++)
        for (size_t d = 0; d < providers[p]->n_doors && n < PROVIDER_DOORS_MAX; d++)
            ret[n++] = &providers[p]->doors[d];
    return n;
}
