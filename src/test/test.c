#include "test/test.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

void test_row(bool holds, const char *condition, const char *label, const char *file, int line)
{
    if (holds)
        return;
    print_error("row \"%s\": not %s\n", label, condition);
    _fail(file, line);
}

void test_str(struct str got, const char *want, const char *what, const char *file, int line)
{
    const struct str wanted = str_from(want);

    if (str_eq(got, wanted) && str_is_none(got) == str_is_none(wanted))
        return;
    print_error("%s: \"" STR_FMT "\"%s, expected \"%s\"\n", what, STR_ARG(got),
                str_is_none(got) ? " (absent)" : "", want ? want : "(absent)");
    _fail(file, line);
}

void test_ok(bool ok, const struct err *e, const char *call, const char *file, int line)
{
    char trace[512];

    if (ok)
        return;
    err_trace_format(e, trace, sizeof trace);
    print_error("%s failed: %s\n     at %s\n", call, e->text, trace);
    _fail(file, line);
}

void test_refused(bool ok, const struct err *e, enum err_code code, const char *call,
                  const char *file, int line)
{
    if (!ok && e->code == code && e->text[0])
        return;
    if (ok)
        print_error("%s succeeded, expected %s\n", call, err_code_name(code));
    else
        print_error("%s failed with %s (%s), expected %s\n", call, err_code_name(e->code), e->text,
                    err_code_name(code));
    _fail(file, line);
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static void remove_tree(void *path)
{
    enum { OPEN_DIRECTORIES = 16 };

    if (nftw(path, remove_entry, OPEN_DIRECTORIES, FTW_DEPTH | FTW_PHYS) != 0)
        print_error("%s: cannot be removed: %s\n", (const char *)path, strerror(errno));
}

const char *test_tmpdir(struct arena *a)
{
    const char *base = getenv("TMPDIR");
    const struct str template = str_fmt(a, "%s/hookswitch-test-XXXXXX", base ? base : "/tmp");
    char *path = arena_alloc(a, template.n + 1);

    memcpy(path, template.p, template.n);
    if (!mkdtemp(path))
        fail_msg("%s: %s", path, strerror(errno));
    arena_defer(a, remove_tree, path);
    return path;
}

const char *test_path(const char *dir, const char *name, struct arena *a)
{
    return str_z(str_fmt(a, "%s/%s", dir, name), a);
}

struct str test_file(const char *path, struct arena *a)
{
    FILE *f = fopen(path, "rbe");
    long n;
    char *p;

    if (!f)
        fail_msg("%s: %s", path, strerror(errno));
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    n = ftell(f);
    assert_true(n >= 0);
    rewind(f);
    p = arena_alloc(a, (size_t)n + 1);
    assert_int_equal(fread(p, 1, (size_t)n, f), n);
    (void)fclose(f); // was only read
    return (struct str){p, (size_t)n};
}

const char *test_postgres_url(void)
{
    const char *url = getenv("TEST_POSTGRES_URL");

    return url && *url ? url : NULL;
}

int test_be_quiet(void **state)
{
    (void)state;
    log_configure(LOG_ERROR + 1, LOG_LOGFMT);
    return 0;
}
