#include "loop/cores.h"

#include <sched.h>
#include <unistd.h>

size_t cores_allowed(void)
{
    const long all = sysconf(_SC_NPROCESSORS_ONLN);
    cpu_set_t allowed;

    // More than the set has room for is a machine on which all of them will do.
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
        return (size_t)CPU_COUNT(&allowed);
    return all > 0 ? (size_t)all : 1;
}
