#include "inbox/line.h"

#include "test/test.h"

/* One append for each letter, whose projects are 'a', 'b' …, submitted at 1, 2, 3 … */
static void add(struct line *l, struct inbox_append *appends, const char *projects, usec_t from)
{
    struct task *first = NULL, **end = &first;

    for (size_t i = 0; projects[i]; i++) {
        appends[i] =
            (struct inbox_append){.item.project = projects[i], .submitted_at = from + (usec_t)i};
        *end = &appends[i].task;
        end = &appends[i].task.next;
    }
    line_add(l, first);
}

static void expect_order(struct line *l, const char *want)
{
    for (; *want; want++) {
        assert_false(line_is_empty(l));
        assert_int_equal(line_take(l)->item.project, *want);
    }
}

static void projects_take_turns(void **state)
{
    struct inbox_append first[16], second[16];
    struct line l;

    (void)state;
    line_init(&l);
    assert_true(line_is_empty(&l));
    add(&l, first, "aaaaaab", 1);
    expect_order(&l, "aba");
    add(&l, second, "cb", 100);
    expect_order(&l, "bcaaaa");
    assert_true(line_is_empty(&l));
}

static void of_one_project_first_come_first_served(void **state)
{
    struct inbox_append appends[16];
    struct line l;

    (void)state;
    line_init(&l);
    add(&l, appends, "abaabbab", 1);
    usec_t last['b' + 1] = {0};
    while (!line_is_empty(&l)) {
        const struct inbox_append *ap = line_take(&l);
        assert_true(ap->submitted_at > last[ap->item.project]);
        last[ap->item.project] = ap->submitted_at;
    }
    assert_int_equal(last['a'], 7);
    assert_int_equal(last['b'], 8);
}

static void the_oldest_is_known_whoevers_it_is(void **state)
{
    struct inbox_append appends[4];
    struct line l;

    (void)state;
    line_init(&l);
    assert_int_equal(line_oldest(&l), 0);
    add(&l, appends, "zab", 5);
    assert_int_equal(line_oldest(&l), 5);
    while (line_take(&l)->item.project != 'z')
        assert_int_equal(line_oldest(&l), 5);
    assert_true(line_is_empty(&l) || line_oldest(&l) > 5);
}

TEST_MAIN(cmocka_unit_test(projects_take_turns),
          cmocka_unit_test(of_one_project_first_come_first_served),
          cmocka_unit_test(the_oldest_is_known_whoevers_it_is))
