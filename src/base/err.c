#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/err_words.h"

static const struct {
    const char *name;
    int status;
} codes[] = {[ERR_NONE] = {"OK", 200},
#define X(code, http_status, api_name) [ERR_##code] = {api_name, http_status},
             ERR_CODES(X)
#undef X
};

static_assert(LEN(codes) == ERR_CODE_COUNT, "every code has its name and status");

/* Formats into dst, whose text is UTF-8 whatever was cut off: by its end, or by a precision as in
 * "%.60s", which counts bytes. */
PRINTF_LIKE(3, 0)
static void format_cut(char *dst, size_t n, const char *format, va_list ap)
{
    size_t kept = 0;

    if (vsnprintf(dst, n, format, ap) < 0)
        dst[0] = '\0';
    for (struct str rest = str_from(dst); rest.n > 0;) {
        const size_t length = str_utf8_first(rest);
        memmove(dst + kept, rest.p, length);
        kept += length;
        rest = str_sub(rest, length ? length : 1, rest.n);
    }
    dst[kept] = '\0';
}

/* The sentence may come as a format, or whole as the argument of "%s". */
PRINTF_LIKE(3, 0)
static void format_russian(char *dst, size_t n, const char *format, const char *text, va_list ap)
{
    const char *whole = words_russian(text);

    dst[0] = '\0';
    if (words_russian(format))
        format_cut(dst, n, words_russian(format), ap);
    else if (whole)
        (void)snprintf(dst, n, "%s", whole);
}

static void place_add(struct err *e, const char *file, const char *function, int line)
{
    // Of a very long way, the beginning and the last place are kept.
    size_t at = e->n_trace < ERR_TRACE ? e->n_trace++ : ERR_TRACE - 1;
    e->trace[at] = (struct err_place){.file = file, .function = function, .line = line};
}

bool err_set_at(struct err *e, const char *file, const char *function, int line, enum err_code code,
                const char *format, ...)
{
    char text[ERR_TEXT_MAX],
        russian[sizeof e->russian.text]; // the arguments may point into e itself
    va_list ap;
    va_start(ap, format);
    format_cut(text, sizeof(text), format, ap);
    va_end(ap);
    va_start(ap, format);
    format_russian(russian, sizeof(russian), format, text, ap);
    va_end(ap);

    e->code = code;
    memcpy(e->text, text, sizeof(text));
    memcpy(e->russian.text, russian, sizeof(russian));
    e->n_fix = 0;
    e->retry_after = 0;
    e->n_trace = 0;
    place_add(e, file, function, line);
    return false;
}

bool err_trace_at(struct err *e, const char *file, const char *function, int line)
{
    place_add(e, file, function, line);
    return false;
}

bool err_fix_add(struct err *e, const char *format, ...)
{
    if (e->n_fix == ERR_FIXES)
        return false;
    const size_t i = e->n_fix++;
    va_list ap;
    va_start(ap, format);
    format_cut(e->fix[i], ERR_FIX_MAX, format, ap);
    va_end(ap);
    va_start(ap, format);
    format_russian(e->russian.fix[i], sizeof e->russian.fix[i], format, e->fix[i], ap);
    va_end(ap);
    return false;
}

bool err_later(struct err *e, int64_t wait)
{
    e->retry_after = (wait + 999999) / 1000000;
    return false;
}

void err_clear(struct err *e)
{
    e->code = ERR_NONE;
    e->text[0] = '\0';
    e->russian.text[0] = '\0';
    e->n_fix = 0;
    e->retry_after = 0;
    e->n_trace = 0;
}

const char *err_text(const struct err *e, enum err_language l)
{
    const struct words *words = words_of(e->code);

    if (l == ERR_RUSSIAN)
        return e->russian.text[0] ? e->russian.text : words->title[l];
    return e->text[0] ? e->text : words->title[l];
}

const char *err_sentence(const char *english, enum err_language l)
{
    const char *russian = l == ERR_RUSSIAN ? words_russian(english) : NULL;

    return russian ? russian : english;
}

size_t err_remedies(const struct err *e)
{
    return e->n_fix ? e->n_fix : 1;
}

const char *err_remedy(const struct err *e, size_t i, enum err_language l)
{
    if (e->n_fix == 0)
        return words_of(e->code)->remedy[l];
    return l == ERR_RUSSIAN && e->russian.fix[i][0] ? e->russian.fix[i] : e->fix[i];
}

const char *err_code_name(enum err_code code)
{
    assert(code < ERR_CODE_COUNT);
    return codes[code].name;
}

int err_code_status(enum err_code code)
{
    assert(code < ERR_CODE_COUNT);
    return codes[code].status;
}

enum err_code err_code_named(struct str name)
{
    for (int c = ERR_NONE + 1; c < ERR_CODE_COUNT; c++)
        if (str_eq(name, str_from(codes[c].name)))
            return (enum err_code)c;
    return ERR_NONE;
}

/* "../src/calls/place.c" is known as "calls/place.c". */
static const char *inside_house(const char *file)
{
    const char *at = file;
    for (const char *found; (found = strstr(at, "src/"));)
        at = found + 4;
    return at;
}

void err_trace_format(const struct err *e, char *dst, size_t n)
{
    size_t used = 0;
    if (n)
        dst[0] = '\0';
    for (size_t i = 0; i < e->n_trace && used < n; i++) {
        const struct err_place *at = &e->trace[i];
        int length = snprintf(dst + used, n - used, "%s%s %s:%d", i ? " < " : "", at->function,
                              inside_house(at->file), at->line);
        if (length < 0)
            return;
        used += (size_t)length;
    }
}
