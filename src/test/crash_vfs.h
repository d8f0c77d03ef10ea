#ifndef TEST_CRASH_VFS_H
#define TEST_CRASH_VFS_H
/*
 * SQLite on a simulated disk. A disk registers itself (disk_files(d)->sqlite_vfs is the name); who
 * uses the product needs nothing of this header but crash_vfs_seed().
 *
 * It behaves as SQLite's own VFS for Unix does: a log or journal that was created has its directory
 * synced with its first sync; a write that finds no room is SQLITE_FULL; locks and the shared
 * memory of the log exist once per file and die with the power. The device promises what ext4 does:
 * a write inside of a sector leaves its neighbours alone (POWERSAFE_OVERWRITE), nothing else.
 * xSleep does not sleep.
 */
#include "test/disk.h"

/* SQLite draws its salts from one generator per process: from here on they follow from the seed. */
void crash_vfs_seed(uint32_t seed);

#endif
