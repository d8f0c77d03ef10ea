#include "wake/hint.h"

#include "test/test.h"

static struct str written(const struct hint *h, struct buf *out)
{
    buf_init(out, HINT_MAX);
    hint_write(out, h);
    assert_true(buf_ok(out));
    return buf_view(out);
}

static void says_what_was_put_in(void **state)
{
    struct hint h = {.node = STR("ab12"), .inbox = true}, got;
    struct buf out;

    (void)state;
    assert_true(hint_add_feed(&h, 7, 100));
    assert_true(hint_add_feed(&h, 8, 1));
    assert_true(hint_add_feed(&h, 7, 90)); // an older one
    assert_true(hint_add_feed(&h, 7, 101));
    assert_str(written(&h, &out), "1 ab12 inbox feed:7:101 feed:8:1");
    assert_true(hint_parse(buf_view(&out), &got));
    assert_str(got.node, "ab12");
    assert_true(got.inbox && !got.hello && got.n_feeds == 2);
    assert_int_equal(got.feeds[0].last_seq, 101);
    buf_finish(&out);
}

static void the_longest_has_room(void **state)
{
    struct hint h = {.node = STR("0123456789abcdef0123456789abcdef"), .hello = true}, got;
    struct buf out;

    (void)state;
    for (size_t i = 0; i < HINT_PROJECTS; i++)
        assert_true(hint_add_feed(&h, INT64_MAX - (int64_t)i, INT64_MAX));
    assert_false(hint_add_feed(&h, 1, 1));
    assert_true(hint_add_feed(&h, INT64_MAX, INT64_MAX)); // which is there
    assert_true(hint_parse(written(&h, &out), &got));
    assert_int_equal(got.n_feeds, HINT_PROJECTS);
    buf_finish(&out);
}

static void leaves_out_what_it_does_not_understand(void **state)
{
    static const struct {
        const char *text;
        bool is_hint, inbox;
        size_t n_feeds;
    } rows[] = {
        {"1 ab", true, false, 0},
        {"1 ab inbox", true, true, 0},
        {"1 ab  inbox  feed:1:2 later:9", true, true, 1},
        {"1 ab feed:1 feed:x:1 feed:1:x feed:-1:1 feed:0:1 feed:1:0 feed::", true, false, 0},
        {"1 ab feed:99999999999999999999:1", true, false, 0},
        {"2 ab inbox", false, false, 0},
        {"1", false, false, 0},
        {"1  inbox", false, false, 0},
        {"1 a\nb inbox", false, false, 0},
        {"", false, false, 0},
        {"1 0123456789abcdef0123456789abcdef0 inbox", false, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < LEN(rows); i++) {
        struct hint h;
        assert_int_equal(hint_parse(str_from(rows[i].text), &h), rows[i].is_hint);
        if (!rows[i].is_hint)
            continue;
        assert_int_equal(h.inbox, rows[i].inbox);
        assert_int_equal(h.n_feeds, rows[i].n_feeds);
    }
}

TEST_MAIN(cmocka_unit_test(says_what_was_put_in), cmocka_unit_test(the_longest_has_room),
          cmocka_unit_test(leaves_out_what_it_does_not_understand))
