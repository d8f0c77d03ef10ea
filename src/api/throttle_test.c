#include "api/throttle.h"

#include <stdio.h>

#include "test/test.h"

#define NOW HOURS(1)

static void spend(struct throttle *t, const char *address, const char *account, size_t times)
{
    for (size_t i = 0; i < times; i++)
        throttle_spend(t, str_from(address), str_from(account), NOW);
}

static bool is_spent(struct throttle *t, const char *address, const char *account, usec_t now)
{
    return throttle_is_spent(t, str_from(address), str_from(account), now);
}

static void five_failures_shut_one_address_out_of_one_account(void **state)
{
    struct throttle *t = throttle_create();

    (void)state;
    spend(t, "192.0.2.1", "ann@x", 4);
    assert_false(is_spent(t, "192.0.2.1", "ann@x", NOW));
    spend(t, "192.0.2.1", "ann@x", 1);
    assert_true(is_spent(t, "192.0.2.1", "ann@x", NOW));
    assert_false(is_spent(t, "192.0.2.2", "ann@x", NOW));
    assert_false(is_spent(t, "192.0.2.1", "bob@x", NOW));
    assert_false(is_spent(t, "192.0.2.1", "ann@x", NOW + MINUTES(1))); // and fill again
    throttle_destroy(t);
}

static void many_accounts_shut_an_address_out(void **state)
{
    struct throttle *t = throttle_create();
    char account[32];

    (void)state;
    for (int i = 0; i < 30; i++) {
        (void)snprintf(account, sizeof account, "%d@x", i);
        spend(t, "192.0.2.1", account, 1);
    }
    assert_true(is_spent(t, "192.0.2.1", "somebody@x", NOW));
    assert_false(is_spent(t, "192.0.2.2", "0@x", NOW));
    throttle_destroy(t);
}

/* An attacker needs a hundred addresses' worth of failures to shut an owner out. */
static void an_account_has_much_room(void **state)
{
    struct throttle *t = throttle_create();
    char address[32];

    (void)state;
    for (int i = 0; i < 100; i++) {
        assert_false(is_spent(t, "198.51.100.1", "ann@x", NOW));
        (void)snprintf(address, sizeof address, "10.0.0.%d", i);
        spend(t, address, "ann@x", 1);
    }
    assert_true(is_spent(t, "198.51.100.1", "ann@x", NOW));
    throttle_destroy(t);
}

static void a_long_name_is_counted_too(void **state)
{
    struct throttle *t = throttle_create();
    char account[2000];

    (void)state;
    memset(account, 'a', sizeof account);
    account[sizeof account - 1] = '\0';
    spend(t, "192.0.2.1", account, 5);
    assert_true(is_spent(t, "192.0.2.1", account, NOW));
    throttle_destroy(t);
    throttle_destroy(NULL);
}

TEST_MAIN(cmocka_unit_test(five_failures_shut_one_address_out_of_one_account),
          cmocka_unit_test(many_accounts_shut_an_address_out),
          cmocka_unit_test(an_account_has_much_room), cmocka_unit_test(a_long_name_is_counted_too))
