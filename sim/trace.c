#include "sim/trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/fiber.h"

enum { LINES = 80, LINE = 256 };

static enum trace how;
static uint64_t hash;
static char tail[LINES][LINE];
static uint64_t n_lines;

void trace_begin(enum trace mode)
{
    how = mode;
    hash = 0xcbf29ce484222325u;
    n_lines = 0;
}

bool trace_on(void)
{
    return how != TRACE_OFF;
}

void trace_hash(uint64_t v)
{
    hash = (hash ^ v) * 0x100000001b3u;
    hash ^= hash >> 29;
}

uint64_t trace_hashed(void)
{
    return hash;
}

void trace_text(const char *format, ...)
{
    const struct fiber *f = fiber_self();
    char *line = tail[n_lines % LINES];
    va_list args;

    if (how == TRACE_OFF)
        return;
    int n = snprintf(line, LINE, "%12.6f %-8s %-14s ", (double)world.now / 1e6,
                     f ? fiber_process(f)->name : "-", f ? fiber_name(f) : "-");
    va_start(args, format);
    (void)vsnprintf(line + n, (size_t)(LINE - n), format, args);
    va_end(args);
    n_lines++;
    if (how == TRACE_ALL)
        fprintf(stderr, "%s\n", line);
}

void trace_note(const char *event, int64_t a, int64_t b)
{
    trace_hash((uint64_t)a * 31 + (uint64_t)b);
    trace_hash((uint64_t)strlen(event));
    if (how != TRACE_OFF)
        trace_text("%s %lld %lld", event, (long long)a, (long long)b);
}

void trace_print_tail(void)
{
    if (how == TRACE_ALL)
        return; // all of it stands there already
    for (uint64_t i = n_lines > LINES ? n_lines - LINES : 0; i < n_lines; i++)
        fprintf(stderr, "    %s\n", tail[i % LINES]);
}
