#include "base/fault.h"

/*
 * One fault is armed at a time. The counters are atomic, so that points may be passed on any
 * thread; arming itself belongs to one thread, the test's. A passage that overlaps with arming
 * counts or does not, but never sees a torn name.
 */
#ifdef HOOKSWITCH_FAULTS

#include "base/str.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static atomic_bool armed;
static _Atomic(const char *) armed_name; /* NULL: any */
static atomic_uint_fast64_t armed_nth;
static atomic_uint_fast64_t armed_length; /* how many passages fail */
static atomic_uint_fast64_t passed;
static atomic_bool struck;

bool fault_hit(const char *name)
{
    if (!atomic_load(&armed))
        return false;
    const char *wanted = atomic_load(&armed_name);
    if (wanted && strcmp(wanted, name) != 0)
        return false;

    uint64_t count = atomic_fetch_add(&passed, 1) + 1;
    uint64_t nth = atomic_load(&armed_nth);
    if (count < nth || count - nth >= atomic_load(&armed_length))
        return false;
    atomic_store(&struck, true);
    return true;
}

void fault_arm_outage(const char *name, uint64_t nth, uint64_t length)
{
    assert(nth > 0);
    atomic_store(&armed, false);
    atomic_store(&armed_name, name);
    atomic_store(&armed_nth, nth);
    atomic_store(&armed_length, length);
    atomic_store(&passed, 0);
    atomic_store(&struck, false);
    atomic_store(&armed, true);
}

void fault_arm(const char *name, uint64_t nth, bool persistent)
{
    fault_arm_outage(name, nth, persistent ? UINT64_MAX : 1);
}

void fault_disarm(void)
{
    atomic_store(&armed, false);
}

uint64_t fault_passed(void)
{
    return atomic_load(&passed);
}

bool fault_struck(void)
{
    return atomic_load(&struck);
}

void fault_arm_from_environment(void)
{
    static char name[64]; // outlives the arming
    struct str spec = str_from(getenv("HOOKSWITCH_FAULT")), point;
    uint64_t nth;

    if (str_is_none(spec))
        return;
    if (!cut_until(&spec, ':', &point) || point.n >= sizeof(name) || !cut_u64(&spec, &nth) ||
        nth == 0 || !(spec.n == 0 || str_eq(spec, STR("+")))) {
        // A misspelt fault would be a test that proves nothing.
        fputs("HOOKSWITCH_FAULT: expected point:n or point:n+ with n from 1\n", stderr);
        exit(2);
    }
    memcpy(name, point.p, point.n);
    name[point.n] = '\0';
    fault_arm(str_eq(point, STR("*")) ? NULL : name, nth, spec.n > 0);
}

#else

bool fault_hit(const char *name)
{
    (void)name;
    return false;
}

void fault_arm(const char *name, uint64_t nth, bool persistent)
{
    (void)name, (void)nth, (void)persistent;
}

void fault_arm_outage(const char *name, uint64_t nth, uint64_t length)
{
    (void)name, (void)nth, (void)length;
}

void fault_disarm(void)
{
}

uint64_t fault_passed(void)
{
    return 0;
}

bool fault_struck(void)
{
    return false;
}

void fault_arm_from_environment(void)
{
}

#endif
