/*
 * Binds: from names to places.
 *
 * A caller binds by name, the statement wants numbers. Whatever does not fit between the two (a
 * name that the query does not have, one that is missing, a number for a text) is a mistake in our
 * program and ends it at once with the names, in every build: a test that runs the query finds it.
 * What comes from outside is checked here once for both engines, so that they refuse the same:
 * PostgreSQL keeps neither zero bytes nor malformed UTF-8 in text. And a statement of a project is
 * not run without one.
 */
#include "store/internal.h"

#include <stdio.h>
#include <stdlib.h>

NO_RETURN static void mistake(const struct query_text *query, const char *param, const char *what)
{
    fprintf(stderr, "store: query %s, parameter %s: %s\n", query->name, param, what);
    abort();
}

static bool kind_fits(const struct query_param *param, enum bind_kind kind)
{
    switch (kind) {
    case BIND_INT:
        return !param->is_array && !param_is_text(param->type);
    case BIND_TEXT:
        return !param->is_array && param_is_text(param->type);
    case BIND_INTS:
        return param->is_array && !param_is_text(param->type);
    case BIND_TEXTS:
        return param->is_array && param_is_text(param->type);
    case BIND_BOOLS:
        return param->is_array && param->type == PARAM_BOOL;
    }
    return false;
}

static const struct bind *find(struct binds binds, const char *name)
{
    for (size_t i = 0; i < binds.n; i++)
        if (strcmp(binds.p[i].name, name) == 0)
            return &binds.p[i];
    return NULL;
}

static void resolve(const struct query_text *query, struct binds binds, struct bound *b)
{
    bool has_length = false;

    for (size_t k = 0; k < query->n_params; k++) {
        const struct query_param *param = &query->params[k];
        const struct bind *bind = find(binds, param->name);
        if (!bind)
            mistake(query, param->name, "not bound");
        if (!kind_fits(param, bind->kind))
            mistake(query, param->name, "bound with a value of another type");
        if (param->is_array && has_length && bind->n != b->n_runs)
            mistake(query, param->name, "an array of another length");
        if (param->is_array) {
            b->n_runs = bind->n;
            has_length = true;
        }
        b->of[k] = bind;
    }
    for (size_t i = 0; i < binds.n && binds.n != query->n_params; i++) {
        bool known = false;
        for (size_t k = 0; k < query->n_params; k++)
            known = known || strcmp(query->params[k].name, binds.p[i].name) == 0;
        if (!known)
            mistake(query, binds.p[i].name, "not a parameter");
    }
}

static bool check_text(const struct query_param *param, struct str s, struct err *e)
{
    if (param->type == PARAM_BYTES || s.n == 0)
        return true;
    if (memchr(s.p, 0, s.n))
        return err_set(e, ERR_INVALID, "%s: contains a zero byte", param->name);
    if (!str_is_utf8(s))
        return err_set(e, ERR_INVALID, "%s: not valid UTF-8", param->name);
    return true;
}

static bool check_int(const struct query_param *param, int64_t v, struct err *e)
{
    if (param->type == PARAM_TIME && v != TIME_NONE && !time_in_range(v))
        return err_set(e, ERR_INVALID, "%s: not between the years 1 and 9999", param->name);
    return true;
}

/* A statement without its owner would be one about everybody's rows. */
static bool check_owner(const struct bound *b, struct err *e)
{
    const struct query_text *query = b->query;
    const size_t n = bound_owners(b);
    bool named = n > 0;

    for (size_t i = 0; i < n; i++)
        named = named && bound_int(b, query->owner, i) != INT_NONE;
    return named || query->scope == SCOPE_SYSTEM ||
           err_set(e, ERR_INTERNAL,
                   "%s: the query layer does not run a statement of a %s without its %s",
                   query->name, query->params[query->owner].name, query->params[query->owner].name);
}

bool bound_make(const struct store *s, enum query q, struct binds binds, struct bound *ret,
                struct err *e)
{
    const struct query_text *query = store_query(s, q);

    ret->query = query;
    ret->number = q;
    ret->n_runs = 1;
    resolve(query, binds, ret);
    if (!check_owner(ret, e))
        return err_trace(e);
    for (size_t k = 0; k < query->n_params; k++) {
        const struct query_param *param = &query->params[k];
        const size_t n = param->is_array ? ret->n_runs : 1;
        for (size_t i = 0; i < n; i++)
            if (param_is_text(param->type) ? !check_text(param, bound_text(ret, k, i), e)
                                           : !check_int(param, bound_int(ret, k, i), e))
                return err_trace(e);
    }
    return true;
}

size_t bound_owners(const struct bound *b)
{
    if (b->query->scope == SCOPE_SYSTEM)
        return 0;
    return b->query->params[b->query->owner].is_array ? b->n_runs : 1;
}

int64_t bound_int(const struct bound *b, size_t k, size_t i)
{
    const struct bind *bind = b->of[k];

    if (bind->kind == BIND_INTS)
        return bind->ints[i];
    if (bind->kind == BIND_BOOLS)
        return bind->bools[i];
    return bind->i;
}

struct str bound_text(const struct bound *b, size_t k, size_t i)
{
    const struct bind *bind = b->of[k];

    return bind->kind == BIND_TEXTS ? bind->texts[i] : bind->s;
}
