#ifndef SIM_POSIX_H
#define SIM_POSIX_H
/*
 * What the rooms ask of libc, answered by the world: clocks, randomness, conditions of threads, the
 * log. The linker puts these functions in front of libc's (--wrap), so that the rooms' code is the
 * code that ships. Outside of fibers everything is libc's again. Files are handed in (files.h).
 */
#include "sim/fiber.h"

/* What the monotonic and the wall clock show at the beginning. */
#define SIM_BOOT SECONDS(1000)
#define SIM_EPOCH SECONDS(1800000000)

#endif
