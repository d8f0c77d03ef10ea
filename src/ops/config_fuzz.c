/*
 * Any text as .env, or as the environment: understood, or refused with what to fix; what is
 * understood keeps the promises of its header. A line that says something is never passed over.
 */
#include "ops/config.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINES_MAX = 16 };

/* Files that .env may name are the machine's own. */
static bool names_a_file(struct str in)
{
    return str_contains(in, STR("_FILE"));
}

static void check_understood(const struct config *c)
{
    assert(c->port >= 0 && c->port <= 65535 && c->api_threads >= 1 && c->api_threads <= 256);
    assert(c->webhook_invalid_per_minute >= 1 && c->loops >= 0 && c->workers >= 0);
    assert(c->default_region.n == 2);
    assert(str_is_empty(c->twilio_account_sid) == str_is_empty(c->twilio_auth_token));
    assert(str_starts(c->webhook_base_url, STR("http")));
    assert(c->bootstrap_api_key.n == 0 || c->bootstrap_api_key.n >= 16);
    assert(str_eq(c->environment, STR("production")) || str_eq(c->environment, STR("development")));
}

/* The last line of that name, the simple way: no quotes, no blanks. */
static void check_port(struct str in, const struct config *c)
{
    struct str line;
    int64_t port = 3000;
    bool simple = true;

    while (cut_field(&in, '\n', &line)) {
        uint64_t v;
        if (!cut_lit(&line, STR("PORT=")))
            simple = simple && !str_contains(line, STR("PORT"));
        else if (str_to_u64(line, &v))
            port = (int64_t)v;
        else
            simple = false;
    }
    assert(!simple || c->port == port);
}

static void load(char **environment, const char *path, struct str in, bool is_file)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct config c;
    struct err e = {0};

    if (!config_load(environment, path, a, &c, &e)) {
        assert(e.code == ERR_INVALID && e.text[0]);
        return;
    }
    check_understood(&c);
    if (is_file)
        check_port(in, &c);
}

static void load_from_file(struct str in)
{
    static int fd = -1;
    char path[64];

    if (fd < 0)
        fd = memfd_create("dotenv", MFD_CLOEXEC);
    assert(fd >= 0);
    const ssize_t n = pwrite(fd, in.p, in.n, 0);
    assert(n == (ssize_t)in.n && ftruncate(fd, (off_t)in.n) == 0);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    load(NULL, path, in, true);
}

static void load_from_environment(struct str in)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    char *environment[LINES_MAX + 1] = {0};
    struct str line, rest = in;

    for (size_t n = 0; n < LINES_MAX && cut_field(&rest, '\n', &line); n++)
        environment[n] = (char *)str_z(line, a);
    load(environment, "/nonexistent/.env", in, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct str in = {(const char *)data, size};

    if (names_a_file(in))
        return 0;
    load_from_file(in);
    load_from_environment(in);
    return 0;
}
