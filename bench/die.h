#ifndef BENCH_DIE_H
#define BENCH_DIE_H
/* A load generator that cannot do what it was told measures nothing: it says why and ends. */
#include <stddef.h>

__attribute__((noreturn, format(printf, 1, 2))) void die(const char *text, ...);
/* The same, followed by what errno means. */
__attribute__((noreturn)) void die_errno(const char *what);
/* Zeroed, never NULL. */
void *alloc_or_die(size_t n, size_t size);

#endif
