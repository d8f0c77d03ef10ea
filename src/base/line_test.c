#include "base/line.h"

#include "test/test.h"

enum { MOST = 16 };

struct rig {
    struct line line;
    struct line_place places[MOST];
    size_t n;
};

/* One for each letter, which is its key. */
static void add(struct rig *r, const char *keys)
{
    for (; *keys; keys++)
        line_add(&r->line, &r->places[r->n++], *keys);
}

static void expect(struct rig *r, const char *keys)
{
    for (; *keys; keys++) {
        assert_false(line_is_empty(&r->line));
        assert_int_equal(line_take(&r->line)->key, *keys);
    }
}

static void keys_take_turns(void **state)
{
    struct rig r = {.n = 0};

    (void)state;
    assert_true(line_is_empty(&r.line));
    add(&r, "aaaaaab");
    expect(&r, "aba");
    add(&r, "cb");
    expect(&r, "acbaaa");
    assert_true(line_is_empty(&r.line));
    add(&r, "ba");
    expect(&r, "ba");
    assert_true(line_is_empty(&r.line));
}

static void of_one_key_first_come_first_served(void **state)
{
    struct rig r = {.n = 0};
    const struct line_place *last['b' + 1] = {NULL};

    (void)state;
    add(&r, "abaabbab");
    while (!line_is_empty(&r.line)) {
        const struct line_place *p = line_take(&r.line);
        assert_true(p > last[p->key]);
        last[p->key] = p;
    }
    assert_ptr_equal(last['a'], &r.places[6]);
    assert_ptr_equal(last['b'], &r.places[7]);
}

static void so_many_of_a_key_wait(void **state)
{
    struct rig r = {.n = 0};

    (void)state;
    add(&r, "aab");
    assert_int_equal(line_count(&r.line, 'a'), 2);
    assert_int_equal(line_count(&r.line, 'b'), 1);
    assert_int_equal(line_count(&r.line, 'c'), 0);
    expect(&r, "ab");
    assert_int_equal(line_count(&r.line, 'a'), 1);
    assert_int_equal(line_count(&r.line, 'b'), 0);
}

/* Whichever of those that meet in a bucket goes first, the others are found. */
static void keys_of_one_bucket_have_a_turn_each(void **state)
{
    static const int64_t keys[] = {-1, LINE_BUCKETS - 1, 2 * LINE_BUCKETS - 1};
    static const size_t order[] = {1, 0, 2, 1, 0, 1, 2, 1};
    struct rig r = {.n = 0};

    (void)state;
    for (size_t i = 0; i < LEN(order); i++)
        line_add(&r.line, &r.places[i], keys[order[i]]);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(line_take(&r.line)->key, keys[order[i]]);
    assert_int_equal(line_count(&r.line, keys[0]), 1);
    assert_int_equal(line_count(&r.line, keys[1]), 3);
    assert_int_equal(line_count(&r.line, keys[2]), 1);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(line_take(&r.line)->key, keys[order[i]]);
    line_add(&r.line, &r.places[0], keys[0]);
    assert_int_equal(line_take(&r.line)->key, keys[1]);
    assert_int_equal(line_take(&r.line)->key, keys[0]);
    assert_int_equal(line_take(&r.line)->key, keys[1]);
    assert_true(line_is_empty(&r.line));
}

TEST_MAIN(cmocka_unit_test(keys_take_turns), cmocka_unit_test(of_one_key_first_come_first_served),
          cmocka_unit_test(so_many_of_a_key_wait),
          cmocka_unit_test(keys_of_one_bucket_have_a_turn_each))
