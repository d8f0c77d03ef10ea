#include "loop/cores.h"

#include <sched.h>
#include <unistd.h>

#include "loop/loop.h"
#include "test/test.h"

struct kept {
    bool ok;
    size_t n;
};

static void keep_to_one(void *ret)
{
    struct kept *k = ret;
    cpu_set_t all, one;

    k->ok = sched_getaffinity(0, sizeof all, &all) == 0;
    CPU_ZERO(&one);
    for (size_t i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &all) && CPU_COUNT(&one) == 0)
            CPU_SET(i, &one);
    k->ok = k->ok && sched_setaffinity(0, sizeof one, &one) == 0;
    k->n = cores_allowed();
}

static void a_thread_that_is_kept_to_one_core_has_one(void **state)
{
    const size_t before = cores_allowed();
    struct kept kept = {.ok = false};
    struct thread *t;
    struct err e;

    (void)state;
    assert_in_range(before, 1, sysconf(_SC_NPROCESSORS_ONLN));
    assert_ok(thread_start("kept", keep_to_one, &kept, &t, &e), &e);
    thread_join(t);
    assert_true(kept.ok);
    assert_int_equal(kept.n, 1);
    assert_int_equal(cores_allowed(), before);
}

TEST_MAIN(cmocka_unit_test(a_thread_that_is_kept_to_one_core_has_one))
