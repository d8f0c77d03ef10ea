/*
 * Rows: the answer of a query, whole, in the arena of the query.
 *
 * Both engines fill the same cells. SQLite knows integers; PostgreSQL answers in text, which is
 * read when somebody asks for it. Columns are found by name; as a reader asks for them in the same
 * order for every row, the search starts behind the last hit and usually ends at once.
 */
#include "store/internal.h"

#include <stdio.h>
#include <stdlib.h>

struct row {
    struct row *next;
    struct cell cells[];
};

struct rows {
    struct arena *arena;
    struct row *first, *last;
    struct row *at; /* the current row; NULL before the first and after the last */
    bool ended;
    size_t n_columns;
    size_t hint; /* where the next column is probably found */
    const char *names[];
};

struct rows *rows_create(struct arena *a, size_t n_columns)
{
    struct rows *r = arena_alloc(a, sizeof *r + n_columns * sizeof r->names[0]);

    r->arena = a;
    r->n_columns = n_columns;
    return r;
}

void rows_name(struct rows *r, size_t column, const char *name)
{
    assert(column < r->n_columns);
    r->names[column] = str_z(str_from(name), r->arena);
}

struct cell *rows_add(struct rows *r)
{
    struct row *row = arena_alloc(r->arena, sizeof *row + r->n_columns * sizeof row->cells[0]);

    if (r->last)
        r->last->next = row;
    else
        r->first = row;
    r->last = row;
    return row->cells;
}

struct arena *rows_arena(struct rows *r)
{
    return r->arena;
}

bool rows_next(struct rows *r)
{
    if (r->ended)
        return false;
    r->at = r->at ? r->at->next : r->first;
    r->ended = !r->at;
    return !r->ended;
}

bool rows_end(struct rows *r, struct err *e)
{
    (void)r, (void)e; // the rows are all here: both engines fetched them before db_query() returned
    return true;
}

NO_RETURN static void no_column(const struct rows *r, const char *column)
{
    fprintf(stderr, "store: no column %s among %zu columns\n", column, r->n_columns);
    abort();
}

static const struct cell *find(struct rows *r, const char *column)
{
    assert(r->at);
    for (size_t i = 0; i < r->n_columns; i++) {
        const size_t k = r->hint + i < r->n_columns ? r->hint + i : r->hint + i - r->n_columns;
        if (strcmp(r->names[k], column) == 0) {
            r->hint = k + 1 < r->n_columns ? k + 1 : 0;
            return &r->at->cells[k];
        }
    }
    no_column(r, column);
}

/* PostgreSQL's text form under TimeZone UTC: 2026-02-08 06:11:30[.123456]+00[ BC]. */
static usec_t time_of_text(struct str s)
{
    usec_t t;
    char text[TIME_TEXT_MAX];

    if (s.n < 3 || s.n >= sizeof text || !str_eq(str_sub(s, s.n - 3, 3), STR("+00")))
        return TIME_NONE;
    const int n = snprintf(text, sizeof text, "%.*sZ", (int)(s.n - 3), s.p);
    return time_parse_rfc3339((struct str){text, (size_t)n}, &t) ? t : TIME_NONE;
}

bool rows_is_null(struct rows *r, const char *column)
{
    return find(r, column)->kind == CELL_NULL;
}

int64_t rows_int(struct rows *r, const char *column)
{
    const struct cell *cell = find(r, column);
    int64_t v;

    if (cell->kind == CELL_INT)
        return cell->i;
    if (cell->kind == CELL_NULL || !str_to_i64(cell->s, &v))
        return INT_NONE;
    return v;
}

usec_t rows_time(struct rows *r, const char *column)
{
    const struct cell *cell = find(r, column);

    if (cell->kind == CELL_INT)
        return cell->i;
    return cell->kind == CELL_NULL ? TIME_NONE : time_of_text(cell->s);
}

bool rows_bool(struct rows *r, const char *column)
{
    const struct cell *cell = find(r, column);

    if (cell->kind == CELL_INT)
        return cell->i != 0;
    return cell->kind == CELL_TEXT && (str_eq(cell->s, STR("t")) || str_eq(cell->s, STR("1")));
}

struct str rows_str(struct rows *r, const char *column)
{
    const struct cell *cell = find(r, column);
    char text[24];

    if (cell->kind == CELL_TEXT)
        return cell->s;
    if (cell->kind == CELL_NULL)
        return STR_NONE;
    const int n = snprintf(text, sizeof text, "%lld", (long long)cell->i);
    return str_dup((struct str){text, (size_t)n}, r->arena);
}

void rows_read(struct rows *r, const struct column *columns, size_t n, void *out)
{
    for (size_t i = 0; i < n; i++) {
        const struct column *c = &columns[i];
        char *at = (char *)out + c->at;
        switch (c->kind) {
        case COLUMN_INT:
            *(int64_t *)(void *)at = rows_int(r, c->name);
            break;
        case COLUMN_TIME:
            *(usec_t *)(void *)at = rows_time(r, c->name);
            break;
        case COLUMN_BOOL:
            *(bool *)(void *)at = rows_bool(r, c->name);
            break;
        case COLUMN_STR:
            *(struct str *)(void *)at = rows_str(r, c->name);
            break;
        }
    }
}

void *rows_list(struct rows *r, const struct row_shape *shape, size_t max, struct arena *a,
                size_t *ret_n, struct err *e)
{
    char *list = arena_alloc_array(a, max + 1, shape->size);
    size_t n = 0;

    while (n < max && rows_next(r))
        rows_read(r, shape->columns, shape->n, list + shape->size * n++);
    if (!rows_end(r, e)) {
        err_trace(e);
        return NULL;
    }
    *ret_n = n;
    return list;
}
