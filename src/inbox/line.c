#include "inbox/line.h"

#include "base/arena.h"

static struct inbox_append *append_of(struct task *t)
{
    return container_of(t, struct inbox_append, task);
}

void line_init(struct line *l)
{
    *l = (struct line){.taken = 0};
    for (size_t i = 0; i < LINE_PLACES; i++)
        l->places[i].end = &l->places[i].first;
}

void line_add(struct line *l, struct task *tasks)
{
    while (tasks) {
        struct task *t = tasks;
        const size_t place = (uint64_t)append_of(t)->item.project % LINE_PLACES;
        tasks = t->next;
        t->next = NULL;
        *l->places[place].end = t;
        l->places[place].end = &t->next;
        l->taken |= UINT64_C(1) << place;
    }
}

/* The first place where somebody waits, from this one on, round and round. */
static unsigned place_from(const struct line *l, unsigned from)
{
    const uint64_t ahead = l->taken >> from;

    return (unsigned)__builtin_ctzll(ahead ? ahead : l->taken) + (ahead ? from : 0);
}

struct inbox_append *line_take(struct line *l)
{
    const unsigned place = place_from(l, l->next);
    struct task *t = l->places[place].first;

    l->places[place].first = t->next;
    if (!t->next) {
        l->places[place].end = &l->places[place].first;
        l->taken &= ~(UINT64_C(1) << place);
    }
    l->next = (place + 1) % LINE_PLACES;
    return append_of(t);
}

usec_t line_oldest(const struct line *l)
{
    usec_t oldest = 0;

    for (uint64_t left = l->taken; left; left &= left - 1) {
        const usec_t at = append_of(l->places[__builtin_ctzll(left)].first)->submitted_at;
        if (oldest == 0 || at < oldest)
            oldest = at;
    }
    return oldest;
}
