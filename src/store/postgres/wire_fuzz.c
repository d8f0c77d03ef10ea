/*
 * Any values as parameters, read back by a reference reader of PostgreSQL's wire form (its array
 * header, lengths in front of elements; the text form for decimals): as many, the same, null where
 * null was. And any bytes as the text of a bytea column.
 *
 * Input: one byte, then the values, one a line: ".": none, '#' an integer of eight bytes, else
 * text.
 */
#include "store/postgres/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { VALUES_MAX = 32, OID_BYTEA = 17 };

struct values {
    struct str texts[VALUES_MAX];
    int64_t integers[VALUES_MAX];
    size_t n;
};

static void read_values(struct str in, struct values *ret)
{
    struct str line;

    for (ret->n = 0; ret->n < VALUES_MAX && cut_field(&in, '\n', &line); ret->n++) {
        int64_t v = (int64_t)str_hash(line);
        if (str_eq(line, STR("."))) {
            line = STR_NONE;
            v = INT_NONE;
        }
        ret->texts[ret->n] = line;
        ret->integers[ret->n] = v;
    }
}

static uint64_t cut_be(struct str *in, size_t n)
{
    struct str bytes;
    uint64_t v = 0;

    const bool there = cut_bytes(in, n, &bytes);
    assert(there);
    for (size_t i = 0; i < n; i++)
        v = v << 8 | (unsigned char)bytes.p[i];
    return v;
}

static struct str parameter(const struct wire *w, size_t k)
{
    assert(w->values[k]);
    return (struct str){w->values[k], (size_t)w->lengths[k]};
}

/* The header of an array; how many elements follow. */
static size_t cut_array(struct str *in, size_t n)
{
    const uint64_t dimensions = cut_be(in, 4);
    (void)cut_be(in, 8); // has nulls; the type of its elements
    assert(dimensions == (n > 0));
    if (dimensions == 0)
        return 0;
    const uint64_t length = cut_be(in, 4), first = cut_be(in, 4);
    assert(length == n && first == 1);
    return (size_t)length;
}

static bool cut_element(struct str *in, struct str *ret)
{
    const uint32_t n = (uint32_t)cut_be(in, 4);
    if (n == UINT32_MAX)
        return false;
    const bool there = cut_bytes(in, n, ret);
    assert(there);
    return true;
}

static void check_integers(struct str in, const struct values *v)
{
    struct str element;
    const size_t n = cut_array(&in, v->n);
    for (size_t i = 0; i < n; i++) {
        const bool given = cut_element(&in, &element);
        assert(given == (v->integers[i] != INT_NONE));
        assert(!given || (int64_t)cut_be(&element, 8) == v->integers[i]);
    }
    assert(in.n == 0);
}

static void check_texts(struct str in, const struct values *v, struct str prefix)
{
    struct str element;
    const size_t n = cut_array(&in, v->n);
    for (size_t i = 0; i < n; i++) {
        const bool given = cut_element(&in, &element);
        assert(given == !str_is_none(v->texts[i]));
        if (given) {
            const bool has_prefix = cut_lit(&element, prefix);
            assert(has_prefix && str_eq(element, v->texts[i]));
        }
    }
    assert(in.n == 0);
}

/* array_in: what is in quotes is taken byte by byte, a backslash takes the next one as it is. */
static struct str cut_quoted(struct str *in, struct arena *a)
{
    char *text = arena_alloc(a, in->n);
    size_t n = 0;

    while (!cut_char(in, '"')) {
        (void)!cut_char(in, '\\');
        assert(in->n > 0);
        text[n++] = in->p[0];
        *in = str_sub(*in, 1, SIZE_MAX);
    }
    return (struct str){text, n};
}

static void check_decimals(struct str in, const struct values *v, struct arena *a)
{
    const bool framed = cut_char(&in, '{') && str_ends(in, STR("}\0"));
    assert(framed);
    for (size_t i = 0; i < v->n; i++) {
        const bool follows = i == 0 || cut_char(&in, ',');
        assert(follows);
        if (cut_lit(&in, STR("NULL"))) {
            assert(str_is_none(v->texts[i]));
        } else {
            const bool quoted = cut_char(&in, '"');
            assert(quoted && str_eq(cut_quoted(&in, a), v->texts[i]));
        }
    }
    assert(str_eq(in, STR("}\0")));
}

static void check_arrays(const struct values *v, struct arena *a)
{
    static const struct query_param params[] = {{"i", PARAM_INT, true},
                                                {"t", PARAM_TEXT, true},
                                                {"j", PARAM_JSON, true},
                                                {"b", PARAM_BYTES, true},
                                                {"d", PARAM_DECIMAL, true}};
    static const struct query_text query = {
        .name = "fuzz", .params = params, .n_params = LEN(params)};
    const struct bind integers = bind_ints("i", v->integers, v->n),
                      texts = bind_strs("t", v->texts, v->n);
    const struct bound b = {
        .query = &query, .n_runs = v->n, .of = {&integers, &texts, &texts, &texts, &texts}};
    struct wire w;
    struct err e;

    wire_init(&w);
    const bool ok = wire_encode(&w, &b, &e);
    assert(ok);
    check_integers(parameter(&w, 0), v);
    check_texts(parameter(&w, 1), v, STR(""));
    check_texts(parameter(&w, 2), v, STR("\1"));
    check_texts(parameter(&w, 3), v, STR(""));
    check_decimals(parameter(&w, 4), v, a);
    wire_finish(&w);
}

/* A column as the server would send it: any text, as bytea. Pairs of digits are bytes. */
static void check_bytea(struct str text, struct arena *a)
{
    PGresAttDesc column = {.name = (char[]){"b"}, .typid = OID_BYTEA};
    PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    struct cell cell = {0};

    const bool made = PQsetResultAttrs(result, 1, &column) &&
                      PQsetvalue(result, 0, 0, (char *)str_z(text, a), (int)text.n);
    assert(made);
    wire_read(result, 0, 0, a, &cell);
    assert(cell.kind == CELL_TEXT && cell.s.n == (text.n < 2 ? 0 : (text.n - 2) / 2));
    PQclear(result);
}

static void check_bytes_survive(struct str bytes, struct arena *a)
{
    struct buf hex;
    buf_init(&hex, SIZE_MAX);
    buf_str(&hex, STR("\\x"));
    for (size_t i = 0; i < bytes.n; i++)
        buf_fmt(&hex, "%02x", (unsigned char)bytes.p[i]);
    check_bytea(buf_view(&hex), a);
    buf_finish(&hex);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct str in = {(const char *)data, size};
    struct values v;

    read_values(in, &v);
    check_arrays(&v, a);
    check_bytea(in, a);
    check_bytes_survive(in, a);
    return 0;
}
