#include "base/json.h"

/*
 * RFC 8259, letter by letter. json-c's strict mode takes NaN, Infinity, "-01", "1.", raw control
 * characters and UTF-8 of surrogates; text that passes here may be shown to anyone as JSON.
 *
 * It descends recursively, at most JSON_DEPTH_MAX levels.
 */

struct reader {
    struct str left;
    size_t n; /* of the whole text */
    struct err *e;
};

static bool value(struct reader *r, unsigned depth);

static bool expected(struct reader *r, const char *what)
{
    return err_set(r->e, ERR_INVALID, "json: %s expected at byte %zu", what, r->n - r->left.n);
}

static void skip_blank(struct reader *r)
{
    struct str s = r->left;
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == '\n' || s.p[0] == '\r'))
        s = str_sub(s, 1, s.n);
    r->left = s;
}

static bool next_is(struct reader *r, char c)
{
    skip_blank(r);
    return cut_char(&r->left, c);
}

static bool escape(struct reader *r)
{
    struct str hex;
    if (r->left.n == 0 || !r->left.p[0] || !strchr("\"\\/bfnrtu", r->left.p[0]))
        return expected(r, "an escape");
    bool is_unicode = r->left.p[0] == 'u';
    r->left = str_sub(r->left, 1, r->left.n);
    if (!is_unicode)
        return true;
    if (!cut_bytes(&r->left, 4, &hex))
        return expected(r, "four hex digits");
    for (size_t i = 0; i < hex.n; i++) {
        if (!hex.p[i] || !strchr("0123456789abcdefABCDEF", hex.p[i]))
            return expected(r, "four hex digits");
    }
    return true;
}

/* Behind the opening quote. That the bytes are UTF-8 is known already. */
static bool string(struct reader *r)
{
    for (;;) {
        const struct str s = r->left;
        size_t n = 0;
        while (n < s.n && (unsigned char)s.p[n] >= 0x20 && s.p[n] != '"' && s.p[n] != '\\')
            n++;
        r->left = str_sub(s, n, s.n);
        if (cut_char(&r->left, '"'))
            return true;
        if (!cut_char(&r->left, '\\'))
            return expected(r, "the end of a string");
        if (!escape(r))
            return err_trace(r->e);
    }
}

/* 1*DIGIT */
static bool digits(struct reader *r)
{
    uint32_t digit;
    if (!cut_digits(&r->left, 1, &digit))
        return expected(r, "a digit");
    while (cut_digits(&r->left, 1, &digit))
        continue;
    return true;
}

/* int [ frac ] [ exp ], behind the sign. */
static bool number(struct reader *r)
{
    if (!cut_char(&r->left, '0') && !digits(r))
        return err_trace(r->e);
    if (cut_char(&r->left, '.') && !digits(r))
        return err_trace(r->e);
    if (!cut_char(&r->left, 'e') && !cut_char(&r->left, 'E'))
        return true;
    bool signed_exponent = cut_char(&r->left, '+') || cut_char(&r->left, '-');
    (void)signed_exponent;
    return digits(r) || err_trace(r->e);
}

/* Behind '['. */
static bool array(struct reader *r, unsigned depth)
{
    if (next_is(r, ']'))
        return true;
    do {
        if (!value(r, depth))
            return err_trace(r->e);
    } while (next_is(r, ','));
    return next_is(r, ']') || expected(r, "',' or ']'");
}

/* Behind '{'. */
static bool object(struct reader *r, unsigned depth)
{
    if (next_is(r, '}'))
        return true;
    do {
        if (!next_is(r, '"'))
            return expected(r, "a key");
        if (!string(r))
            return err_trace(r->e);
        if (!next_is(r, ':'))
            return expected(r, "':'");
        if (!value(r, depth))
            return err_trace(r->e);
    } while (next_is(r, ','));
    return next_is(r, '}') || expected(r, "',' or '}'");
}

static bool word(struct reader *r)
{
    return cut_lit(&r->left, STR("true")) || cut_lit(&r->left, STR("false")) ||
           cut_lit(&r->left, STR("null")) || expected(r, "a value");
}

/* depth: levels that are still allowed. */
static bool value(struct reader *r, unsigned depth)
{
    skip_blank(r);
    char c = r->left.n ? r->left.p[0] : '\0';
    if ((c == '[' || c == '{') && depth == 0)
        return err_set(r->e, ERR_INVALID, "json: nested deeper than %d levels", JSON_DEPTH_MAX);
    if (cut_char(&r->left, '['))
        return array(r, depth - 1);
    if (cut_char(&r->left, '{'))
        return object(r, depth - 1);
    if (cut_char(&r->left, '"'))
        return string(r);
    if (cut_char(&r->left, '-') || (c >= '0' && c <= '9'))
        return number(r);
    return word(r);
}

bool json_check(struct str in, struct err *e)
{
    struct reader r = {.left = in, .n = in.n, .e = e};
    if (!str_is_utf8(in))
        return err_set(e, ERR_INVALID, "json: the text is not UTF-8");
    if (!value(&r, JSON_DEPTH_MAX))
        return err_trace(e);
    skip_blank(&r);
    return r.left.n == 0 || expected(&r, "the end");
}
