#ifndef SIM_KNOWN_H
#define SIM_KNOWN_H
/*
 * Seeds that have found something. They stay, and every run of the simulator begins with them. A
 * seed means the same world only as long as the simulator draws the same: whoever changes it takes
 * the mend out in a copy, and finds the seed of each line anew. What is mended twice is taken out
 * twice: for 41 the settling of a start and the witness, which copies the log back as well.
 */
#include <stdint.h>

struct known {
    uint64_t seed;
    const char *found; /* what was wrong, in words */
};

static const struct known known[] = {
    {41, "a new process built on a log that only the kernel's memory had; power then took the lot"},
    {4, "F090: the lease of a worker whose clock had been ahead kept its rows from all others"},
};

#endif
