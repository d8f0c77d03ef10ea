#include "sandbox/twilio/page.h"

#include "base/buf.h"
#include "test/test.h"

static const struct str sids[] = {{"CA6", 3}, {"CA5", 3}, {"CA4", 3}, {"CA3", 3},
                                  {"CA2", 3}, {"CA1", 3}, {"CA0", 3}};

static struct page cut(struct arena *a, const char *query)
{
    struct form f;
    struct page pg;
    struct err e;

    assert_ok(form_parse(str_from(query), 16, a, &f, &e), &e);
    assert_ok(page_cut(&f, sids, LEN(sids), &pg, &e), &e);
    return pg;
}

static void pages_follow_one_another(void **state)
{
    static const struct {
        const char *query;
        size_t first, n;
        bool has_next, has_previous;
    } rows[] = {
        {"", 0, 7, false, false},
        {"PageSize=3", 0, 3, true, false},
        {"PageSize=3&Page=1&PageToken=PACA4", 3, 3, true, true},
        {"PageSize=3&Page=2&PageToken=PACA1", 6, 1, false, true},
        {"PageSize=3&Page=3&PageToken=PACA0", 7, 0, false, true},
        {"PageSize=3&Page=1&PageToken=PBCA0", 3, 3, true, true},
        {"PageSize=3&Page=0&PageToken=PBCA4", 0, 2, true, false},
        {"PageSize=5000", 0, 7, false, false},
    };

    (void)state;
    FOR_EACH_ROW (row, rows) {
        _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
        const struct page pg = cut(a, row->query);
        assert_row(pg.first == row->first && pg.n == row->n, row->query);
        assert_row(pg.has_next == row->has_next && pg.has_previous == row->has_previous,
                   row->query);
    }
}

static void refuses_what_is_no_page(void **state)
{
    static const char *const rows[] = {"PageSize=0",      "PageSize=x",      "Page=-1",
                                       "PageToken=PACA9", "PageToken=XXCA1", "PageToken=P"};

    (void)state;
    FOR_EACH_ROW (row, rows) {
        _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
        struct form f;
        struct page pg;
        struct err e;
        assert_ok(form_parse(str_from(*row), 16, a, &f, &e), &e);
        assert_refused(page_cut(&f, sids, LEN(sids), &pg, &e), &e, ERR_INVALID);
    }
}

static void the_next_uri_keeps_the_filters(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct form f;
    struct page pg;
    struct json_writer w;
    struct buf out;
    struct err e;

    (void)state;
    assert_ok(form_parse(STR("StartTime%3E=2027-03-12&PageSize=2"), 16, a, &f, &e), &e);
    assert_ok(page_cut(&f, sids, LEN(sids), &pg, &e), &e);
    buf_init(&out, 65536);
    json_init(&w, &out);
    json_open_object(&w);
    page_members(&w, &pg, sids, STR("/Calls.json"), &f);
    json_close_object(&w);
    assert_true(str_contains(
        buf_view(&out), STR("\"next_page_uri\":\"/Calls.json?StartTime%3E=2027-03-12&PageSize=2"
                            "&Page=1&PageToken=PACA5\"")));
    assert_true(str_contains(buf_view(&out), STR("\"previous_page_uri\":null")));
    buf_finish(&out);
}

static void a_day_is_a_range_of_instants(void **state)
{
    usec_t from, to, want;

    (void)state;
    assert_true(time_parse_rfc3339(STR("2027-03-12T00:00:00Z"), &want));
    assert_true(page_time(STR("2027-03-12"), &from, &to));
    assert_int_equal(from, want);
    assert_int_equal(to, want + HOURS(24));
    assert_true(page_time(STR("2027-03-12T16:29:59Z"), &from, &to));
    assert_int_equal(to - from, SECONDS(1));
    assert_false(page_time(STR("yesterday!"), &from, &to));
    assert_false(page_time(STR_NONE, &from, &to));
}

TEST_MAIN(cmocka_unit_test(pages_follow_one_another), cmocka_unit_test(refuses_what_is_no_page),
          cmocka_unit_test(the_next_uri_keeps_the_filters),
          cmocka_unit_test(a_day_is_a_range_of_instants))
