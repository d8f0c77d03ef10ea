#include "tests/growth/placed.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/files.h"
#include "ops/accounts_copy.h"
#include "ops/verify_acks.h"
#include "tenancy/project.h"

static char dir[] = "/tmp/hookswitch-growth-XXXXXX";
static const struct account_copy_place place = {&files_system, {dir, sizeof dir - 1}};
static struct vault *vault;
static struct store *store;
static struct db *db;

static const char *path_of(const char *name, struct arena *a)
{
    return str_z(str_fmt(a, "%s/%s", dir, name), a);
}

static void tidy(void)
{
    static const char *const files[] = {"accounts.sealed", "store.db",      "store.db-wal",
                                        "store.db-shm",    "store.db.lock", "store.db-witness"};
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    db_close(db);
    store_close(store);
    vault_close(vault);
    for (size_t i = 0; i < LEN(files); i++)
        (void)unlink(path_of(files[i], a));
    (void)rmdir(dir);
}

static void open_store(struct rng *rng, struct arena *a)
{
    const struct store_options options = {.url = str_fmt(a, "sqlite:%s", path_of("store.db", a)),
                                          .clock = &clock_system,
                                          .exclusive = true};
    const struct project_bootstrap first = {
        .rng = rng, .now = SECONDS(1800000000), .provider = STR("twilio")};
    struct err e;
    int64_t project;
    int n;

    bool ok = store_open(&options, &store, &e) && store_migrate_up(store, &n, &e);
    assert(ok);
    db = store_connect(store, STORE_WORK);
    ok = project_bootstrap(db, &first, &project, &e);
    assert(ok);
}

/* Once, at the first measure of whoever wants it, which is not counted. */
static void prepare(void)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rng rng = rng_seeded(7);
    struct err e;

    if (vault)
        return;
    const bool ok = mkdtemp(dir) && vault_open(STR("the-master-key-of-the-growth-0000000000"),
                                               STR_NONE, &vault, &e);
    assert(ok);
    open_store(&rng, a);
    (void)atexit(tidy);
}

// --- accounts ------------------------------------------------------------------------------------

static void read_copy(struct arena *a)
{
    struct copied_accounts all;
    struct err e;
    bool found;

    (void)!account_copy_read(&place, vault, a, &all, &found, &e);
}

void read_accounts(struct str in, struct arena *a)
{
    prepare();
    FILE *f = fopen(path_of("accounts.sealed", a), "w");
    assert(f);
    (void)fwrite(in.p, 1, in.n, f);
    (void)fclose(f);
    read_copy(a);
}

void keep_accounts(struct str in, struct arena *a)
{
    struct rng rng = rng_seeded(7);
    struct str name;
    struct err e;

    prepare();
    _cleanup_(account_copy_destroyp) struct account_copy *c = account_copy_create(vault, &rng);
    for (int64_t project = 1; cut_field(&in, '\n', &name); project++) {
        account_copy_add_project(c, &(struct connected_project){.project = project});
        account_copy_add_account(c, project,
                                 &(struct sealed_connection){
                                     .provider = STR("twilio"), .account = name, .secret = name});
    }
    const bool saved = account_copy_save(c, 1, &place, &e);
    assert(saved);
    read_copy(a);
}

// --- acknowledgements ----------------------------------------------------------------------------

static void pass_over(struct str what, void *arg)
{
    (void)what;
    (void)arg;
}

void read_acks(struct str in, struct arena *a)
{
    struct err e;

    (void)a;
    prepare();
    FILE *log = fmemopen((void *)(uintptr_t)in.p, in.n, "r");
    assert(log);
    struct verify_acks v = {.log = log, .on_finding = pass_over};
    (void)!verify_acks(db, &v, &e);
    (void)fclose(log);
}
