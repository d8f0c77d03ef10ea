#include "providers/account_book.h"

#include "test/test.h"

static struct account_book *book_of_two(void)
{
    struct account_book *b = account_book_create();
    struct err e = {0};

    assert_ok(
        account_book_add_project(
            b,
            &(struct book_project){.project = 1, .owned_numbers = STR("+16175006181,+12025550143")},
            &e),
        &e);
    assert_ok(
        account_book_add_project(b, &(struct book_project){.project = 2, .region = STR("GB")}, &e),
        &e);
    static const struct {
        int64_t project;
        const char *provider, *account, *secret;
    } accounts[] = {
        {1, "twilio", "AC1", "one"},    {2, "twilio", "AC2", "two"},
        {2, "twilio", "AC1", "stolen"}, // the first of its name counts
        {1, "nobody", "AC3", "three"},  {9, "twilio", "AC4", "four"}, // of no project
    };
    FOR_EACH_ROW (row, accounts)
        account_book_add_account(b, &(struct book_account){
                                        .project = row->project,
                                        .provider = str_from(row->provider),
                                        .account = str_from(row->account),
                                        .secrets = {secret_create(str_from(row->secret))},
                                    });
    return b;
}

static void each_project_finds_its_own_account(void **state)
{
    _cleanup_(account_book_dropp) struct account_book *b = book_of_two();
    int64_t owner;

    (void)state;
    assert_str(secret_reveal(account_book_find(b, 1, STR("twilio"))->secret), "one");
    assert_str(secret_reveal(account_book_find(b, 2, STR("twilio"))->secret), "two");
    assert_null(account_book_find(b, 9, STR("twilio")));
    assert_null(account_book_find(b, 1, STR("nobody")));
    assert_true(account_book_owner(b, STR("twilio"), STR("AC1"), &owner));
    assert_int_equal(owner, 1);
    assert_false(account_book_owner(b, STR("twilio"), STR("AC4"), &owner));
}

static void each_project_has_its_own_numbers(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct account_shelf *shelf = account_shelf_create();
    const struct call_rules_source source = account_shelf_rules(shelf);
    struct call_rules rules;

    (void)state;
    source.of(1, a, &rules, source.arg);
    assert_int_equal(rules.n_owned, 0); // an empty shelf
    account_shelf_put(shelf, book_of_two());
    source.of(1, a, &rules, source.arg);
    assert_int_equal(rules.n_owned, 2);
    account_shelf_put(shelf, account_book_create());
    assert_str(rules.owned[0], "+12025550143"); // copied: the book is gone
    source.of(2, a, &rules, source.arg);
    assert_int_equal(rules.n_owned, 0);
    account_shelf_destroy(shelf);
}

static void a_number_that_is_none_is_refused(void **state)
{
    _cleanup_(account_book_dropp) struct account_book *b = account_book_create();
    struct err e = {0};

    (void)state;
    assert_refused(
        account_book_add_project(
            b, &(struct book_project){.project = 1, .owned_numbers = STR("nonsense")}, &e),
        &e, ERR_INVALID);
}

static void the_doors_hold_the_book(void **state)
{
    struct account_book *b = book_of_two();
    const struct door_accounts doors = account_book_doors(b);

    (void)state;
    account_book_drop(b);
    assert_int_equal(doors.n, 2);
    for (size_t i = 0; i < doors.n; i++)
        assert_true(doors.p[i].secrets[0] && !doors.p[i].secrets[1] && doors.p[i].config);
    doors.forget(doors.owner);
}

TEST_MAIN(cmocka_unit_test(each_project_finds_its_own_account),
          cmocka_unit_test(each_project_has_its_own_numbers),
          cmocka_unit_test(a_number_that_is_none_is_refused),
          cmocka_unit_test(the_doors_hold_the_book))
