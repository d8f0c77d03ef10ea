#include "loop/urgency.h"

#include <sys/resource.h>
#include <unistd.h>

#include "loop/loop.h"
#include "test/test.h"

static void wait_patiently(void *ret)
{
    urgency_set(URGENCY_PATIENT);
    *(int *)ret = getpriority(PRIO_PROCESS, (id_t)gettid());
}

static void who_is_patient_is_nice_alone(void **state)
{
    const int before = getpriority(PRIO_PROCESS, (id_t)gettid());
    struct thread *t;
    struct err e;
    int nice = before;

    (void)state;
    assert_ok(thread_start("patient", wait_patiently, &nice, &t, &e), &e);
    thread_join(t);
    assert_int_equal(nice, before > 10 ? before : 10);
    assert_int_equal(getpriority(PRIO_PROCESS, (id_t)gettid()), before);
}

TEST_MAIN(cmocka_unit_test(who_is_patient_is_nice_alone))
