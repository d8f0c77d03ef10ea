/* What a disk is made of: nodes, each with its content or its entries, and what no sync has
 * covered. */
#include "test/disk_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { FIRST_CAP = 4096 };

char *disk_copy_z(const char *z)
{
    const size_t n = strlen(z) + 1;
    return memcpy(mem_alloc(n), z, n);
}

struct str disk_copy(struct str s)
{
    char *p = mem_alloc(s.n + 1);
    memcpy(p, s.p, s.n);
    return (struct str){p, s.n};
}

// --- content -------------------------------------------------------------------------------------

void image_resize(struct image *m, uint64_t n)
{
    if (n > m->cap) {
        m->cap = m->cap ? m->cap : FIRST_CAP;
        while (m->cap < n)
            m->cap *= 2;
        m->p = mem_realloc(m->p, m->cap);
    }
    if (n > m->n)
        memset(m->p + m->n, 0, n - m->n);
    m->n = n;
}

void image_write(struct image *m, uint64_t offset, struct str bytes)
{
    if (bytes.n == 0)
        return;
    if (offset + bytes.n > m->n)
        image_resize(m, offset + bytes.n);
    memcpy(m->p + offset, bytes.p, bytes.n);
}

void image_copy(struct image *dst, const struct image *src)
{
    image_resize(dst, 0);
    image_write(dst, 0, (struct str){src->p, src->n});
}

void image_apply(struct image *m, const struct change *c)
{
    if (c->kind == DISK_WRITE)
        image_write(m, c->offset, c->bytes);
    else
        image_resize(m, c->offset);
}

// --- entries -------------------------------------------------------------------------------------

struct entry *entries_find(const struct entries *es, const char *name)
{
    for (size_t i = 0; i < es->n; i++)
        if (strcmp(es->p[i].name, name) == 0)
            return &es->p[i];
    return NULL;
}

static void entries_remove(struct entries *es, const char *name)
{
    struct entry *found = entries_find(es, name);
    if (!found)
        return;
    free(found->name);
    *found = es->p[--es->n];
}

void entries_set(struct entries *es, const char *name, struct node *node)
{
    entries_remove(es, name);
    GROW(es->p, es->n, es->cap);
    es->p[es->n++] = (struct entry){disk_copy_z(name), node};
}

void entries_copy(struct entries *dst, const struct entries *src)
{
    for (size_t i = 0; i < src->n; i++)
        entries_set(dst, src->p[i].name, src->p[i].node);
}

void entries_finish(struct entries *es)
{
    for (size_t i = 0; i < es->n; i++)
        free(es->p[i].name);
    free(es->p);
    *es = (struct entries){0};
}

void entries_apply(struct entries *es, const struct move *m)
{
    if (m->kind == DISK_REMOVE || m->kind == DISK_RENAME)
        entries_remove(es, m->name);
    if (m->kind == DISK_CREATE || m->kind == DISK_MAKE_DIR)
        entries_set(es, m->name, m->node);
    if (m->kind == DISK_RENAME)
        entries_set(es, m->target, m->node);
}

// --- nodes ---------------------------------------------------------------------------------------

struct node *node_create(struct disk *d, uint64_t number, bool is_dir)
{
    struct node *node = NEW(struct node);
    node->number = number;
    node->is_dir = is_dir;
    node->next = d->nodes;
    d->nodes = node;
    return node;
}

void node_forget_changes(struct node *node)
{
    for (size_t i = 0; i < node->n_changes; i++)
        free((char *)node->changes[i].bytes.p);
    node->n_changes = 0;
    for (size_t i = 0; i < node->n_moves; i++) {
        free(node->moves[i].name);
        free(node->moves[i].target);
    }
    node->n_moves = 0;
}

static void node_destroy(struct node *node)
{
    crash_vfs_forget(node);
    node_forget_changes(node);
    entries_finish(&node->now_entries);
    entries_finish(&node->kept_entries);
    free(node->now.p);
    free(node->kept.p);
    free(node->changes);
    free(node->moves);
    free(node);
}

void node_change(struct node *node, struct change c)
{
    image_apply(&node->now, &c);
    if (node->number == 0)
        return;
    c.bytes = disk_copy(c.bytes);
    GROW(node->changes, node->n_changes, node->cap_changes);
    node->changes[node->n_changes++] = c;
}

void node_move(struct node *dir, struct move m)
{
    entries_apply(&dir->now_entries, &m);
    m.name = disk_copy_z(m.name);
    m.target = m.target ? disk_copy_z(m.target) : NULL;
    GROW(dir->moves, dir->n_moves, dir->cap_moves);
    dir->moves[dir->n_moves++] = m;
}

void node_keep(struct node *node)
{
    for (size_t i = 0; i < node->n_changes; i++)
        image_apply(&node->kept, &node->changes[i]);
    for (size_t i = 0; i < node->n_moves; i++)
        entries_apply(&node->kept_entries, &node->moves[i]);
    node_forget_changes(node);
}

struct node *node_of(const struct disk *d, uint64_t number)
{
    struct node *node = d->nodes;
    while (node && node->number != number)
        node = node->next;
    return node;
}

static void mark(const struct entries *es)
{
    for (size_t i = 0; i < es->n; i++)
        es->p[i].node->marked = true;
}

/* Frees what no name can lead to any more, now or after a cut, and nobody has open. */
void nodes_collect(struct disk *d)
{
    for (struct node *node = d->nodes; node; node = node->next)
        node->marked = node->n_open > 0 || node == d->root;
    for (struct node *node = d->nodes; node; node = node->next) {
        mark(&node->now_entries);
        mark(&node->kept_entries);
        for (size_t i = 0; i < node->n_moves; i++)
            if (node->moves[i].node)
                node->moves[i].node->marked = true;
    }
    for (struct node **at = &d->nodes; *at;) {
        struct node *node = *at;
        if (node->marked) {
            at = &node->next;
            continue;
        }
        *at = node->next;
        node_destroy(node);
    }
}

void nodes_destroy(struct node *node)
{
    while (node) {
        struct node *next = node->next;
        node_destroy(node);
        node = next;
    }
}
