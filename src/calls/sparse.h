#ifndef CALLS_SPARSE_H
#define CALLS_SPARSE_H
/* JSON in which what is absent is left out: how changes and folds are kept. */
#include "base/json.h"

static inline void sparse_put_str(struct json_writer *w, struct str key, struct str v)
{
    if (!str_is_none(v))
        json_member_str(w, key, v);
}

static inline void sparse_put_int(struct json_writer *w, struct str key, int64_t v)
{
    if (v != INT_NONE)
        json_member_int(w, key, v);
}

static inline int64_t sparse_get_int(struct json_object *o, const char *key)
{
    int64_t v;

    return json_get_int(o, key, &v) ? v : INT_NONE;
}

#endif
