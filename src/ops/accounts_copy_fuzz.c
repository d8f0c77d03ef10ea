/*
 * Any bytes as the file that a node keeps of the accounts, and a good file with one byte changed:
 * neither is read, and nothing of it is given out.
 */
#include "ops/accounts_copy.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/tmp/hookswitch-accounts-fuzz-XXXXXX";
static char path[128];
static struct vault *vault;
static struct buf good;

static void tidy(void)
{
    (void)unlink(path);
    (void)rmdir(dir);
    vault_close(vault);
    buf_finish(&good);
}

static void leave_file(struct str bytes)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert(fd >= 0);
    const ssize_t n = write(fd, bytes.p, bytes.n);
    assert(n == (ssize_t)bytes.n);
    (void)close(fd);
}

static bool is_read(void)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct copied_accounts all;
    struct err e = {0};
    bool found = false;

    const bool ok = account_copy_read(&(struct account_copy_place){&files_system, str_from(dir)},
                                      vault, a, &all, &found, &e);
    assert(ok == found && ok == (e.code == ERR_NONE));
    return ok;
}

/* Where it is to be, and a good one. */
static void prepare(void)
{
    struct rng rng = rng_seeded(7);
    struct err e = {0};
    FILE *f;

    const bool made = mkdtemp(dir) && vault_open(STR("the-master-key-of-the-fuzzer-000000000"),
                                                 STR_NONE, &vault, &e);
    assert(made);
    (void)snprintf(path, sizeof path, "%s/accounts.sealed", dir);
    (void)atexit(tidy);
    struct account_copy *c = account_copy_create(vault, &rng);
    account_copy_add_project(c, &(struct connected_project){.project = 7});
    account_copy_add_account(c, 7,
                             &(struct sealed_connection){.provider = STR("twilio"),
                                                         .account = STR("AC1"),
                                                         .secret = STR("sealed")});
    const bool saved =
        account_copy_save(c, 7, &(struct account_copy_place){&files_system, str_from(dir)}, &e);
    assert(saved);
    account_copy_destroy(c);
    buf_init(&good, 64 * 1024);
    f = fopen(path, "r");
    assert(f);
    for (int byte; (byte = fgetc(f)) != EOF;)
        buf_char(&good, (char)byte);
    (void)fclose(f);
    assert(is_read());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!vault)
        prepare();
    leave_file((struct str){(const char *)data, size});
    assert(!is_read());
    if (size < 3)
        return 0;
    const size_t at = (size_t)(data[0] << 8 | data[1]) % good.n;
    const char was = good.p[at];
    good.p[at] = (char)data[2];
    leave_file(buf_view(&good));
    good.p[at] = was;
    assert(!is_read() || (char)data[2] == was);
    return 0;
}
