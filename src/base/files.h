#ifndef BASE_FILES_H
#define BASE_FILES_H
/*
 * The file system, handed in like the clock: the system's own, or a disk that a test holds.
 *
 * The verbs are the system calls of the same names: -1 (or false) and errno when they fail, and a
 * write may take less than it was given. Names are relative to `dir`, a directory that was opened
 * (FILES_CWD: the working directory). There are as many verbs as durable files need, no more.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/str.h"

struct stat;
struct statfs;

enum { FILES_CWD = -100 }; /* AT_FDCWD */

struct files {
    int (*open)(const struct files *f, int dir, const char *name, int flags, mode_t mode);
    int (*close)(const struct files *f, int fd);
    ssize_t (*read)(const struct files *f, int fd, void *p, size_t n);
    ssize_t (*write)(const struct files *f, int fd, const void *p, size_t n);
    ssize_t (*write_at)(const struct files *f, int fd, const void *p, size_t n, off_t offset);
    /* Makes durable: content and size of a file (fdatasync); the entries of a directory (fsync). */
    int (*sync)(const struct files *f, int fd);
    int (*sync_dir)(const struct files *f, int fd);
    /* Cuts it off there, and goes on writing there. */
    int (*truncate)(const struct files *f, int fd, off_t size);
    /* Exclusively, without waiting; ends with the descriptor. */
    int (*lock)(const struct files *f, int fd);
    int (*stat)(const struct files *f, int dir, const char *name, struct stat *ret, int flags);
    int (*fstat)(const struct files *f, int fd, struct stat *ret);
    int (*access)(const struct files *f, const char *path, int mode);
    int (*statfs)(const struct files *f, const char *path, struct statfs *ret);
    int (*make_dir)(const struct files *f, const char *path, mode_t mode);
    int (*remove)(const struct files *f, int dir, const char *name);
    int (*rename)(const struct files *f, int dir, const char *from, const char *to);
    /* Names each entry of the directory, in no order. */
    bool (*list)(const struct files *f, int dir, void (*each)(const char *name, void *arg),
                 void *arg);
    const char
        *sqlite_vfs; /* the name under which SQLite finds the same files; NULL: its default */
    void *arg;
};

extern const struct files files_system;

/* Makes the entries of a directory durable. One that may not be opened, or cannot be synced at all,
 * is its maker's business and no failure. */
bool files_sync_dir(const struct files *f, const char *path);
/* The same of the one that `path` is in. */
bool files_sync_above(const struct files *f, const char *path);
/* All of it, however often that is interrupted or cut short. False: errno says why. */
bool files_write_all(const struct files *f, int fd, struct str bytes);
/* As many bytes as are wanted, or up to the end of the file; -1: errno says why. */
ssize_t files_read_all(const struct files *f, int fd, char *p, size_t n);

#endif
