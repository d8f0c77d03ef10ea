#ifndef TEST_TEST_H
#define TEST_TEST_H
/*
 * What every unit test includes, in place of <cmocka.h>.
 *
 *     static void refuses_an_empty_name(void **state) { (void)state; … }
 *
 *     TEST_MAIN(cmocka_unit_test(refuses_an_empty_name), cmocka_unit_test(…))
 *
 * A test's name is the sentence that is false when it fails. One executable runs one group.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define TEST_MAIN(...) TEST_MAIN_AFTER(NULL, __VA_ARGS__)
/* For groups that provoke so many failures that nobody reads of them. */
#define TEST_MAIN_QUIET(...) TEST_MAIN_AFTER(test_be_quiet, __VA_ARGS__)
#define TEST_MAIN_AFTER(set_up, ...)                                                               \
    int main(void)                                                                                 \
    {                                                                                              \
        const struct CMUnitTest tests[] = {__VA_ARGS__};                                           \
                                                                                                   \
        return cmocka_run_group_tests(tests, set_up, NULL);                                        \
    }
/* The log says nothing from here on. */
int test_be_quiet(void **state);

/* Walks a table of cases; `row` is a pointer to the current one. */
#define FOR_EACH_ROW(row, table)                                                                   \
    for (const __typeof__((table)[0]) *row = (table); row < (table) + LEN(table); row++)

/* As assert_true(), but a failure names the row of the table. */
#define assert_row(condition, label) test_row((condition), #condition, (label), __FILE__, __LINE__)
/* got is a struct str, want a zero-terminated string; NULL wants the absent text. */
#define assert_str(got, want) test_str((got), (want), #got, __FILE__, __LINE__)
/* The call succeeds; a failure prints the error with its trace. */
#define assert_ok(call, e) test_ok((call), (e), #call, __FILE__, __LINE__)
/* The call fails with this code, and says something. */
#define assert_refused(call, e, code) test_refused((call), (e), (code), #call, __FILE__, __LINE__)

void test_row(bool holds, const char *condition, const char *label, const char *file, int line);
void test_str(struct str got, const char *want, const char *what, const char *file, int line);
void test_ok(bool ok, const struct err *e, const char *call, const char *file, int line);
void test_refused(bool ok, const struct err *e, enum err_code code, const char *call,
                  const char *file, int line);

/* A new directory, removed with everything in it when the arena ends. */
const char *test_tmpdir(struct arena *a);
/* `name` inside of a directory. */
const char *test_path(const char *dir, const char *name, struct arena *a);
/* A whole file, such as a fixture; paths are relative to the root of the source tree. */
struct str test_file(const char *path, struct arena *a);

/* Where the tests may use PostgreSQL (TEST_POSTGRES_URL), or NULL: then skip(). */
const char *test_postgres_url(void);

/*
 * Runs the attempt again and again while the n-th passage of a fault point fails, n = 1, 2, 3 …,
 * until no fault strikes any more. name NULL means any point. The attempt must notice by
 * fault_struck() whether it was hit, and then end cleanly: it leaves no more descriptors open than
 * one that nothing befell, which is made first. Returns how many faults struck.
 */
typedef void test_attempt_fn(void *arg);
uint64_t test_every_fault(const char *name, test_attempt_fn *attempt, void *arg);
/* The same with outages of so many passages each. An attempt that does not end while everything
 * fails disarms before it looks at what came of it. */
uint64_t test_every_outage(const char *name, uint64_t length, test_attempt_fn *attempt, void *arg);
/* For sweeps of their own: how many descriptors are open; and no more than `most` are after round
 * n, once the threads that were at it have ended what they do. */
size_t test_descriptors(void);
void test_expect_no_leak(size_t most, uint64_t n);
/* Both: each passage fails by itself, and then with all that come after it until it is disarmed. */
uint64_t test_every_fault_twice(const char *name, test_attempt_fn *attempt, void *arg);

#endif
