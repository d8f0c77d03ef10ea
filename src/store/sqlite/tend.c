#include "store/sqlite/tend.h"

#include "store/sqlite/failure.h"

enum { PAGE_BYTES = 4096 };

static int pages(const struct sqlite_store *s, int percent)
{
    return (int)(s->log_bound / 100 * percent / PAGE_BYTES);
}

/* As after SQLite's own hook, whose place ours takes, a failure is not the commit's; but a sync
 * that fails is not passed over: frames of light commits that it was to make durable may be lost
 * now, and with them all that the log gets behind them. */
static void copy_back(struct sqlite_db *d)
{
    struct sqlite_store *s = sqlite_store_of(&d->base);
    int n_pages, n_copied;

    const int rc =
        sqlite3_wal_checkpoint_v2(d->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &n_pages, &n_copied);
    if (sqlite_is_sync_failure(rc))
        atomic_store(&s->broken, true);
    if (rc == SQLITE_OK)
        atomic_store(&s->log_copied, n_copied);
}

/* By how much the log has grown since somebody last began to copy; all of it, when it has begun
 * anew. */
static int grown(struct sqlite_store *s, int n_pages)
{
    const int tried = atomic_load(&s->log_tried);

    return n_pages - (n_pages >= tried ? tried : 0);
}

static int left(struct sqlite_store *s, int n_pages)
{
    const int copied = atomic_load(&s->log_copied);

    return n_pages - (n_pages >= copied ? copied : 0);
}

static void try_to_copy(struct sqlite_db *d, int n_pages)
{
    atomic_store(&sqlite_store_of(&d->base)->log_tried, n_pages);
    copy_back(d);
}

void tend_note(struct sqlite_db *d, int n_pages)
{
    struct sqlite_store *s = sqlite_store_of(&d->base);
    const bool is_alone = grown(s, n_pages) >= pages(s, 25); // others would have tried

    d->log_pages = n_pages;
    if (n_pages >= pages(s, 85) && (is_alone || left(s, n_pages) <= pages(s, 6)))
        try_to_copy(d, n_pages);
}

void tend_log(struct sqlite_db *d)
{
    struct sqlite_store *s = sqlite_store_of(&d->base);
    const int n_pages = d->log_pages;

    d->log_pages = 0;
    if (d->handle && d->base.use != STORE_INGEST && n_pages >= pages(s, 75) &&
        grown(s, n_pages) >= pages(s, 3))
        try_to_copy(d, n_pages);
}
