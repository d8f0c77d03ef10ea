#ifndef TEST_MACHINE_H
#define TEST_MACHINE_H
/*
 * A machine: the rooms that keep what providers say (inbox, spool, queue, calls, feed) on a
 * simulated disk, driven by hand on one thread, with a clock of its own. The events that it is told
 * are always the same 300; what is told when is up to the test.
 */
#include "inbox/inbox.h"
#include "queue/internal.h"
#include "store/store.h"
#include "test/disk.h"

enum { MACHINE_EVENTS = 300 };

struct told {
    struct inbox_append append;
    struct machine *machine;
    bool waits;
    bool promised; /* at some time it was said that it is kept */
    enum inbox_result result;
    uint64_t promised_at; /* operations of the disk until then */
};

struct machine {
    struct disk *disk;
    usec_t now;
    struct clock clock;
    struct arena *a;
    struct store *store;
    struct inbox *inbox;
    struct inbox_apply *apply;
    struct queue queue;
    struct worker *worker;
    struct sqlite3 *beside; /* for looking from outside; opened by the first look */
    struct told told[MACHINE_EVENTS];
};

/* Opens, migrates, makes the first project. What a failure left behind is for machine_stop too. */
bool machine_start(struct machine *m, struct disk *d, usec_t now, struct err *e) CHECK_RESULT;
/* As a process ends, whatever the disk says. */
void machine_stop(struct machine *m);

/* A webhook comes in; it is answered by machine_keep(). */
void machine_tell(struct machine *m, size_t event);
/* The writer's turn, until all that came in is answered. */
void machine_keep(struct machine *m);
/* Time passes, and the writer brings back what was spooled. Whether nothing is spooled any more. */
bool machine_bring_back(struct machine *m);
/* The worker's turn, once around or until nothing is left; stops a machine without power. */
bool machine_work(struct machine *m);
void machine_work_all(struct machine *m);

/* What is wrong with it, a line each: the auditor's findings, SQLite's own; "" when nothing is. */
struct str machine_audit(struct machine *m, struct arena *a);
/* The first column of a query on its database, a line each; for looking from outside. */
struct str machine_query(struct machine *m, const char *sql, struct arena *a);
/* All that is shown of calls and conversations: the same whatever happened on the way. */
struct str machine_snapshots(struct machine *m, struct arena *a);

#endif
