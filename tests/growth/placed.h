#ifndef GROWTH_PLACED_H
#define GROWTH_PLACED_H
/* Readers that want a place on the disk: a folder of this run, and a store in it. */
#include "base/str.h"

struct arena;

/* The bytes as the file that a node keeps of the accounts. */
void read_accounts(struct str in, struct arena *a);
/* The same of a project for each line, with an account of this name: written, sealed and read. */
void keep_accounts(struct str in, struct arena *a);
/* An acknowledgement log, held against a store with one project. */
void read_acks(struct str in, struct arena *a);

#endif
