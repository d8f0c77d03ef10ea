#ifndef STORE_SQLITE_FILE_H
#define STORE_SQLITE_FILE_H
/* The database file as a file: where it may lie, who may use it, whether it is still the same. */
#include "base/err.h"
#include "base/time.h"

struct db_file;
struct files;

/*
 * Creates the file's directory (one level) and the file (mode 0600) when they are missing. Refuses
 * a network file system and, when exclusive, a file that another process has open exclusively:
 * `<path>.lock` is locked as long as the object lives and names the process.
 */
bool db_file_open(const struct files *fs, struct str path, bool exclusive, struct db_file **ret,
                  struct err *e) CHECK_RESULT;
/* Accepts NULL. */
void db_file_close(struct db_file *f);
DEFINE_CLEANUP(struct db_file, db_file_close)
const char *db_file_path(const struct db_file *f);
/*
 * Makes the names of the file, of its log and of their directory durable. To be called when SQLite
 * has opened the log, and before anything is promised: SQLite syncs the directory of a log that it
 * made, but not that of the file, and does not say when it could not.
 */
bool db_file_settle(struct db_file *f, struct err *e) CHECK_RESULT;
/* Bytes of the write-ahead log. */
int64_t db_file_wal_bytes(const struct db_file *f);

/*
 * Whether the path still leads to the file, and `-wal` to the log, that were there first; looks at
 * most once a second. What is written into a file that lost its name is lost with the process.
 * Any thread.
 */
bool db_file_check(struct db_file *f, struct err *e) CHECK_RESULT;
/* The same of the path alone, looked at now: whose file a handle is that was just opened. */
bool db_file_look(struct db_file *f, struct err *e) CHECK_RESULT;

#endif
