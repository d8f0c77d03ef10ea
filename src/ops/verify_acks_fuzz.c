/*
 * Any bytes as an acknowledgement log, held against a store with one project and a feed of five:
 * refused with a remedy, or judged; what was counted is within what can be, and a log that is
 * judged is judged the same a second time.
 */
#include "ops/verify_acks.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "tenancy/project.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/tmp/hookswitch-acks-fuzz-XXXXXX";
static struct store *store;
static struct db *db;

static void tidy(void)
{
    static const char *const ends[] = {"", "-wal", "-shm", ".lock", "-witness"};
    char path[128];

    db_close(db);
    store_close(store);
    for (size_t i = 0; i < LEN(ends); i++) {
        (void)snprintf(path, sizeof path, "%s/store.db%s", dir, ends[i]);
        (void)unlink(path);
    }
    (void)rmdir(dir);
}

static void prepare(void)
{
    struct rng rng = rng_seeded(7);
    struct err e = {0};
    char url[128];
    int64_t project;
    int n;

    const bool placed = mkdtemp(dir) != NULL;
    assert(placed);
    (void)snprintf(url, sizeof url, "sqlite:%s/store.db", dir);
    const bool opened = store_open(
        &(struct store_options){.url = str_from(url), .clock = &clock_system, .exclusive = true},
        &store, &e);
    assert(opened && store_migrate_up(store, &n, &e));
    db = store_connect(store, STORE_WORK);
    assert(project_bootstrap(db,
                             &(struct project_bootstrap){.rng = &rng,
                                                         .now = SECONDS(1800000000),
                                                         .provider = STR("twilio")},
                             &project, &e));
    (void)atexit(tidy);
}

static void count(struct str what, void *arg)
{
    assert(what.n > 0);
    ++*(int64_t *)arg;
}

static bool judge(const uint8_t *data, size_t size, struct verify_acks *v, struct err *e)
{
    int64_t told = 0;
    FILE *log = fmemopen((void *)(uintptr_t)data, size, "r");

    assert(log);
    *v = (struct verify_acks){.log = log, .on_finding = count, .arg = &told};
    const bool ok = verify_acks(db, v, e);
    (void)fclose(log);
    assert(!ok || told == v->findings);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct verify_acks v, again;
    struct err e = {0};

    if (!store)
        prepare();
    if (size == 0)
        return 0; // nothing that fmemopen() takes
    if (!judge(data, size, &v, &e)) {
        assert(e.code == ERR_INVALID && e.text[0]);
        return 0;
    }
    assert(v.acked >= 0 && v.seen >= 0 && v.clients >= 0 && v.unknown == 0);
    assert(judge(data, size, &again, &e));
    assert(v.acked == again.acked && v.seen == again.seen && v.clients == again.clients &&
           v.findings == again.findings);
    return 0;
}
