#ifndef INBOX_LINE_H
#define INBOX_LINE_H
/*
 * Appends that wait for the writer: of one project in the order of arrival, and of all projects in
 * turn, so that who sends by the thousand keeps nobody else's one event waiting. Projects whose
 * numbers meet in one place share its turn.
 */
#include "inbox/inbox.h"

enum { LINE_PLACES = 64 };

struct line {
    struct {
        struct task *first, **end;
    } places[LINE_PLACES];
    uint64_t taken; /* a bit for each place where somebody waits */
    unsigned next;  /* whose turn it is */
};

static inline bool line_is_empty(const struct line *l)
{
    return l->taken == 0;
}

void line_init(struct line *l);
/* Tasks of appends, in the order of arrival. */
void line_add(struct line *l, struct task *tasks);
/* There is one. */
struct inbox_append *line_take(struct line *l);
/* When the one came that waits longest; 0: none waits. */
usec_t line_oldest(const struct line *l);

#endif
