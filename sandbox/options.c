#include "sandbox/options.h"

#include <math.h>
#include <stdlib.h>

#include "base/arena.h"

enum { LIST_MAX = 64 };

// --- one value -----------------------------------------------------------------------------------

static bool real_parse(struct str s, struct arena *a, double most, double *ret)
{
    char *end;
    const char *z = str_z(s, a);
    const double v = strtod(z, &end);

    if (s.n == 0 || *end != '\0' || !isfinite(v) || v < 0 || v > most)
        return false;
    *ret = v;
    return true;
}

static bool delay_parse(struct str s, struct arena *a, struct option_delay *ret)
{
    struct str share;
    return cut_until(&s, ':', &share) && real_parse(share, a, 1, &ret->share) &&
           real_parse(s, a, HUGE_VAL, &ret->seconds);
}

static bool list_add(struct option_list *list, struct str s, struct arena *a)
{
    struct str item;

    if (!list->items)
        list->items = arena_new(a, struct str, LIST_MAX);
    while (cut_field(&s, ',', &item)) {
        if (list->n == LIST_MAX)
            return false;
        if (!str_is_empty(str_trim(item)))
            list->items[list->n++] = str_trim(item);
    }
    return true;
}

static bool count_parse(struct str s, int64_t *ret)
{
    return str_to_i64(s, ret) && *ret >= 0;
}

static bool assign(const struct option *o, struct str s, struct arena *a, void *ret)
{
    void *at = (char *)ret + o->at;

    switch (o->kind) {
    case OPTION_FLAG:
        *(bool *)at = true;
        return true;
    case OPTION_TEXT:
        *(struct str *)at = s;
        return true;
    case OPTION_LIST:
        return list_add(at, s, a);
    case OPTION_COUNT:
        return count_parse(s, at);
    case OPTION_REAL:
        return real_parse(s, a, HUGE_VAL, at);
    case OPTION_SHARE:
        return real_parse(s, a, 1, at);
    case OPTION_DELAY:
        return delay_parse(s, a, at);
    case OPTION_KIND_COUNT:
        break;
    }
    assert(false);
    return false;
}

// --- the whole line ------------------------------------------------------------------------------

static const struct option *option_find(const struct option *table, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(str_from(table[i].name), name))
            return &table[i];
    return NULL;
}

/* "--name value" or "--name=value". */
static bool take_value(char ***argv, struct str in_word, bool has, struct str *ret)
{
    if (has) {
        *ret = in_word;
        return true;
    }
    if (!**argv)
        return false;
    *ret = str_from(*(*argv)++);
    return true;
}

bool options_parse(const struct option *table, size_t n, char **argv, struct arena *a, void *ret,
                   struct err *e)
{
    while (*argv) {
        const struct str word = str_from(*argv++);
        const size_t at = str_find(word, '=');
        const struct option *o = option_find(table, n, str_sub(word, 0, at));
        struct str value = STR("");

        if (!o)
            return err_set(e, ERR_INVALID, STR_FMT ": no such option", STR_ARG(word));
        if (o->kind != OPTION_FLAG &&
            !take_value(&argv, str_sub(word, at + 1, SIZE_MAX), at < word.n, &value))
            return err_set(e, ERR_INVALID, "%s: a value (%s) is expected", o->name, o->value);
        if (!assign(o, value, a, ret))
            return err_set(e, ERR_INVALID, "%s: \"" STR_FMT "\" is no %s", o->name, STR_ARG(value),
                           o->value);
    }
    return true;
}

void options_print(const struct option *table, size_t n, FILE *out)
{
    for (size_t i = 0; i < n; i++)
        (void)fprintf(out, "  %-15s %-10s %s\n", table[i].name, table[i].value, table[i].meaning);
}
