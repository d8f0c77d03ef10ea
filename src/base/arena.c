#include "base/arena.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/size.h"

/*
 * A chain of blocks; the newest is filled from the front. What does not fit into a fresh block of
 * the usual size gets a block of its own behind the current one, so that a large piece does not
 * waste the room that is left in front of it.
 *
 * Under AddressSanitizer everything that is not handed out is poisoned, and every piece is followed
 * by a red zone: a step over the end, or a use after reset, is found as with malloc().
 */

#if defined(__SANITIZE_ADDRESS__)
#define ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASAN 1
#endif
#endif

#ifdef ASAN
#include <sanitizer/asan_interface.h>
enum { RED_ZONE = 16 };
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
enum { RED_ZONE = 0 };
#endif

enum { ALIGN = 16, BLOCK_DEFAULT = 4096, BLOCK_LARGEST = 256 * 1024 };

struct block {
    struct block *next; /* older */
    size_t size;        /* bytes of data */
    size_t used;
    _Alignas(ALIGN) char data[];
};

struct deferred {
    struct deferred *next;
    void (*fn)(void *p);
    void *p;
};

struct arena {
    struct block *first;   /* survives a reset */
    struct block *current; /* head of the chain */
    struct deferred *deferred;
    size_t used;
};

void mem_exhausted(void)
{
    static const char last_word[] = "hookswitch: out of memory\n";

    // Nothing could be done about a failing write here.
    ssize_t n = write(STDERR_FILENO, last_word, sizeof(last_word) - 1);
    (void)n;
    abort();
}

void *mem_alloc(size_t n)
{
    void *p = calloc(1, n ? n : 1);
    if (!p)
        mem_exhausted();
    return p;
}

void *mem_realloc(void *p, size_t n)
{
    void *moved = realloc(p, n ? n : 1);
    if (!moved)
        mem_exhausted();
    return moved;
}

static struct block *block_create(size_t size)
{
    size_t total;
    if (!size_add(size, sizeof(struct block), &total))
        mem_exhausted();
    struct block *b = malloc(total);
    if (!b)
        mem_exhausted();
    *b = (struct block){.size = size};
    ASAN_POISON_MEMORY_REGION(b->data, size);
    return b;
}

static void block_destroy(struct block *b)
{
    ASAN_UNPOISON_MEMORY_REGION(b->data, b->size);
    free(b);
}

/* n rounded up to the alignment, with the red zone behind it. */
static size_t padded(size_t n)
{
    size_t sum;
    if (!size_add(n, RED_ZONE + ALIGN - 1, &sum))
        mem_exhausted();
    return sum & ~(size_t)(ALIGN - 1);
}

/* A block with room for n bytes, linked into the chain. */
static struct block *block_for(struct arena *a, size_t n)
{
    struct block *current = a->current;
    if (n <= current->size - current->used)
        return current;

    size_t usual = current->size < BLOCK_LARGEST / 2 ? current->size * 2 : BLOCK_LARGEST;
    if (n > usual / 2) {
        struct block *own = block_create(n);
        own->next = current->next;
        current->next = own;
        return own;
    }
    struct block *fresh = block_create(usual);
    fresh->next = current;
    a->current = fresh;
    return fresh;
}

struct arena *arena_create(size_t first)
{
    struct arena *a = NEW(struct arena);
    a->first = a->current = block_create(first ? padded(first) : BLOCK_DEFAULT);
    return a;
}

static void run_deferred(struct arena *a)
{
    while (a->deferred) {
        struct deferred *d = a->deferred;
        a->deferred = d->next; // before the call: it may defer something itself
        d->fn(d->p);
    }
}

void arena_reset(struct arena *a)
{
    run_deferred(a);

    // Blocks of their own may stand behind the first one too.
    struct block *b = a->current;
    while (b) {
        struct block *next = b->next;
        if (b != a->first)
            block_destroy(b);
        b = next;
    }
    a->first->next = NULL;
    a->first->used = 0;
    ASAN_POISON_MEMORY_REGION(a->first->data, a->first->size);
    a->current = a->first;
    a->used = 0;
}

void arena_destroy(struct arena *a)
{
    if (!a)
        return;
    arena_reset(a);
    block_destroy(a->first);
    free(a);
}

void *arena_alloc(struct arena *a, size_t n)
{
    size_t room = padded(n ? n : 1);
    struct block *b = block_for(a, room);
    char *p = b->data + b->used;

    b->used += room;
    a->used += n;
    ASAN_UNPOISON_MEMORY_REGION(p, n);
    memset(p, 0, n);
    return p;
}

void *arena_alloc_array(struct arena *a, size_t n, size_t size)
{
    size_t total;
    if (!size_mul(n, size, &total))
        mem_exhausted();
    return arena_alloc(a, total);
}

void arena_defer(struct arena *a, void (*fn)(void *p), void *p)
{
    struct deferred *d = arena_new(a, struct deferred, 1);
    *d = (struct deferred){.next = a->deferred, .fn = fn, .p = p};
    a->deferred = d;
}

size_t arena_used(const struct arena *a)
{
    return a->used;
}
