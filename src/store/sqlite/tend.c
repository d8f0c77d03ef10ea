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
    int n = 0, n_copied = 0;

    const int rc =
        sqlite3_wal_checkpoint_v2(d->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &n, &n_copied);
    if (sqlite_is_sync_failure(rc))
        atomic_store(&s->broken, true);
    if (rc == SQLITE_OK)
        atomic_store(&s->log_copied, n_copied);
}

/* Whether the log has grown by a share of its bound since somebody last began. */
static bool is_due(struct sqlite_store *s, int n_pages)
{
    const int tried = atomic_load(&s->log_tried);

    if (n_pages < pages(s, 75) || (n_pages >= tried && n_pages < tried + pages(s, 3)))
        return false;
    atomic_store(&s->log_tried, n_pages);
    return true;
}

void tend_note(struct sqlite_db *d, int n_pages)
{
    struct sqlite_store *s = sqlite_store_of(&d->base);
    const int copied = atomic_load(&s->log_copied);

    d->log_pages = n_pages;
    if (n_pages < copied) // it has begun anew
        atomic_store(&s->log_copied, 0);
    else if (n_pages >= pages(s, 200) ||
             (n_pages >= pages(s, 85) && n_pages - copied <= pages(s, 6)))
        copy_back(d);
}

void tend_log(struct sqlite_db *d)
{
    const int n_pages = d->log_pages;

    d->log_pages = 0;
    if (d->handle && d->base.use != STORE_INGEST && is_due(sqlite_store_of(&d->base), n_pages))
        copy_back(d);
}
