/* Whose account it is that knocks: other accounts, and how much a project may bring in. */
#include "inbox/door_kit.h"

#include <stdlib.h>

// --- other accounts ------------------------------------------------------------------------------

/* Accounts that own their secret. */
struct owned {
    struct secret *secret;
    int *n_forgotten;
};

static void forget(void *owner)
{
    struct owned *o = owner;

    (*o->n_forgotten)++;
    secret_destroy(o->secret);
    free(o);
}

static void set_account(struct rig *r, const char *sid, const char *token, int64_t project,
                        int *n_forgotten)
{
    struct owned *o = NEW(struct owned);
    struct err e = {0};

    *o = (struct owned){secret_create(str_from(token)), n_forgotten};
    const struct door_account account = {
        STR("twilio"), str_from(sid), project, {o->secret}, &routing, 0, 0};
    const struct door_accounts in = {&account, 1, forget, o};
    assert_ok(doors_set_accounts(r->doors, &in, &e), &e);
}

static void other_accounts_count_from_the_next_visit_on(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    struct err e = {0};
    int n_forgotten = 0;

    (void)state;
    assert_int_equal(status_of(post(r, "token-one", STATUS_DOOR, CALL)), 204);
    assert_int_equal(doors_accounts(r->doors), 2);
    set_account(r, "AC3", "token-three", 3, &n_forgotten);
    assert_int_equal(doors_accounts(r->doors), 1);
    assert_int_equal(status_of(post(r, "token-one", STATUS_DOOR, CALL "&x=1")), 403);
    assert_int_equal(status_of(post(r, "token-three", STATUS_DOOR, "AccountSid=AC3&x=2")), 204);
    assert_int_equal(rows_of(r, 3), 1);
    // Many times at once: a loop that nobody visits has nothing to do for it.
    for (int i = 0; i < 20; i++)
        set_account(r, "AC4", "token-four", 4, &n_forgotten);
    assert_in_range(n_forgotten, 18, 20); // one that was used, or two, and the last, may be held
    assert_int_equal(status_of(post(r, "token-four", INBOUND_DOOR, "AccountSid=AC4&x=3")), 200);

    const struct door_account keyless = {STR("twilio"), STR("AC5"), 5, {NULL}, NULL, 0, 0};
    assert_refused(doors_set_accounts(r->doors, &(struct door_accounts){.p = &keyless, .n = 1}, &e),
                   &e, ERR_INVALID);
    assert_int_equal(status_of(post(r, "token-four", STATUS_DOOR, "AccountSid=AC4&x=4")), 204);
    assert_ok(doors_set_accounts(r->doors, &(struct door_accounts){.n = 0}, &e), &e);
    assert_int_equal(status_of(post(r, "token-four", STATUS_DOOR, "AccountSid=AC4&x=5")), 403);
    rig_down(TAKE(r));
    assert_int_equal(n_forgotten, 21);
}

// --- how much a project may bring in -------------------------------------------------------------

/* AC1 may bring in so many, and have so many that wait; AC2 as it likes. */
static void limit_first(struct rig *r, int64_t per_minute, int64_t waiting_max)
{
    const struct door_account accounts[] = {
        {STR("twilio"), STR("AC1"), 1, {r->first}, &routing, per_minute, waiting_max},
        {STR("twilio"), STR("AC2"), 2, {r->second}, &routing, 0, 0},
    };
    struct err e = {0};

    assert_ok(doors_set_accounts(r->doors,
                                 &(struct door_accounts){.p = accounts, .n = LEN(accounts)}, &e),
              &e);
}

static struct str a_call(struct rig *r, int i, const char *account)
{
    return str_fmt(r->a,
                   "AccountSid=%s&CallSid=CA%032d&CallStatus=ringing&From=%%2B1508&To=%%2B1617",
                   account, i);
}

/* It asks whether the way is open: what its project may bring in is another question. */
static void the_canary_is_answered_whatever_its_project_may(void **state)
{
    const char *canary = "AccountSid=AC1&CallSid=CA0&CallStatus=ringing&HookswitchCanary=1";
    _cleanup_(rig_downp) struct rig *r = rig_up();
    struct doors_stats stats;

    (void)state;
    limit_first(r, 6, 0); // one in ten seconds
    for (int i = 0; i < 3; i++)
        assert_int_equal(status_of(post(r, "token-one", STATUS_DOOR, canary)), 204);
    assert_int_equal(status_of(post(r, "token-one", STATUS_DOOR, a_call(r, 0, "AC1").p)), 204);
    assert_int_equal(status_of(post(r, "token-one", STATUS_DOOR, a_call(r, 1, "AC1").p)), 429);
    assert_int_equal(status_of(post(r, "token-one", STATUS_DOOR, canary)), 204);
    r->closed = 1;
    assert_int_equal(status_of(post(r, "token-one", STATUS_DOOR, canary)), 204);
    doors_shut(r->doors);
    assert_int_equal(status_of(post(r, "token-one", STATUS_DOOR, canary)), 503);
    assert_int_equal(status_of(post(r, "wrong", STATUS_DOOR, canary)), 403);
    doors_stats_of(r->doors, 1, false, &stats);
    assert_int_equal(stats.outcomes[DOOR_CANARY], 5);
    assert_int_equal(rows_of(r, 1), 1);
}

static void a_project_over_its_rate_is_put_off_and_no_other_is(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    struct doors_stats one, two;

    (void)state;
    limit_first(r, 6, 0); // one in ten seconds
    assert_int_equal(status_of(post(r, "token-one", STATUS_DOOR, a_call(r, 0, "AC1").p)), 204);
    const struct str answer = post(r, "token-one", STATUS_DOOR, a_call(r, 1, "AC1").p);
    assert_int_equal(status_of(answer), 429);
    assert_true(str_contains(answer, STR("Retry-After: 10\r\n")) ||
                str_contains(answer, STR("Retry-After: 9\r\n")));
    assert_int_equal(status_of(post(r, "wrong", STATUS_DOOR, a_call(r, 1, "AC1").p)), 403);
    assert_int_equal(status_of(post(r, "token-one", INBOUND_DOOR, a_call(r, 2, "AC1").p)), 200);
    for (int i = 3; i < 6; i++)
        assert_int_equal(status_of(post(r, "token-two", STATUS_DOOR, a_call(r, i, "AC2").p)), 204);
    assert_int_equal(rows_of(r, 1), 2); // the voice request is kept as well
    assert_int_equal(rows_of(r, 2), 3);

    doors_stats_of(r->doors, 1, false, &one);
    doors_stats_of(r->doors, 2, false, &two);
    assert_int_equal(one.outcomes[DOOR_STORED], 2);
    assert_int_equal(one.outcomes[DOOR_OVER_LIMIT], 1);
    assert_int_equal(one.outcomes[DOOR_BAD_SIGNATURE], 1);
    assert_int_equal(one.received, 4);
    assert_int_equal(two.outcomes[DOOR_STORED], 3);
    assert_int_equal(two.received, 3);
    assert_true(one.last_refused[DOOR_OVER_LIMIT] != TIME_NONE);
    assert_true(two.last_refused[DOOR_OVER_LIMIT] == TIME_NONE);
}

static void a_project_with_too_much_that_waits_is_put_off(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();

    (void)state;
    limit_first(r, 0, 3);
    doors_set_waiting(r->doors, (struct inbox_waiting[]){{1, 1}, {2, 1000}, {99, 1}}, 3);
    for (int i = 0; i < 4; i++) // what came since counts, too
        assert_int_equal(status_of(post(r, "token-one", STATUS_DOOR, a_call(r, i, "AC1").p)),
                         i < 2 ? 204 : 429);
    assert_int_equal(status_of(post(r, "token-one", INBOUND_DOOR, a_call(r, 5, "AC1").p)), 200);
    assert_int_equal(status_of(post(r, "token-two", STATUS_DOOR, a_call(r, 6, "AC2").p)), 204);
    doors_set_waiting(r->doors, NULL, 0);
    assert_int_equal(status_of(post(r, "token-one", STATUS_DOOR, a_call(r, 7, "AC1").p)), 204);
}

static void what_names_nobodys_account_is_counted_for_no_project(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    struct doors_stats one, strangers;

    (void)state;
    assert_int_equal(status_of(post(r, "token-one", STATUS_DOOR, a_call(r, 0, "AC9").p)), 403);
    doors_stats_of(r->doors, 1, false, &one);
    doors_stats_of(r->doors, 1, true, &strangers);
    assert_int_equal(one.received, 0);
    assert_int_equal(strangers.outcomes[DOOR_UNKNOWN_ACCOUNT], 1);
    assert_int_equal(outcomes(r, DOOR_UNKNOWN_ACCOUNT), 1);
    assert_int_equal(doors_accounts_of(r->doors, 1), 1);
    assert_int_equal(doors_accounts_of(r->doors, 9), 0);
}

TEST_MAIN(cmocka_unit_test(other_accounts_count_from_the_next_visit_on),
          cmocka_unit_test(the_canary_is_answered_whatever_its_project_may),
          cmocka_unit_test(a_project_over_its_rate_is_put_off_and_no_other_is),
          cmocka_unit_test(a_project_with_too_much_that_waits_is_put_off),
          cmocka_unit_test(what_names_nobodys_account_is_counted_for_no_project))
