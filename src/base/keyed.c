#include "base/keyed.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/arena.h"

enum { BUCKETS = 1024 };

struct node {
    struct node *next;
    int64_t key;
    max_align_t entry[];
};

struct keyed {
    pthread_mutex_t lock;
    size_t node_size;
    struct node *buckets[BUCKETS];
};

struct keyed *keyed_create(size_t entry_size)
{
    struct keyed *k = NEW(struct keyed);

    pthread_mutex_init(&k->lock, NULL);
    k->node_size = sizeof(struct node) + entry_size;
    return k;
}

void keyed_destroy(struct keyed *k)
{
    if (!k)
        return;
    for (size_t i = 0; i < BUCKETS; i++)
        while (k->buckets[i]) {
            struct node *n = k->buckets[i];
            k->buckets[i] = n->next;
            free(n);
        }
    pthread_mutex_destroy(&k->lock);
    free(k);
}

static struct node **bucket_of(struct keyed *k, int64_t key)
{
    return &k->buckets[(uint64_t)key % BUCKETS];
}

static struct node *find(struct keyed *k, int64_t key)
{
    struct node *n = *bucket_of(k, key);

    while (n && n->key != key)
        n = n->next;
    return n;
}

static struct node *add(struct keyed *k, int64_t key)
{
    struct node **bucket = bucket_of(k, key);
    struct node *n = mem_alloc(k->node_size);

    n->key = key;
    n->next = *bucket;
    *bucket = n;
    return n;
}

void *keyed_at(struct keyed *k, int64_t key)
{
    pthread_mutex_lock(&k->lock);
    struct node *n = find(k, key);
    if (!n)
        n = add(k, key);
    pthread_mutex_unlock(&k->lock);
    return n->entry;
}

void *keyed_find(struct keyed *k, int64_t key)
{
    pthread_mutex_lock(&k->lock);
    struct node *n = find(k, key);
    pthread_mutex_unlock(&k->lock);
    return n ? n->entry : NULL;
}

void keyed_each(struct keyed *k, void (*fn)(int64_t key, void *entry, void *arg), void *arg)
{
    pthread_mutex_lock(&k->lock);
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct node *n = k->buckets[i]; n; n = n->next)
            fn(n->key, n->entry, arg);
    pthread_mutex_unlock(&k->lock);
}
