#include "die.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void die(const char *text, ...)
{
    va_list ap;

    va_start(ap, text);
    fputs("bench-load: ", stderr);
    vfprintf(stderr, text, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(1);
}

void die_errno(const char *what)
{
    die("%s: %s", what, strerror(errno));
}

void *alloc_or_die(size_t n, size_t size)
{
    void *p = calloc(n, size);

    if (!p)
        die("out of memory");
    return p;
}
