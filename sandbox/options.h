#ifndef SANDBOX_OPTIONS_H
#define SANDBOX_OPTIONS_H
/* Command lines as a table: what may be said, where it goes, what it means. */
#include <stdio.h>

#include "base/err.h"

struct arena;

enum option_kind {
    OPTION_FLAG,  /* bool */
    OPTION_TEXT,  /* struct str */
    OPTION_LIST,  /* struct option_list: repeatable, and each may be a comma list */
    OPTION_COUNT, /* int64_t, not negative */
    OPTION_REAL,  /* double, not negative */
    OPTION_SHARE, /* double, 0 … 1 */
    OPTION_DELAY, /* struct option_delay, as SHARE:SECONDS */
    OPTION_KIND_COUNT
};

struct option_list {
    struct str *items;
    size_t n;
};

struct option_delay {
    double share, seconds;
};

struct option {
    const char *name;  /* with its dashes */
    const char *value; /* how the value is called in the help; "" for a flag */
    enum option_kind kind;
    size_t at; /* of its member in the options' struct */
    const char *meaning;
};

/* argv ends with NULL; `ret` holds the defaults. Text borrows from argv, lists are in the arena. */
bool options_parse(const struct option *table, size_t n, char **argv, struct arena *a, void *ret,
                   struct err *e) CHECK_RESULT;
void options_print(const struct option *table, size_t n, FILE *out);

#endif
