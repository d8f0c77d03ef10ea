#ifndef TENANCY_FLAGS_H
#define TENANCY_FLAGS_H
/*
 * Flags: what is switched while the server runs, for the whole installation and for each project.
 *
 * The configuration says what a flag is at first; the installation may set another value; a project
 * may only narrow it, so that what is switched off for all is off. The store keeps what was set, as
 * text; a node keeps it on a board that any thread reads without waiting (ops/flag_watch.c looks
 * every second).
 */
#include "base/clock.h"
#include "store/store.h"

/* flag, its name, its words from the narrowest to the widest; without words a number of percents */
#define FLAGS(X)                                                                                   \
    X(INGESTION, "webhook_ingestion_enabled", "off shadow on")                                     \
    X(PUSH, "realtime_push_enabled", "off on")                                                     \
    X(RECONCILE, "reconcile_jobs_enabled", "off on")                                               \
    X(WORKER_SHARE, "worker_percentage", "")

enum flag {
#define X(flag, name, words) FLAG_##flag,
    FLAGS(X)
#undef X
        FLAG_COUNT
};

/* Of INGESTION. Shadow: events are kept, and not processed before it is on. */
enum ingestion { INGESTION_OFF, INGESTION_SHADOW, INGESTION_ON };

/* By flag, as the place of its word or as a number; INT_NONE: not set. */
struct flags {
    int64_t v[FLAG_COUNT];
};

struct flags flags_none(void);
/* All as wide as they go. */
struct flags flags_widest(void);
/* `over` where it is set, else `under`. */
struct flags flags_override(const struct flags *under, const struct flags *over);
/* The narrower of each; what is not set narrows nothing. */
struct flags flags_narrow(const struct flags *x, const struct flags *y);

const char *flag_name(enum flag f);
/* "off shadow on", or nothing for a number from 0 to 100. */
const char *flag_words(enum flag f);
bool flag_find(struct str name, enum flag *ret);
/* An empty text: not set. ERR_INVALID says what is expected. */
bool flag_parse(enum flag f, struct str text, int64_t *ret, struct err *e) CHECK_RESULT;
/* none: not set. */
struct str flag_text(enum flag f, int64_t value, struct arena *a);
/* "name=value name=value" of those that are set; none: none is. */
struct str flags_text(const struct flags *f, struct arena *a);
/* And back; what this program does not know is passed over. */
struct flags flags_read(struct str text);

enum { FLAGS_INSTALLATION = 0 }; /* in the place of a project */

/* What is set, of a project or of the installation. */
bool flags_get(struct db *db, int64_t project, struct arena *a, struct flags *ret,
               struct err *e) CHECK_RESULT;

/* Of a project or of the installation, those that are given; INT_NONE takes a setting back. */
struct flags_change {
    int64_t project;
    struct flags flags;
    bool given[FLAG_COUNT];
};
/* In the caller's transaction, with its line in the audit log; `by` says whose it is, and from
 * where. Who else changes the same waits until the transaction ends. */
struct audit_entry;
bool flags_change(struct db *db, const struct flags_change *c, const struct audit_entry *by,
                  usec_t now, struct arena *a, struct err *e) CHECK_RESULT;

// --- the board of a node -------------------------------------------------------------------------

struct flag_board;

/* preset: what the configuration says. */
struct flag_board *flag_board_create(const struct flags *preset);
/* Nobody reads it any more. Accepts NULL. */
void flag_board_destroy(struct flag_board *b);
/* Reads what the store has onto the board; *ret_changed: it is another one. One thread. */
bool flag_board_load(struct flag_board *b, struct db *db, bool *ret_changed,
                     struct err *e) CHECK_RESULT;
/* How many sheets it holds: the present one, and old ones that somebody may still have read when it
 * was last loaded. The thread that loads. */
size_t flag_board_sheets(const struct flag_board *b);
/* What counts for a project now; of FLAGS_INSTALLATION: where none narrows it. Any thread, without
 * a lock. */
struct flags flag_board_of(struct flag_board *b, int64_t project);
int64_t flag_board_value(struct flag_board *b, int64_t project, enum flag f);
/* What the configuration says. */
struct flags flag_board_preset(const struct flag_board *b);
/* The percents of a project's calls that are processed: 0 while its ingestion is not on. */
int64_t flag_board_share(struct flag_board *b, int64_t project);

#endif
