#ifndef BASE_KEYED_H
#define BASE_KEYED_H
/*
 * Something of the same kind for each number, such as a counter for each project: made of zeros
 * when it is first asked for, at the same place until the table ends. From any thread; what stands
 * in an entry is its user's to guard. For numbers that were looked up before, so that a stranger
 * cannot make it grow.
 */
#include "base/str.h"

struct keyed;

struct keyed *keyed_create(size_t entry_size);
/* Accepts NULL. */
void keyed_destroy(struct keyed *k);

void *keyed_at(struct keyed *k, int64_t key);
/* NULL when nobody has asked for it yet. */
void *keyed_find(struct keyed *k, int64_t key);
/* Goes through all of them, in no order. It must not ask for others. */
void keyed_each(struct keyed *k, void (*fn)(int64_t key, void *entry, void *arg), void *arg);

#endif
