#ifndef SIM_KNOWN_H
#define SIM_KNOWN_H
/* Seeds that have found something. They stay, and every run of the simulator begins with them. */
#include <stdint.h>

struct known {
    uint64_t seed;
    const char *found; /* what was wrong, in words */
};

static const struct known known[] = {
    {1, "nothing: the first seed of all"},
};

#endif
