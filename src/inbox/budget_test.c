#include "test/test.h"

#include <stdio.h>

#include "inbox/budget.h"

enum { BURST = 5, PER_MINUTE = 60 };

static size_t spend_all(struct budget *b, struct str peer, usec_t now)
{
    size_t n = 0;
    for (; !budget_is_spent(b, peer, now); n++)
        budget_spend(b, peer, now);
    return n;
}

static void a_client_may_be_wrong_as_often_as_its_burst(void **state)
{
    struct budget *b = budget_create(BURST, PER_MINUTE);

    (void)state;
    assert_int_equal(spend_all(b, STR("192.0.2.1"), SECONDS(1000)), BURST);
    assert_int_equal(spend_all(b, STR("192.0.2.2"), SECONDS(1000)), BURST);
    budget_destroy(b);
}

static void a_spent_budget_comes_back_with_time(void **state)
{
    struct budget *b = budget_create(BURST, PER_MINUTE);
    const struct str peer = STR("192.0.2.1");

    (void)state;
    assert_int_equal(spend_all(b, peer, SECONDS(1000)), BURST);
    for (int i = 0; i < 1000; i++)
        budget_spend(b, peer, SECONDS(1000)); // more noise does not make it worse
    assert_int_equal(spend_all(b, peer, SECONDS(1002)), 2);
    assert_int_equal(spend_all(b, peer, SECONDS(2000)), BURST);
    budget_destroy(b);
}

static void one_ipv6_network_is_one_client(void **state)
{
    struct budget *b = budget_create(BURST, PER_MINUTE);

    (void)state;
    assert_int_equal(spend_all(b, STR("2001:db8:1:2::1"), 0), BURST);
    assert_true(budget_is_spent(b, STR("2001:db8:1:2:ffff::9"), 0));
    assert_false(budget_is_spent(b, STR("2001:db8:1:3::1"), 0));
    assert_int_equal(spend_all(b, STR("::ffff:192.0.2.1"), 0), BURST);
    assert_false(budget_is_spent(b, STR("::ffff:192.0.2.2"), 0));
    budget_destroy(b);
}

static void a_crowd_does_not_free_the_worst(void **state)
{
    struct budget *b = budget_create(BURST, PER_MINUTE);
    char text[32];

    (void)state;
    assert_int_equal(spend_all(b, STR("192.0.2.1"), 0), BURST);
    for (int i = 0; i < 100000; i++) {
        int n = snprintf(text, sizeof(text), "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
        budget_spend(b, (struct str){text, (size_t)n}, 0);
    }
    assert_true(budget_is_spent(b, STR("192.0.2.1"), 0));
    budget_destroy(b);
}

static void odd_addresses_are_counted_too(void **state)
{
    static const char *const peers[] = {"", ":", "::::", "not an address",
                                        "longer than any address: 0123456789012345678901234567"};
    struct budget *b = budget_create(BURST, PER_MINUTE);

    (void)state;
    FOR_EACH_ROW (peer, peers)
        assert_row(spend_all(b, str_from(*peer), 0) == BURST, *peer);
    budget_destroy(b);
}

TEST_MAIN(cmocka_unit_test(a_client_may_be_wrong_as_often_as_its_burst),
          cmocka_unit_test(a_spent_budget_comes_back_with_time),
          cmocka_unit_test(one_ipv6_network_is_one_client),
          cmocka_unit_test(a_crowd_does_not_free_the_worst),
          cmocka_unit_test(odd_addresses_are_counted_too))
