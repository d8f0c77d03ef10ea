#include "base/fault.h"

#include <dirent.h>
#include <sched.h>

#include "base/clock.h"
#include "test/test.h"

size_t test_descriptors(void)
{
    DIR *all = opendir("/proc/self/fd");
    size_t n = 0;

    assert_non_null(all);
    while (readdir(all))
        n++;
    (void)closedir(all);
    return n;
}

void test_expect_no_leak(size_t most, uint64_t n_round)
{
    const usec_t patience = clock_monotonic(&clock_system) + SECONDS(20);
    size_t n;

    while ((n = test_descriptors()) > most)
        if (clock_monotonic(&clock_system) < patience)
            (void)sched_yield();
        else
            fail_msg("round %llu: %zu descriptors are open, and %zu were before",
                     (unsigned long long)n_round, n, most);
}

uint64_t test_every_outage(const char *name, uint64_t length, test_attempt_fn *attempt, void *arg)
{
    fault_arm_outage(name, UINT64_MAX, 1); // once in peace: what stays open is open then
    attempt(arg);
    fault_disarm();
    const size_t most = test_descriptors();

    for (uint64_t nth = 1;; nth++) {
        bool struck;

        fault_arm_outage(name, nth, length);
        attempt(arg);
        struck = fault_struck();
        fault_disarm();
        test_expect_no_leak(most, nth);
        if (!struck)
            return nth - 1;
    }
}

uint64_t test_every_fault(const char *name, test_attempt_fn *attempt, void *arg)
{
    return test_every_outage(name, 1, attempt, arg);
}

uint64_t test_every_fault_twice(const char *name, test_attempt_fn *attempt, void *arg)
{
    const uint64_t n = test_every_fault(name, attempt, arg);

    (void)test_every_outage(name, UINT64_MAX, attempt, arg); // fewer: what failed goes no further
    return n;
}
