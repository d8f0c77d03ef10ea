#include "base/fault.h"

#include "test/test.h"

uint64_t test_every_outage(const char *name, uint64_t length, test_attempt_fn *attempt, void *arg)
{
    for (uint64_t nth = 1;; nth++) {
        bool struck;

        fault_arm_outage(name, nth, length);
        attempt(arg);
        struck = fault_struck();
        fault_disarm();
        if (!struck)
            return nth - 1;
    }
}

uint64_t test_every_fault(const char *name, test_attempt_fn *attempt, void *arg)
{
    return test_every_outage(name, 1, attempt, arg);
}
