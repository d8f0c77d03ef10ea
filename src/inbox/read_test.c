/* Dead letters by their reason, and replay of a selection: of the asker's project and no other. */
#include "inbox/read.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/json.h"
#include "test/inbox.h"

#define FOREIGN 4711 /* a project that is not ours */

/* 1 and 2 died of the same, 3 of another, 4 waits for a retry, 5 was applied; 6 is foreign. */
static void fill(struct test_inbox *t)
{
    struct test_webhook w[6];

    for (size_t i = 0; i < LEN(w); i++)
        w[i] = (struct test_webhook){STR("call-status"), STR("CA1"), STR_NONE, STR("{}")};
    w[2].event_type = STR("dial-action");
    test_inbox_append(t, w, LEN(w));
    test_inbox_sql(t, "UPDATE webhook_inbox SET processing_status = 'dead_letter', error = 'odd'"
                      " WHERE id IN (1, 2, 3, 6)");
    test_inbox_sql(t, "UPDATE webhook_inbox SET processing_status = 'failed', error = 'odd'"
                      " WHERE id = 4");
    test_inbox_sql(t, "UPDATE webhook_inbox SET processing_status = 'completed' WHERE id = 5");
    test_inbox_sql(t, "UPDATE webhook_inbox SET project_id = 4711 WHERE id = 6");
}

typedef bool write_fn(struct test_inbox *t, int64_t project, struct json_writer *w, struct err *e);

static struct str written(struct test_inbox *t, int64_t project, write_fn *write)
{
    struct json_writer w;
    struct err e = {0};
    struct buf out;

    buf_init(&out, 1024 * 1024);
    json_init(&w, &out);
    assert_ok(write(t, project, &w, &e), &e);
    const struct str ret = str_dup(buf_view(&out), t->a);
    buf_finish(&out);
    return ret;
}

static bool write_reasons(struct test_inbox *t, int64_t project, struct json_writer *w,
                          struct err *e)
{
    return inbox_reasons_json(t->db, project, (struct inbox_page){1, 20}, t->a, w, e);
}

static bool write_odd(struct test_inbox *t, int64_t project, struct json_writer *w, struct err *e)
{
    const struct inbox_filter odd = {.processing_status = STR("dead_letter"),
                                     .event_type = STR("call-status"),
                                     .reason = STR("odd"),
                                     .from = TIME_NONE,
                                     .to = TIME_NONE};
    return inbox_list_json(t->db, project, &odd, (struct inbox_page){1, 1}, t->a, w, e);
}

static bool write_selection(struct test_inbox *t, int64_t project, struct json_writer *w,
                            struct err *e)
{
    static const int64_t ids[] = {5, 6, 1, 999};
    return inbox_among_json(t->db, project, (struct inbox_ids){ids, LEN(ids)}, t->a, w, e);
}

static void assert_total(struct str page, int64_t total)
{
    char member[32];

    snprintf(member, sizeof(member), "\"total\":%lld", (long long)total);
    assert_true(str_contains(page, str_from(member)));
}

static void reasons_are_counted_within_the_project(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        fill(t);
        const struct str ours = written(t, t->project, write_reasons);
        assert_total(ours, 2);
        assert_true(str_starts(ours, STR("{\"reasons\":[{\"error\":\"odd\","
                                         "\"event_type\":\"dial-action\",\"count\":1,")));
        assert_true(str_contains(ours, STR("\"event_type\":\"call-status\",\"count\":2,")));
        assert_total(written(t, FOREIGN, write_reasons), 1);
        assert_total(written(t, FOREIGN + 1, write_reasons), 0);
    }
}

static void lists_find_a_reason_and_a_selection(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        fill(t);
        assert_total(written(t, t->project, write_odd), 2);
        assert_total(written(t, FOREIGN, write_odd), 1);
        assert_total(written(t, t->project, write_selection), 2);
        assert_total(written(t, FOREIGN, write_selection), 1);
    }
}

static void a_selection_is_told_what_became_of_each(void **state)
{
    static const int64_t ids[] = {1, 6, 4, 5, 999, 1};
    static const enum inbox_replayed expected[] = {INBOX_QUEUED,    INBOX_NOT_FOUND, INBOX_QUEUED,
                                                   INBOX_UNCHANGED, INBOX_NOT_FOUND, INBOX_QUEUED};
    (void)state;
    TEST_INBOXES(t)
    {
        enum inbox_replayed became[LEN(ids)];
        struct err e = {0};
        fill(t);
        assert_ok(inbox_reprocess_each(t->db, t->project, (struct inbox_ids){ids, LEN(ids)},
                                       SECONDS(1800000000), t->a, became, &e),
                  &e);
        assert_memory_equal(became, expected, sizeof(expected));
        assert_int_equal(test_inbox_count(t, "pending"), 2);
        assert_int_equal(test_inbox_count(t, "dead_letter"), 2); // 2 and 3
        assert_total(written(t, FOREIGN, write_reasons), 1);     // 6 is as it was
    }
}

static struct inbox_revived revive(struct test_inbox *t, struct inbox_dead which, usec_t now)
{
    struct inbox_revived revived;
    struct err e = {0};

    assert_ok(inbox_reprocess_dead(t->db, t->project, &which, now, t->a, &revived, &e), &e);
    return revived;
}

static void dead_letters_that_are_put_back_are_named(void **state)
{
    static const int64_t odd[] = {1, 2};
    (void)state;
    TEST_INBOXES(t)
    {
        fill(t);
        const usec_t now = SECONDS(1800000000);
        const struct inbox_revived some =
            revive(t, (struct inbox_dead){.event_type = STR("call-status")}, now);
        assert_int_equal(some.n, LEN(odd));
        assert_int_equal(some.first.n, LEN(odd));
        assert_memory_equal(some.first.p, odd, sizeof(odd));
        const struct inbox_revived rest = revive(t, (struct inbox_dead){.source = STR_NONE}, now);
        assert_int_equal(rest.first.n, 1);
        assert_int_equal(rest.first.p[0], 3);
        assert_int_equal(revive(t, (struct inbox_dead){.source = STR_NONE}, now).first.n, 0);
        assert_total(written(t, FOREIGN, write_reasons), 1);
    }
}

static void of_very_many_the_oldest_are_named(void **state)
{
    enum { MANY = INBOX_REVIVED_NAMED + 2 };
    (void)state;
    TEST_INBOXES(t)
    {
        struct test_webhook w[MANY];
        for (size_t i = 0; i < MANY; i++)
            w[i] = (struct test_webhook){STR("call-status"), STR("CA1"), STR_NONE, STR("{}")};
        test_inbox_append(t, w, MANY);
        test_inbox_sql(t, "UPDATE webhook_inbox SET processing_status = 'dead_letter'");
        const struct inbox_revived all =
            revive(t, (struct inbox_dead){.source = STR_NONE}, SECONDS(1800000000));
        assert_int_equal(all.n, MANY);
        assert_int_equal(all.first.n, INBOX_REVIVED_NAMED);
        for (size_t i = 0; i < all.first.n; i++)
            assert_int_equal(all.first.p[i], i + 1);
    }
}

TEST_MAIN(cmocka_unit_test(reasons_are_counted_within_the_project),
          cmocka_unit_test(lists_find_a_reason_and_a_selection),
          cmocka_unit_test(a_selection_is_told_what_became_of_each),
          cmocka_unit_test(dead_letters_that_are_put_back_are_named),
          cmocka_unit_test(of_very_many_the_oldest_are_named))
