#include "store/postgres/wire.h"

enum { FORMAT_TEXT = 0, FORMAT_BINARY = 1, OID_BYTEA = 17 };

static const struct {
    Oid scalar, array;
    int format;
} types[] = {
    [PARAM_INT] = {20, 1016, FORMAT_BINARY},     [PARAM_TEXT] = {25, 1009, FORMAT_BINARY},
    [PARAM_BOOL] = {16, 1000, FORMAT_BINARY},    [PARAM_TIME] = {1184, 1185, FORMAT_BINARY},
    [PARAM_JSON] = {3802, 3807, FORMAT_BINARY},  [PARAM_BYTES] = {OID_BYTEA, 1001, FORMAT_BINARY},
    [PARAM_DECIMAL] = {1700, 1231, FORMAT_TEXT},
};
static_assert(LEN(types) == PARAM_TYPE_COUNT, "every type has its OIDs");

/* Its days begin on 2000-01-01. */
#define POSTGRES_EPOCH ((usec_t)946684800 * 1000000)
#define JSONB_VERSION 1

void wire_init(struct wire *w)
{
    *w = (struct wire){.n = 0};
    buf_init(&w->bytes, WIRE_MAX);
}

void wire_finish(struct wire *w)
{
    buf_finish(&w->bytes);
}

// --- out -----------------------------------------------------------------------------------------

static void put_be(struct buf *b, uint64_t v, size_t n)
{
    char *p = buf_room(b, n);

    if (!p)
        return;
    for (size_t i = 0; i < n; i++)
        p[i] = (char)(v >> (8 * (n - 1 - i)));
    buf_added(b, n);
}

static void put_u32(struct buf *b, size_t v)
{
    put_be(b, (uint32_t)v, 4);
}

static void put_int(struct buf *b, enum param_type type, int64_t v)
{
    if (type == PARAM_BOOL)
        buf_char(b, v != 0);
    else
        put_be(b, (uint64_t)(type == PARAM_TIME ? v - POSTGRES_EPOCH : v), 8);
}

static void put_element(struct buf *b, enum param_type type, const struct bound *bound, size_t k,
                        size_t i)
{
    const size_t null = SIZE_MAX;

    if (!param_is_text(type)) {
        const int64_t v = bound_int(bound, k, i);
        put_u32(b, v == INT_NONE ? null : type == PARAM_BOOL ? 1 : 8);
        if (v != INT_NONE)
            put_int(b, type, v);
        return;
    }
    const struct str s = bound_text(bound, k, i);
    const bool is_json = type == PARAM_JSON;
    put_u32(b, str_is_none(s) ? null : s.n + is_json);
    if (str_is_none(s))
        return;
    if (is_json)
        buf_char(b, JSONB_VERSION);
    buf_str(b, s);
}

static void put_array(struct buf *b, enum param_type type, const struct bound *bound, size_t k)
{
    put_u32(b, bound->n_runs > 0 ? 1 : 0); // dimensions
    put_u32(b, 1);                         // may hold nulls
    put_u32(b, types[type].scalar);
    if (bound->n_runs == 0)
        return;
    put_u32(b, bound->n_runs);
    put_u32(b, 1); // the index of the first
    for (size_t i = 0; i < bound->n_runs; i++)
        put_element(b, type, bound, k, i);
}

/* {"0.0085",NULL}: the text form of an array. */
static void put_array_as_text(struct buf *b, const struct bound *bound, size_t k)
{
    buf_char(b, '{');
    for (size_t i = 0; i < bound->n_runs; i++) {
        const struct str s = bound_text(bound, k, i);
        if (i > 0)
            buf_char(b, ',');
        buf_str(b, str_is_none(s) ? STR("NULL") : STR("\""));
        for (size_t j = 0; j < s.n; j++) {
            if (s.p[j] == '"' || s.p[j] == '\\')
                buf_char(b, '\\');
            buf_char(b, s.p[j]);
        }
        if (!str_is_none(s))
            buf_char(b, '"');
    }
    buf_str(b, STR("}\0"));
}

/* Appends the value; false: it is null. */
static bool put_scalar(struct buf *b, enum param_type type, const struct bound *bound, size_t k)
{
    if (!param_is_text(type)) {
        const int64_t v = bound_int(bound, k, 0);
        if (v == INT_NONE)
            return false;
        put_int(b, type, v);
        return true;
    }
    const struct str s = bound_text(bound, k, 0);
    if (str_is_none(s))
        return false;
    if (type == PARAM_JSON)
        buf_char(b, JSONB_VERSION);
    buf_str(b, s);
    if (types[type].format == FORMAT_TEXT)
        buf_char(b, 0);
    return true;
}

static bool put_param(struct buf *b, const struct query_param *param, const struct bound *bound,
                      size_t k)
{
    if (!param->is_array)
        return put_scalar(b, param->type, bound, k);
    if (types[param->type].format == FORMAT_TEXT)
        put_array_as_text(b, bound, k);
    else
        put_array(b, param->type, bound, k);
    return true;
}

bool wire_encode(struct wire *w, const struct bound *b, struct err *e)
{
    size_t at[QUERY_PARAMS_MAX];
    bool is_null[QUERY_PARAMS_MAX];

    buf_reset(&w->bytes);
    w->n = (int)b->query->n_params;
    for (size_t k = 0; k < b->query->n_params; k++) {
        const struct query_param *param = &b->query->params[k];
        at[k] = w->bytes.n;
        is_null[k] = !put_param(&w->bytes, param, b, k);
        w->lengths[k] = (int)(w->bytes.n - at[k]);
        w->types[k] = param->is_array ? types[param->type].array : types[param->type].scalar;
        w->formats[k] = types[param->type].format;
    }
    if (!buf_ok(&w->bytes))
        return err_set(e, ERR_LIMIT, "%s: more than %d MB at once", b->query->name,
                       WIRE_MAX / (1024 * 1024));
    for (size_t k = 0; k < b->query->n_params; k++) // the buffer has stopped moving
        w->values[k] = is_null[k] ? NULL : buf_view(&w->bytes).p + at[k];
    return true;
}

// --- in ------------------------------------------------------------------------------------------

/* \x followed by pairs of digits (bytea_output=hex). */
static struct str bytes_of_hex(struct str s, struct arena *a)
{
    const size_t n = s.n < 2 ? 0 : (s.n - 2) / 2;
    char *p = arena_alloc(a, n);

    for (size_t i = 0; i < n; i++)
        p[i] = (char)(hex_value(s.p[2 + 2 * i]) * 16 + hex_value(s.p[3 + 2 * i]));
    return (struct str){p, n};
}

void wire_read(const PGresult *result, int row, int column, struct arena *a, struct cell *ret)
{
    if (PQgetisnull(result, row, column))
        return;
    const struct str s = {PQgetvalue(result, row, column),
                          (size_t)PQgetlength(result, row, column)};
    ret->kind = CELL_TEXT;
    ret->s = PQftype(result, column) == OID_BYTEA ? bytes_of_hex(s, a) : s;
}
