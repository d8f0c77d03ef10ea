#ifndef SIM_FILES_H
#define SIM_FILES_H
/*
 * The world's disk (disk.h) as the rooms see it: descriptors and locks of processes, which end with
 * them. Everything of ours lies below SIM_DATA.
 */
#include "base/files.h"

#include "sim/fiber.h"

#define SIM_DATA "/sim/data"

extern const struct files sim_files;

/* A machine with an empty directory for our data. */
void sim_files_begin(void);
/* The process is gone: its descriptors are closed, its locks are free. */
void sim_files_forget(const struct process *p);

#endif
