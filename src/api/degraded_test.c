/* Each reason by itself, at its bound and behind it. */
#include "api/degraded.h"

#include "test/test.h"

static void each_is_told_behind_its_bound(void **state)
{
    static const struct {
        const char *name;
        struct degraded_figures at, behind;
    } rows[] = {
        [DEGRADED_STORE] = {"store", {0}, {.store_down = true}},
        [DEGRADED_INBOX] = {"inbox", {0}, {.inbox_down = true}},
        [DEGRADED_SPOOL] = {"spool", {0}, {.spool_bytes = 1}},
        [DEGRADED_BACKLOG] = {"backlog",
                              {.backlog_age = SECONDS(4)},
                              {.backlog_age = SECONDS(4) + 1}},
        [DEGRADED_DEAD_LETTERS] = {"dead_letters", {0}, {.dead_letters = 1}},
        [DEGRADED_PUSH] = {"push", {.push_lag = SECONDS(4)}, {.push_lag = SECONDS(4) + 1}},
        [DEGRADED_JOB_LATE] = {"job_late", {.job_late = MINUTES(2)}, {.job_late = MINUTES(2) + 1}},
        [DEGRADED_JOB_FAILS] = {"job_fails", {.job_failures = 2}, {.job_failures = 3}},
    };

    (void)state;
    static_assert(LEN(rows) == DEGRADED_COUNT, "each is tried");
    for (size_t i = 0; i < LEN(rows); i++) {
        assert_string_equal(degraded_name((enum degraded)i), rows[i].name);
        assert_int_equal(degraded_of(&rows[i].at), 0);
        assert_int_equal(degraded_of(&rows[i].behind), 1u << i);
    }
}

TEST_MAIN(cmocka_unit_test(each_is_told_behind_its_bound))
