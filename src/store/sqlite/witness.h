#ifndef STORE_SQLITE_WITNESS_H
#define STORE_SQLITE_WITNESS_H
/*
 * A witness of how far the write-ahead log was durable.
 *
 * A log that was damaged ends, for SQLite, before its first bad frame: what was committed behind it
 * is gone without a word. So a small file beside the log, `<path>-witness`, says after each durable
 * commit how many frames of which log there are. It is written and not synced: it outlives the
 * process, and after a power cut it may be behind, never ahead. At the next start it is held
 * against what SQLite found.
 *
 * Not noticed: damage to commits that the witness had not heard of when the power went (the last
 * seconds), a log that was removed, damage to the database file itself (integrity_check finds
 * that), and a witness that was damaged too.
 */
#include "base/files.h"
#include "base/str.h"

struct witness;

/* Never fails: what cannot be opened sees nothing. */
struct witness *witness_open(const struct files *fs, const char *path);
/* Accepts NULL. */
void witness_close(struct witness *w);

/* A commit is durable; the log has so many frames now. By who holds the turn to write. */
void witness_note(const struct witness *w, uint32_t n_frames);
/* How many frames of this very log were durable once and are not among the n that were found. */
uint32_t witness_missing(const struct witness *w, uint32_t n_frames);

#endif
