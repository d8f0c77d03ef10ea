#ifndef BASE_LINE_H
#define BASE_LINE_H
/*
 * What waits: of one key, such as a project, in the order of arrival, and of all keys in turn, so
 * that who comes by the thousand keeps nobody else waiting. Who waits brings its place along, so
 * nothing is allocated, and nothing is done for those behind it. Belongs to one thread, or stands
 * under its owner's lock.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LINE_BUCKETS = 1024 };

/* Embedded in what waits; in one line at a time. */
struct line_place {
    int64_t key;
    struct line_place *next; /* the one behind it, of the same key */
    /* Of the first one of a key alone. */
    size_t n; /* so many of the key wait */
    struct line_place *last;
    struct line_place *turn;   /* the first of the key whose turn is next; NULL: it is the last */
    struct line_place *bucket; /* the first of another key in the same bucket */
};

/* All zero: nobody waits. */
struct line {
    struct line_place *first, *last; /* those of one key each, as their turns come */
    struct line_place *buckets[LINE_BUCKETS];
};

static inline bool line_is_empty(const struct line *l)
{
    return !l->first;
}

/* How many of a key wait. */
size_t line_count(const struct line *l, int64_t key);
void line_add(struct line *l, struct line_place *p, int64_t key);
/* Whose turn it is. There is one. */
struct line_place *line_take(struct line *l);

#endif
