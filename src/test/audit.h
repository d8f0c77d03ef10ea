#ifndef TEST_AUDIT_H
#define TEST_AUDIT_H
/*
 * The auditor for tests that generate load within one process: notes what was acknowledged and what
 * clients saw, then holds a store against the notes and against itself (I1 to I8), as
 * `hookswitch verify --acks` does.
 *
 *     struct audit_notes *notes = audit_notes_create(a);
 *     audit_acked(notes, project, key);               // after the inbox said so, never before
 *     audit_saw(notes, project, STR("node 2"), epoch, seq);
 *     assert_sound(audit_store(store, notes, a));     // or look at the text yourself
 *
 * The spool must have been replayed before: what only it holds counts as missing.
 */
#include "store/store.h"
#include "test/test.h"

struct audit_notes;

/* Ends with the arena. One thread at a time. */
struct audit_notes *audit_notes_create(struct arena *a);

/* The event of this dedupe key was acknowledged; may be noted more than once. */
void audit_acked(struct audit_notes *n, int64_t project, struct str dedupe_key);
/* A client starts behind seq (or was told to start anew there). Without it, it may start anywhere.
 * Names of clients have no blanks. */
void audit_follows(struct audit_notes *n, int64_t project, struct str client, struct str epoch,
                   int64_t seq);
/* A client saw this event of the feed. */
void audit_saw(struct audit_notes *n, int64_t project, struct str client, struct str epoch,
               int64_t seq);
/* A client says that it has caught up with the feed, which stands still from now on. */
void audit_caught_up(struct audit_notes *n, int64_t project, struct str client);

/* The first contradiction in words, or STR_NONE when there is none. A store that cannot be read is
 * a finding as well. notes NULL: the store is held against itself only. */
struct str audit_store(struct store *store, const struct audit_notes *notes, struct arena *a);
/* As above, on a connection. */
struct str audit_db(struct db *db, const struct audit_notes *notes, struct arena *a);

/* Fails the test with the finding. */
#define assert_sound(finding_) test_sound((finding_), __FILE__, __LINE__)
void test_sound(struct str finding, const char *file, int line);

#endif
