#include "store/postgres/scope.h"

#include <stdio.h>

#include "test/test.h"

static const struct query_param one[] = {{"project", PARAM_INT, false}};
static const struct query_param many[] = {{"project", PARAM_INT, true}};
static const struct query_text of_all = {.name = "of_all"};
static const struct query_text of_one = {
    .name = "of_one", .scope = SCOPE_PROJECT, .params = one, .n_params = 1};
static const struct query_text of_one_planned_anew = {.name = "planned_anew",
                                                      .scope = SCOPE_PROJECT,
                                                      .params = one,
                                                      .n_params = 1,
                                                      .plans_anew = true};
static const struct query_text of_many = {
    .name = "of_many", .scope = SCOPE_PROJECT, .params = many, .n_params = 1};
static const struct query_text of_org = {
    .name = "of_org", .scope = SCOPE_ORG, .params = one, .n_params = 1};

static const struct bind first = {.kind = BIND_INT, .i = 7};

/* What has to be told before a statement on one owner; "" when nothing. */
static const char *to_tell(struct scope *s, const struct query_text *query, const struct bind *bind)
{
    static char text[80];
    const struct bound b = {.query = query, .n_runs = bind->n ? bind->n : 1, .of = {bind}};
    struct str told = STR("");

    if (!scope_differs(s, &b, &told))
        return "";
    snprintf(text, sizeof text, STR_FMT, STR_ARG(told));
    return text;
}

/* Tells, and is answered. */
static void tell(struct scope *s, const struct query_text *query, bool succeeds)
{
    assert_string_not_equal(to_tell(s, query, &first), "");
    scope_telling(s);
    scope_settle(s, true, succeeds);
}

static void a_scope_is_told_as_ranges_of_ids(void **state)
{
    const int64_t ids[] = {7, 1, 7, 7, 12, 1, 2, 3, 4, 5, 6, 8, 9};
    const struct bind mixed = {.kind = BIND_INTS, .n = 6, .ints = ids};
    const struct bind grown = {.kind = BIND_INTS, .n = LEN(ids), .ints = ids};
    struct scope s;

    (void)state;
    scope_init(&s);
    assert_string_equal(to_tell(&s, &of_all, &first), "{(,)}");
    assert_string_equal(to_tell(&s, &of_one, &first), "{[7,7]}");
    assert_string_equal(to_tell(&s, &of_org, &first), "{[-7,-7]}");
    assert_string_equal(to_tell(&s, &of_many, &mixed), "{[1,1],[7,7],[12,12]}");
    assert_string_equal(to_tell(&s, &of_many, &grown),
                        "{[1,1],[2,2],[3,3],[4,4],[5,5],[6,6],[7,7],[8,8],[9,9],[12,12]}");
    scope_finish(&s);
}

static void what_is_sure_is_not_told_again(void **state)
{
    const struct bind same = {.kind = BIND_INTS, .n = 3, .ints = (const int64_t[]){7, 7, 7}};
    const struct bind other = {.kind = BIND_INT, .i = 8};
    struct scope s;

    (void)state;
    scope_init(&s);
    tell(&s, &of_one, true);
    assert_string_equal(to_tell(&s, &of_one, &first), "");
    assert_string_equal(to_tell(&s, &of_many, &same), "");
    assert_string_equal(to_tell(&s, &of_one, &other), "{[8,8]}");
    assert_string_equal(to_tell(&s, &of_one_planned_anew, &first), "{[7,7]}"); // plans otherwise
    assert_string_equal(to_tell(&s, &of_org, &first), "{[-7,-7]}");
    assert_string_equal(to_tell(&s, &of_all, &first), "{(,)}");
    scope_settle(&s, false, true);
    assert_string_equal(to_tell(&s, &of_one, &first), "");
    scope_finish(&s);
}

static void what_may_have_been_undone_is_told_again(void **state)
{
    struct scope s;

    (void)state;
    scope_init(&s);
    tell(&s, &of_one, false);
    assert_string_equal(to_tell(&s, &of_one, &first), "{[7,7]}");
    tell(&s, &of_one, true);
    scope_forget(&s); // a rollback, a new connection
    assert_string_equal(to_tell(&s, &of_one, &first), "{[7,7]}");
    tell(&s, &of_one, true);
    scope_settle(&s, false, false); // another statement failed
    assert_string_equal(to_tell(&s, &of_one, &first), "{[7,7]}");
    scope_finish(&s);
}

static void nothing_is_sure_while_several_tell(void **state)
{
    struct scope s;

    (void)state;
    scope_init(&s);
    tell(&s, &of_all, true);
    for (int i = 0; i < 2; i++) {
        assert_string_equal(to_tell(&s, &of_one, &first), "{[7,7]}");
        scope_telling(&s);
    }
    scope_settle(&s, true, true);
    assert_string_equal(to_tell(&s, &of_one, &first), "{[7,7]}");
    scope_settle(&s, true, true);
    assert_string_equal(to_tell(&s, &of_one, &first), "");

    assert_string_equal(to_tell(&s, &of_all, &first), "{(,)}");
    scope_telling(&s);
    assert_string_equal(to_tell(&s, &of_one, &first), "{[7,7]}");
    scope_telling(&s);
    scope_settle(&s, true, true);
    scope_settle(&s, true, false); // so that it is the one before again
    assert_string_equal(to_tell(&s, &of_one, &first), "{[7,7]}");
    scope_finish(&s);
}

TEST_MAIN(cmocka_unit_test(a_scope_is_told_as_ranges_of_ids),
          cmocka_unit_test(what_is_sure_is_not_told_again),
          cmocka_unit_test(what_may_have_been_undone_is_told_again),
          cmocka_unit_test(nothing_is_sure_while_several_tell))
