#include "http/assets.h"

const struct asset *asset_find(struct str path)
{
    size_t low = 0;
    size_t high = n_assets;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = str_cmp(path, str_from(assets[middle].path));

        if (order == 0)
            return &assets[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
