#ifndef SIM_KNOWN_H
#define SIM_KNOWN_H
/*
 * Seeds that have found something. They stay, and every run of the simulator begins with them. A
 * seed means the same world only as long as the simulator draws the same: whoever changes it takes
 * the mend out in a copy, and finds the seed of each line anew.
 */
#include <stdint.h>

struct known {
    uint64_t seed;
    const char *found; /* what was wrong, in words */
};

static const struct known known[] = {
    {101, "F090: a clock set back kept a row that was to be retried waiting for an hour"},
    {41, "a new process built on a log that only the kernel's memory had; power then took the lot"},
    {9431, "a commit whose sync failed was copied into the file; power left half of it there"},
    {4, "F090: the lease of a worker whose clock had been ahead kept its rows from all others"},
};

#endif
