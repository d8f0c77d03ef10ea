#include "store/sqlite/tend.h"

#include "store/sqlite/failure.h"

enum { PAGE_BYTES = 4096 };

/* Percent of the bound. */
enum {
    LARGE = 75,   /* the log is copied back */
    FULL = 85,    /* with the turn, if that is quickly done */
    LITTLE = 6,   /* is quickly done */
    STEP = 3,     /* from one attempt without the turn to the next */
    FORSAKEN = 25 /* nobody has tried: nobody does */
};

static int pages(const struct sqlite_store *s, int percent)
{
    return (int)(s->log_bound / 100 * percent / PAGE_BYTES);
}

/* Whether it did. A failure is nobody's who has committed; but a sync that fails is not passed
 * over: frames of light commits that it was to make durable may be lost now, and with them all that
 * the log gets behind them. A log that may have lost some is not copied (recovery.h). */
static bool copy_back(struct sqlite_db *d, int n_pages)
{
    struct sqlite_store *s = sqlite_store_of(&d->base);
    int n_copied;

    if (atomic_load(&s->broken))
        return false;
    atomic_store(&s->log_tried, n_pages);
    const int rc =
        sqlite3_wal_checkpoint_v2(d->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, &n_copied);
    if (sqlite_is_sync_failure(rc))
        atomic_store(&s->broken, true);
    if (rc == SQLITE_OK)
        atomic_store(&s->log_copied, n_copied);
    return rc == SQLITE_OK;
}

/* SQLite syncs the file only after a copy to the very end of the log: what was copied short of that
 * would be left to who finishes. */
static void sync_file(struct sqlite_db *d)
{
    struct sqlite_store *s = sqlite_store_of(&d->base);
    sqlite3_file *f = NULL;

    (void)sqlite3_file_control(d->handle, "main", SQLITE_FCNTL_FILE_POINTER, &f);
    if (f && f->pMethods && f->pMethods->xSync(f, SQLITE_SYNC_NORMAL) != SQLITE_OK)
        atomic_store(&s->broken, true);
}

static void begin_anew(struct sqlite_store *s)
{
    atomic_store(&s->log_tried, 0);
    atomic_store(&s->log_copied, 0);
}

void tend_note(struct sqlite_db *d, int n_pages)
{
    struct sqlite_store *s = sqlite_store_of(&d->base);

    if (n_pages < s->log_pages)
        begin_anew(s);
    s->log_pages = n_pages;
    d->log_pages = n_pages;
    if (n_pages < pages(s, FULL))
        return;
    const bool is_little = n_pages - atomic_load(&s->log_copied) <= pages(s, LITTLE);
    const bool is_alone =
        d->base.use == STORE_INGEST && n_pages - atomic_load(&s->log_tried) >= pages(s, FORSAKEN);
    if (is_little || is_alone)
        (void)copy_back(d, n_pages); // and to its end, mostly: SQLite has synced the file
}

void tend_log(struct sqlite_db *d)
{
    struct sqlite_store *s = sqlite_store_of(&d->base);
    const int n_pages = d->log_pages;

    d->log_pages = 0;
    if (!d->handle || d->base.use == STORE_INGEST || n_pages < pages(s, LARGE) ||
        n_pages - atomic_load(&s->log_tried) < pages(s, STEP))
        return;
    if (copy_back(d, n_pages))
        sync_file(d);
}
