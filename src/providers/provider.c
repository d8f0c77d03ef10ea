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
