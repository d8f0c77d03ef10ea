#ifndef BASE_ARENA_H
#define BASE_ARENA_H
/*
 * Memory of one request, job or test: allocated piece by piece, released at once.
 *
 * arena_alloc() and NEW() never return NULL: out of memory ends the process (the store is durable,
 * the supervisor restarts it). What a peer can make large is refused where its bytes enter.
 */
#include "base/compiler.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;

/* An arena whose first block has `first` bytes (0: a default). Heap; ends with arena_destroy. */
struct arena *arena_create(size_t first);
/* Runs the deferred functions, newest first, then frees everything. Accepts NULL. */
void arena_destroy(struct arena *a);
DEFINE_CLEANUP(struct arena, arena_destroy)
/* As destroy, but the arena stays usable and keeps one block for the next user. */
void arena_reset(struct arena *a);

/* n zeroed bytes, aligned for any type. n == 0 gives a valid, unusable pointer. */
void *arena_alloc(struct arena *a, size_t n);
/* n zeroed elements; a product that overflows ends the process. */
void *arena_alloc_array(struct arena *a, size_t n, size_t size);
#define arena_new(a, type, n) ((type *)arena_alloc_array((a), (n), sizeof(type)))
/* Hangs what is not memory (statement, descriptor, reference) on the arena: fn(p) at its end. */
void arena_defer(struct arena *a, void (*fn)(void *p), void *p);
/* Bytes handed out since create or reset. */
size_t arena_used(const struct arena *a);

/* Zeroed heap memory; never NULL. Free with free(). */
void *mem_alloc(size_t n);
void *mem_realloc(void *p, size_t n);
#define NEW(type) ((type *)mem_alloc(sizeof(type)))

/* The last word when memory is gone: one line to stderr, then abort. */
NO_RETURN void mem_exhausted(void);

#endif
