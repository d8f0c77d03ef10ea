/* Every way in which what was told can differ from what is there, and that it is found. */
#include "ops/verify_acks.h"

#include <stdio.h>
#include <stdlib.h>

#include "test/audit.h"
#include "test/inbox.h"

enum { EVENTS = 5 };

/* Keys test:0 to test:4 in the inbox, events 1 to 5 in the feed of project 1, in epoch E. */
static void fill(struct test_inbox *t)
{
    const struct test_webhook w = {
        .event_type = STR("call-status"), .call_sid = STR("CA1"), .payload = STR("{}")};

    for (int i = 0; i < EVENTS; i++)
        test_inbox_append(t, &w, 1);
    test_inbox_sql(t, "INSERT INTO provider_accounts (project_id, provider, account_sid) "
                      "VALUES (1, 'twilio', 'AC1')");
    test_inbox_sql(t, "UPDATE feed_heads SET last_seq = 5, epoch = 'E'");
}

struct seen {
    struct arena *a;
    struct str text;
};

static void collect(struct str what, void *arg)
{
    struct seen *seen = arg;

    seen->text = str_fmt(seen->a, STR_FMT STR_FMT "\n", STR_ARG(seen->text), STR_ARG(what));
}

static bool run(struct test_inbox *t, struct str log, struct verify_acks *v, struct err *e)
{
    _cleanup_(db_closep) struct db *db = store_connect(t->store, STORE_READ);
    FILE *in = fmemopen((void *)(uintptr_t)log.p, log.n, "r");

    assert_non_null(in);
    v->log = in;
    v->on_finding = collect;
    const bool ok = verify_acks(db, v, e);
    (void)fclose(in);
    return ok;
}

static struct str findings(struct test_inbox *t, const char *log)
{
    struct seen seen = {t->a, STR("")};
    struct verify_acks v = {.arg = &seen};
    struct err e = {0};

    assert_ok(run(t, str_from(log), &v, &e), &e);
    return seen.text;
}

static void tells_each_difference_in_words(void **state)
{
    static const struct {
        const char *log, *want;
    } rows[] = {
        {"ack AC1 test:0\nack 1 test:4\nack 1 test:4\n", ""},
        {"# a note\n\nack 1 test:0\n", ""},
        {"ack 1 test:0\nack 1 test:9 of nobody\n",
         "line 2: event test:9 of nobody was acknowledged and is not in the store\n"},
        {"ack 1 test:0\nack 1 test:9", ""}, // torn off
        {"ack AC2 test:0\n",
         "line 1: AC2 is neither a project of this store nor an account of one\n"
         "line 1: event test:0 was acknowledged and is not in the store\n"},
        {"ack 7 test:0\n", "line 1: 7 is neither a project of this store nor an account of one\n"
                           "line 1: event test:0 was acknowledged and is not in the store\n"},
        {"ack -9223372036854775808 test:0\n", // a number, and none of a project
         "line 1: -9223372036854775808 is neither a project of this store nor an account of one\n"
         "line 1: event test:0 was acknowledged and is not in the store\n"},
        {"saw 1 c E 1\nsaw AC1 c E 2\n", ""}, // two names of it, each with clients of its own
        {"saw 1 c E 3\nsaw 1 d E 1-4\nsaw 1 c E 4-5\nend 1 c\n", ""},
        {"saw 1 c E 1\nsaw 1 c E 3\n",
         "line 2: client c missed 2 to 2: it saw event 3 after event 1\n"},
        {"saw 1 c E 1-3\nsaw 1 c E 2-4\n",
         "line 2: client c saw event 2 again, or late: it had seen event 3\n"},
        {"saw 1 c E 4-6\n", "line 1: client c saw event 6, the feed of project 1 ends with 5\n"},
        {"from 1 c E 2\nsaw 1 c E 4\n",
         "line 2: client c missed 3 to 3: it saw event 4 after event 2\n"},
        {"saw 1 c E 4\nfrom 1 c E 0\nsaw 1 c E 1\n", ""}, // told to start anew
        {"saw 1 c E 1-4\nend 1 c\n",
         "line 2: client c ended with event 4, the feed of project 1 with 5\n"},
        {"end 1 c\n", "line 1: client c ended with event 0, the feed of project 1 with 5\n"},
        {"saw 1 c D 8-9\nsaw 1 c E 1\n", ""}, // a history that was replaced
        {"saw 1 c D 8\nsaw 1 c D 10\n",
         "line 2: client c missed 9 to 9: it saw event 10 after event 8\n"},
        {"saw 1 c D 1-5\nend 1 c\n",
         "line 2: client c ended with event 0, the feed of project 1 with 5\n"},
    };

    (void)state;
    TEST_INBOXES(t)
    {
        fill(t);
        FOR_EACH_ROW (row, rows)
            assert_str(findings(t, row->log), row->want);
    }
}

static void tells_what_is_stored_twice(void **state)
{
    static const char *const twice[] = {
        [STORE_SQLITE] = "CREATE TABLE copy AS SELECT * FROM webhook_inbox; "
                         "DROP TABLE webhook_inbox; CREATE TABLE webhook_inbox AS "
                         "SELECT * FROM copy UNION ALL SELECT * FROM copy WHERE id = 2",
        [STORE_POSTGRES] =
            "ALTER TABLE webhook_inbox DROP CONSTRAINT webhook_inbox_project_id_dedupe_key_key; "
            "INSERT INTO webhook_inbox (project_id, provider, source, event_type, lane, "
            "dedupe_key, payload) SELECT project_id, provider, source, event_type, lane, "
            "dedupe_key, payload FROM webhook_inbox WHERE id = 2",
    };

    (void)state;
    TEST_INBOXES(t)
    {
        fill(t);
        test_inbox_sql(t, twice[t->engine]);
        assert_str(findings(t, "ack 1 test:0\nack 1 test:1\n"),
                   "line 2: event test:1 was acknowledged and is stored 2 times\n");
    }
}

/* Its rows were processed and old; of those of another project nothing was deleted. */
static void does_not_call_lost_what_the_retention_took(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct seen seen = {t->a, STR("")};
        struct verify_acks v = {.arg = &seen};
        struct err e = {0};

        fill(t);
        test_inbox_sql(t, "DELETE FROM webhook_inbox WHERE id <= 2");
        assert_str(findings(t, "ack 1 test:0\nack 1 test:2\n"),
                   "line 1: event test:0 was acknowledged and is not in the store\n");
        test_inbox_sql(t, "INSERT INTO projects (org_id, name) SELECT id, 'other' FROM orgs; "
                          "INSERT INTO feed_heads (project_id, last_seq, epoch) "
                          "VALUES (2, 0, 'E'); "
                          "UPDATE feed_heads SET inbox_from = 3 WHERE project_id = 1");
        assert_ok(run(t, STR("ack 1 test:0\nack 2 test:0\nack 1 test:1\nack 1 test:2\n"), &v, &e),
                  &e);
        assert_str(seen.text, "line 2: event test:0 was acknowledged and is not in the store\n");
        assert_int_equal(v.unknown, 2);
    }
}

static void refuses_what_it_cannot_read(void **state)
{
    static const char *const logs[] = {
        "ack\n",
        "ack 1\n",
        "ack 1 \n",
        "lost 1 test:0\n",
        "saw 1 c E\n",
        "saw 1 c E x\n",
        "saw 1 c E 5-4\n",
        "saw 1 c E 1-\n",
        "saw 1  E 1\n",
        "from 1 c 1\n",
        "ack  test:0\n",
        "saw 1 c E 1 2\n",
        "saw 1 c E 99999999999999999999\n",
        "saw 1 c E 9223372036854775807\n", // none could follow
        "ack 1 \xff\n",
    };

    (void)state;
    TEST_INBOXES(t)
    {
        fill(t);
        FOR_EACH_ROW (log, logs) {
            struct seen seen = {t->a, STR("")};
            struct verify_acks v = {.arg = &seen};
            struct err e = {0};
            assert_row(!run(t, str_from(*log), &v, &e) && e.code == ERR_INVALID, *log);
        }
        char *longest = arena_new(t->a, char, 5002);
        struct verify_acks v = {.on_finding = collect};
        struct err e = {0};
        memset(longest, 'k', 5000);
        longest[5000] = '\n';
        assert_refused(run(t, str_from(longest), &v, &e), &e, ERR_INVALID);
    }
}

static void judge(void *arg)
{
    static const char log[] = "ack AC1 test:0\nack AC1 test:9\nack 7 test:0\nsaw AC1 c E 1-2\n"
                              "saw AC1 c E 9\nend AC1 c\n";
    struct test_inbox *t = arg;
    struct seen seen = {t->a, STR("")};
    struct verify_acks v = {.arg = &seen};
    struct err e = {0};

    const bool judged = run(t, str_from(log), &v, &e);
    assert_true(judged ? v.findings == 6 : e.code != ERR_INVALID && e.text[0]);
    err_clear(&e);
}

static void a_store_that_fails_is_not_taken_for_one_that_has_lost(void **state)
{
    static const char *const points[] = {"store.query", "store.connect"};

    (void)state;
    TEST_INBOXES(t)
    {
        uint64_t n_struck = 0;
        fill(t);
        FOR_EACH_ROW (point, points)
            n_struck += test_every_fault(*point, judge, t);
        assert_true(n_struck >= 6);
    }
}

/* The largest numbers that are read, twice over. */
static void counts_no_further_than_it_can(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct seen seen = {t->a, STR("")};
        struct verify_acks v = {.arg = &seen};
        struct err e = {0};

        fill(t);
        assert_ok(run(t, STR("saw 1 c D 0-9223372036854775806\nsaw 1 d D 1-9223372036854775806\n"),
                      &v, &e),
                  &e);
        assert_str(seen.text, "");
        assert_true(v.seen == INT64_MAX);
    }
}

/* More than a page of acknowledgements, and clients that take turns. */
static void takes_a_long_log_in_pages(void **state)
{
    enum { LINES = 2600, CLIENTS = 300 };

    (void)state;
    TEST_INBOXES(t)
    {
        struct seen seen = {t->a, STR("")};
        struct verify_acks v = {.arg = &seen};
        struct err e = {0};
        struct str log;
        char *text = NULL;
        size_t n = 0;

        fill(t);
        FILE *out = open_memstream(&text, &n);
        assert_non_null(out);
        for (int i = 1; i <= LINES; i++)
            (void)fprintf(out, "ack 1 test:%d\n", i == 1777 ? 1777 : i % EVENTS);
        for (int seq = 1; seq <= EVENTS; seq++)
            for (int c = 0; c < CLIENTS; c++)
                (void)fprintf(out, "saw AC1 client-%d E %d\n", c, seq);
        assert_int_equal(fclose(out), 0);
        log = (struct str){text, n};
        assert_ok(run(t, log, &v, &e), &e);
        free(text);
        assert_str(seen.text,
                   "line 1777: event test:1777 was acknowledged and is not in the store\n");
        assert_int_equal(v.acked, LINES);
        assert_int_equal(v.seen, EVENTS * CLIENTS);
        assert_int_equal(v.clients, CLIENTS);
        assert_int_equal(v.findings, 1);
    }
}

static void tests_note_and_audit_in_one_process(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct audit_notes *notes = audit_notes_create(t->a);

        assert_sound(audit_store(t->store, notes, t->a));
        for (int i = 0; i < EVENTS; i++)
            test_inbox_append(t,
                              &(struct test_webhook){.event_type = STR("call-status"),
                                                     .call_sid = STR("CA1"),
                                                     .payload = STR("{}")},
                              1);
        audit_acked(notes, t->project, STR("test:4"));
        assert_sound(audit_store(t->store, notes, t->a));
        audit_acked(notes, t->project, STR("test:5"));
        assert_str(audit_store(t->store, notes, t->a),
                   "line 2: event test:5 was acknowledged and is not in the store");
        assert_sound(audit_store(t->store, NULL, t->a));
        audit_follows(notes, t->project, STR("hub"), STR("E"), 0);
        audit_saw(notes, t->project, STR("hub"), STR("E"), 2);
        audit_caught_up(notes, t->project, STR("hub"));
        assert_str(audit_db(t->db, notes, t->a),
                   "line 4: client hub missed 1 to 1: it saw event 2 after event 0");
        test_inbox_sql(t, "DELETE FROM feed_heads");
        assert_str(audit_store(t->store, NULL, t->a),
                   "the store cannot be audited: project 1 has no feed");
    }
}

TEST_MAIN(cmocka_unit_test(tells_each_difference_in_words),
          cmocka_unit_test(tells_what_is_stored_twice),
          cmocka_unit_test(does_not_call_lost_what_the_retention_took),
          cmocka_unit_test(refuses_what_it_cannot_read),
          cmocka_unit_test(a_store_that_fails_is_not_taken_for_one_that_has_lost),
          cmocka_unit_test(counts_no_further_than_it_can),
          cmocka_unit_test(takes_a_long_log_in_pages),
          cmocka_unit_test(tests_note_and_audit_in_one_process))
