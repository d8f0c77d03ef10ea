#include "store/postgres/scope.h"

#include <stdlib.h>

#include "base/arena.h"

enum { SCOPE_TEXT_MAX = 1024 * 1024 };

void scope_init(struct scope *s)
{
    *s = (struct scope){.is_sure = false};
    buf_init(&s->text, SCOPE_TEXT_MAX);
}

void scope_finish(struct scope *s)
{
    free(s->told.p);
    free(s->wanted.p);
    buf_finish(&s->text);
}

void scope_forget(struct scope *s)
{
    s->is_sure = false;
    s->n_telling = 0;
}

// --- whose ---------------------------------------------------------------------------------------

/* The place of the first that is not below id. */
static size_t place_of(const struct owners *o, int64_t id)
{
    size_t from = 0, to = o->n;

    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        if (o->p[middle] < id)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static void add(struct owners *o, int64_t id)
{
    const size_t at = place_of(o, id);

    if (at < o->n && o->p[at] == id)
        return;
    if (o->n == o->room) {
        o->room = o->room ? o->room * 2 : 8;
        o->p = mem_realloc(o->p, o->room * sizeof *o->p);
    }
    memmove(o->p + at + 1, o->p + at, (o->n - at) * sizeof *o->p);
    o->p[at] = id;
    o->n++;
}

static void collect(struct owners *o, const struct bound *b)
{
    const size_t n = bound_owners(b);

    o->scope = b->query->scope;
    o->plans_anew = b->query->plans_anew;
    o->n = 0;
    for (size_t i = 0; i < n; i++)
        add(o, bound_int(b, b->query->owner, i));
}

static bool same(const struct owners *x, const struct owners *y)
{
    return x->scope == y->scope && x->plans_anew == y->plans_anew && x->n == y->n &&
           (x->n == 0 || memcmp(x->p, y->p, x->n * sizeof *x->p) == 0);
}

/* What is too long to be told lacks its end: the server refuses the statement. */
static struct str write_text(struct buf *text, const struct owners *o)
{
    const int64_t sign = o->scope == SCOPE_ORG ? -1 : 1;

    buf_reset(text);
    buf_char(text, '{');
    if (o->scope == SCOPE_SYSTEM)
        buf_str(text, STR("(,)"));
    for (size_t i = 0; i < o->n; i++) {
        const int64_t id = sign * o->p[i];
        buf_fmt(text, "%s[%lld,%lld]", i > 0 ? "," : "", (long long)id, (long long)id);
    }
    buf_char(text, '}');
    return buf_view(text);
}

// --- telling -------------------------------------------------------------------------------------

bool scope_differs(struct scope *s, const struct bound *b, struct str *ret)
{
    collect(&s->wanted, b);
    if (s->is_sure && same(&s->wanted, &s->told))
        return false;
    *ret = write_text(&s->text, &s->wanted);
    return true;
}

void scope_telling(struct scope *s)
{
    const struct owners told = s->told;

    s->told = s->wanted;
    s->wanted = told;
    s->is_sure = false;
    s->n_telling++;
}

void scope_settle(struct scope *s, bool told, bool succeeded)
{
    if (told && s->n_telling > 0)
        s->n_telling--;
    if (!succeeded)
        s->is_sure = false;
    else if (told && s->n_telling == 0)
        s->is_sure = true;
}
