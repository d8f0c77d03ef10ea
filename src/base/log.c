#include "base/log.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"

/*
 * The format "attempt=%d text=\"%s\"" says what the members are; the arguments are only ever
 * values. So it is walked here instead of being handed to printf: a quote, a blank or a line break
 * inside an argument cannot end a value, forge a member or begin a line, and the same call gives
 * logfmt or JSON.
 *
 * Known conversions: c d f g i p s u x with any length modifier, precision and '*'; flags and
 * width are read and ignored, as a log has no columns. A value that is one number stays one in
 * JSON.
 */

enum { VALUE_MAX = 4096, LINE_MAX_BYTES = 1024 * 1024, TRACE_TEXT = 1024 };

/* The log sink: the only state, set once at start. */
static atomic_int least_level = LOG_INFO;
static atomic_int line_format = LOG_LOGFMT;

static const struct str level_names[] = {
    [LOG_DEBUG] = {"debug", 5},
    [LOG_INFO] = {"info", 4},
    [LOG_WARN] = {"warn", 4},
    [LOG_ERROR] = {"error", 5},
};

static const struct str format_names[] = {
    [LOG_LOGFMT] = {"logfmt", 6},
    [LOG_JSON] = {"json", 4},
};

void log_configure(enum log_level least, enum log_format format)
{
    atomic_store(&least_level, (int)least);
    atomic_store(&line_format, (int)format);
}

bool log_enabled(enum log_level level)
{
    return (int)level >= atomic_load_explicit(&least_level, memory_order_relaxed);
}

bool log_level_parse(struct str s, enum log_level *ret)
{
    size_t i;
    if (!str_among(s, level_names, LEN(level_names), &i))
        return false;
    *ret = (enum log_level)i;
    return true;
}

bool log_format_parse(struct str s, enum log_format *ret)
{
    size_t i;
    if (!str_among(s, format_names, LEN(format_names), &i))
        return false;
    *ret = (enum log_format)i;
    return true;
}

// --- one line ------------------------------------------------------------------------------------

struct line {
    enum log_format format;
    struct buf out;
    struct json_writer json;
};

static void line_begin(struct line *l)
{
    l->format = (enum log_format)atomic_load(&line_format);
    buf_init(&l->out, LINE_MAX_BYTES);
    json_init(&l->json, &l->out);
    if (l->format == LOG_JSON)
        json_open_object(&l->json);
}

/* Whether a logfmt value needs no quotes. */
static bool is_bare(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '"' || s.p[i] == '=' || s.p[i] == '\\')
            return false;
    }
    return s.n > 0;
}

static void line_member(struct line *l, struct str key, struct str value, bool is_number)
{
    if (l->format == LOG_JSON) {
        json_key(&l->json, key);
        if (is_number)
            json_raw(&l->json, value);
        else
            json_str(&l->json, value);
        return;
    }
    if (l->out.n)
        buf_char(&l->out, ' ');
    buf_str(&l->out, key);
    buf_char(&l->out, '=');
    if (is_bare(value)) {
        buf_str(&l->out, value);
        return;
    }
    l->json.comma = false;
    json_str(&l->json, value); // quoted as JSON does: no control character survives
}

/* One write(2) per line: lines of threads and processes do not mix. */
static void line_end(struct line *l)
{
    if (l->format == LOG_JSON)
        json_close_object(&l->json);
    buf_char(&l->out, '\n');

    struct str left = buf_view(&l->out);
    while (left.n) {
        ssize_t n = write(STDERR_FILENO, left.p, left.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break; // a log that cannot be written is not worth a call
        left = str_sub(left, (size_t)n, left.n);
    }
    buf_finish(&l->out);
}

// --- values out of format and arguments ----------------------------------------------------------

struct value {
    char text[VALUE_MAX];
    size_t n;
    unsigned n_literals, n_numbers, n_texts; /* what it was made of */
};

struct arguments {
    va_list ap;
};

struct conversion {
    int precision; /* -1: none given */
    int longs;     /* 0: int; 1: long, size_t, intmax_t; 2: long long */
    char kind;
};

/* What does not fit is dropped. */
static void value_add(struct value *v, struct str s)
{
    size_t room = sizeof(v->text) - v->n;
    size_t n = s.n < room ? s.n : room;
    if (n)
        memcpy(v->text + v->n, s.p, n);
    v->n += n;
}

static void value_number(struct value *v, struct str digits)
{
    value_add(v, digits);
    v->n_numbers++;
}

/* Reads what follows a '%'. Returns the place behind it. */
static const char *read_conversion(const char *at, struct arguments *args, struct conversion *ret)
{
    *ret = (struct conversion){.precision = -1};
    while (*at && strchr("-+ #0123456789", *at))
        at++;
    if (*at == '*') {
        (void)va_arg(args->ap, int);
        at++;
    }
    if (*at == '.') {
        at++;
        ret->precision = 0;
        if (*at == '*') {
            ret->precision = va_arg(args->ap, int);
            at++;
        }
        for (; *at >= '0' && *at <= '9'; at++)
            ret->precision = ret->precision * 10 + (*at - '0');
    }
    for (; *at && strchr("hlzjt", *at); at++) {
        if (*at != 'h')
            ret->longs++;
    }
    ret->kind = *at;
    return *at ? at + 1 : at;
}

static int64_t next_signed(struct arguments *args, int longs)
{
    static_assert(sizeof(long) == sizeof(int64_t) && sizeof(size_t) == sizeof(int64_t),
                  "every length modifier means 64 bits");
    return longs ? va_arg(args->ap, int64_t) : va_arg(args->ap, int);
}

static uint64_t next_unsigned(struct arguments *args, int longs)
{
    return longs ? va_arg(args->ap, uint64_t) : va_arg(args->ap, unsigned);
}

static void convert_text(struct value *v, struct arguments *args, int precision)
{
    const char *text = va_arg(args->ap, const char *);
    size_t most = precision < 0 ? SIZE_MAX : (size_t)precision;
    if (text)
        value_add(v, (struct str){text, precision < 0 ? strlen(text) : strnlen(text, most)});
    v->n_texts++;
}

static void convert_double(struct value *v, struct arguments *args, const struct conversion *c)
{
    char text[512];
    double d = va_arg(args->ap, double);
    int precision = c->precision < 0 || c->precision > 20 ? 6 : c->precision;
    int n = c->kind == 'g' ? snprintf(text, sizeof(text), "%.*g", precision, d)
                           : snprintf(text, sizeof(text), "%.*f", precision, d);
    struct str digits = {text, n < 0 ? 0 : (size_t)n};
    if (isfinite(d)) {
        value_number(v, digits);
        return;
    }
    value_add(v, digits);
    v->n_texts++;
}

static void convert(struct value *v, struct arguments *args, const struct conversion *c)
{
    char text[40];
    int n = 0;
    switch (c->kind) {
    case 'd':
    case 'i':
        n = snprintf(text, sizeof(text), "%lld", (long long)next_signed(args, c->longs));
        value_number(v, (struct str){text, (size_t)n});
        return;
    case 'u':
        n = snprintf(text, sizeof(text), "%llu", (unsigned long long)next_unsigned(args, c->longs));
        value_number(v, (struct str){text, (size_t)n});
        return;
    case 'f':
    case 'g':
        convert_double(v, args, c);
        return;
    case 's':
        convert_text(v, args, c->precision);
        return;
    case 'x':
        n = snprintf(text, sizeof(text), "%llx", (unsigned long long)next_unsigned(args, c->longs));
        break;
    case 'p':
        n = snprintf(text, sizeof(text), "%p", va_arg(args->ap, void *));
        break;
    case 'c':
        text[n++] = (char)va_arg(args->ap, int);
        break;
    case '%':
        text[n++] = '%';
        break;
    default:
        // GCC checked the format; what is missing here is missing in the list at the head.
        assert(strchr("cdfgipsux%", c->kind));
    }
    value_add(v, (struct str){text, (size_t)n});
    v->n_texts++;
}

/* Fills v from the format up to the byte `end`. Returns the place behind that. */
static const char *read_value(const char *at, char end, struct arguments *args, struct value *v)
{
    while (*at && *at != end) {
        if (*at == '%') {
            struct conversion c;
            at = read_conversion(at + 1, args, &c);
            convert(v, args, &c);
            continue;
        }
        value_add(v, (struct str){at++, 1});
        v->n_literals++;
    }
    return *at ? at + 1 : at;
}

/* One member: key=value, key="value"; what has no key is a message to its end. */
static const char *read_member(struct line *l, const char *at, struct arguments *args)
{
    struct value v;
    struct str key = {at, strcspn(at, "=% \"")};
    char end = ' ';

    v.n = v.n_literals = v.n_numbers = v.n_texts = 0;
    if (key.n && key.p[key.n] == '=') {
        at += key.n + 1;
        if (*at == '"') {
            end = *at++;
            v.n_texts++;
        }
    } else {
        key = STR("message");
        end = '\0';
    }
    at = read_value(at, end, args, &v);
    bool is_number = v.n_numbers == 1 && v.n_literals == 0 && v.n_texts == 0;
    line_member(l, key, (struct str){v.text, v.n}, is_number);
    return at;
}

void log_write(const struct log *lg, enum log_level level, const char *event, const char *format,
               ...)
{
    if (!log_enabled(level))
        return;

    int saved = errno;
    char now[TIME_TEXT_MAX];
    struct line l;
    struct arguments args;

    line_begin(&l);
    size_t n = time_format(clock_wall(&clock_system), now);
    line_member(&l, STR("ts"), (struct str){now, n}, false);
    line_member(&l, STR("level"), level_names[level], false);
    line_member(&l, STR("event"), str_from(event), false);
    if (lg && !str_is_none(lg->id))
        line_member(&l, STR("trace_id"), lg->id, false);

    va_start(args.ap, format);
    for (const char *at = format; *at;)
        at = *at == ' ' ? at + 1 : read_member(&l, at, &args);
    va_end(args.ap);
    line_end(&l);
    errno = saved;
}

void log_failure(const struct log *lg, enum log_level level, const char *event, const struct err *e)
{
    char trace[TRACE_TEXT];
    if (!log_enabled(level))
        return;
    err_trace_format(e, trace, sizeof(trace));
    log_write(lg, level, event, "code=%s text=\"%s\" at=\"%s\"", err_code_name(e->code), e->text,
              trace);
}
