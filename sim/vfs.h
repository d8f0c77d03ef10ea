#ifndef SIM_VFS_H
#define SIM_VFS_H
/*
 * SQLite's files on the world's disk: a VFS with locks and shared memory between processes. The
 * default VFS once it is registered, which must come before anything else of SQLite.
 */
#include "sim/fiber.h"

#define SIM_VFS "sim"

void vfs_register(void);
/* The process is gone: its locks are free; shared memory that nobody uses any more is forgotten. */
void vfs_forget(const struct process *p);

#endif
