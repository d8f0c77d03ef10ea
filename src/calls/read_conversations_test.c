/* What the API answers of conversations, on both stores, in the shapes that it has documented. */
#include "calls/read_kit.h"

#include "store/internal.h"

static const struct conversation_filter all = {.from = TIME_NONE, .to = TIME_NONE, .page = {1, 20}};

static void conversations_are_listed_with_their_last_message(void **state)
{
    (void)state;
    TEST_OFFICES(r, a)
    {
        struct buf out = answer();
        struct err e = {0};
        struct str text;

        assert_ok(conversation_list_json(&r, &all, a, &out, &e), &e);
        text = finished(&out, a);
        tree_of(text, a);
        assert_has(text, "\"subject\":\"Calls with +1 (508) 514-0320\",\"status\":\"active\","
                         "\"last_message\":{\"subject\":\"📞 Incoming Call - no-answer\","
                         "\"body\":\"**From:** +1 (508) 514-0320\\n**To:** +1 (617) 500-6181\\n"
                         "**Duration:** 0s\",\"created_at\":\"2027-01-15T08:00:40Z\","
                         "\"direction\":\"inbound\",\"call_status\":\"no-answer\",\"missed\":true},"
                         "\"contact\":{\"display_name\":\"+1 (508) 514-0320\","
                         "\"phone_number\":\"+1 (508) 514-0320\"},"
                         "\"created_at\":\"2027-01-15T08:01:40Z\","
                         "\"updated_at\":\"");
        assert_has(text, "\"subject\":\"📞 Outgoing Call - in-progress\"");
        assert_has(text, "\"total\":2,\"page\":1,\"limit\":20,\"next_cursor\":null}");
    }
}

static void conversations_are_found_by_contact_and_latest_call(void **state)
{
    static const struct {
        struct conversation_filter filter;
        const char *total;
    } cases[] = {
        {{.text = STR("(508) 514")}, "1"},
        {{.text = STR("+1508")}, "1"},
        {{.text = STR("+1 (5")}, "1"},
        {{.text = STR("_")}, "0"},
        {{.text = STR("%")}, "0"},
        {{.text = STR("Nobody")}, "0"},
        {{.direction = STR("inbound")}, "1"},
        {{.direction = STR("inbound"), .missed = true}, "1"},
        {{.direction = STR("outbound"), .missed = true}, "0"},
        {{.missed = true}, "1"},
        {{.recording = true}, "0"},
        {{.status = STR("in-progress")}, "1"},
        {{.status = STR("completed")}, "0"},
        {{.from = T0 + SECONDS(45)}, "1"},
        {{.to = T0}, "0"},
        {{.to = T0 + SECONDS(50)}, "1"},
        {{.to = T0 + SECONDS(51)}, "2"},
        {{.text = STR("6181"), .missed = true}, "0"},
        {{.text = STR("508"), .missed = true}, "1"},
        {{.text = STR("44 20"), .from = T0 + SECONDS(50)}, "1"},
        {{.direction = STR("inbound"), .status = STR("no-answer")}, "1"},
        {{.direction = STR("outbound"), .status = STR("no-answer")}, "0"},
        {{.recording = true, .missed = true}, "0"},
    };
    (void)state;
    TEST_OFFICES(r, a)
    {
        for (size_t i = 0; i < LEN(cases); i++) {
            struct conversation_filter filter = cases[i].filter;
            struct buf out = answer();
            struct err e = {0};

            filter.page = first_page;
            filter.from = filter.from ? filter.from : TIME_NONE;
            filter.to = filter.to ? filter.to : TIME_NONE;
            assert_ok(conversation_list_json(&r, &filter, a, &out, &e), &e);
            assert_has(finished(&out, a), str_z(str_fmt(a, "\"total\":%s,", cases[i].total), a));
        }
    }
}

static void run_sql(struct db *db, const char *sql)
{
    struct err e = {0};

    assert_ok(db_begin(db, &e), &e);
    assert_ok(db->store->engine->script(db, sql, &e), &e);
    assert_ok(db_commit(db, &e), &e);
}

/* The names of contacts come from outside. */
static void contacts_are_found_by_name_in_any_case(void **state)
{
    static const struct {
        const char *name, *text, *total;
    } rows[] = {
        {"Ann Lee", "ann l", "1"},
        {"Ann Lee", "LEE", "1"},
        {"Ann Lee", "lie", "0"},
        {"Иван Щукин", "щук", "1"},
        {"иван щукин", "ЩУК", "1"},
        {"Jörg Weiß", "JÖRG", "1"},
        {"JÖRG WEISS", "weiß", "1"},
        {"Jörg Weiß", "weiss", "1"},
        {"ΟΔΥΣΣΕΥΣ", "οδυσσευς", "1"},
        {"Ærø 100%", "æRØ 100%", "1"},
        {"Ærø 100", "ærø 100%", "0"},
        {"o'Neil!", "O'NEIL!", "1"},
        {"", "ann", "0"},
    };

    (void)state;
    TEST_OFFICES(r, a)
    {
        FOR_EACH_ROW (row, rows) {
            struct conversation_filter filter = all;
            struct buf out = answer(), sql = answer();
            struct err e = {0};

            buf_str(&sql, STR("UPDATE contacts SET display_name = '"));
            for (const char *c = row->name; *c; c++)
                buf_str(&sql, *c == '\'' ? STR("''") : (struct str){c, 1});
            buf_str(&sql, STR("' WHERE phone_number = '+15085140320'"));
            run_sql(r.db, str_z(finished(&sql, a), a));
            filter.text = str_from(row->text);
            assert_ok(conversation_list_json(&r, &filter, a, &out, &e), &e);
            assert_row(str_contains(finished(&out, a), str_fmt(a, "\"total\":%s,", row->total)),
                       row->text);
        }
    }
}

static struct json_object *page_of(const struct call_reader *r, struct conversation_filter filter,
                                   struct arena *a)
{
    struct buf out = answer();
    struct err e = {0};

    assert_ok(conversation_list_json(r, &filter, a, &out, &e), &e);
    return tree_of(finished(&out, a), a);
}

/* Wherever it is more than a page: a figure that is kept. Any narrower list is counted. */
static void the_whole_list_is_not_counted(void **state)
{
    static const struct {
        struct conversation_filter filter;
        int64_t total;
    } cases[] = {
        {{.from = TIME_NONE, .to = TIME_NONE}, 77},
        {{.from = TIME_NONE, .to = TIME_NONE, .page.page = 2}, 77},
        {{.from = T0, .to = TIME_NONE}, 2},
        {{.from = TIME_NONE, .to = T0 + HOURS(1)}, 2},
        {{.from = TIME_NONE, .to = TIME_NONE, .text = STR("+")}, 2},
    };

    (void)state;
    TEST_OFFICES(r, a)
    {
        run_sql(r.db, "UPDATE feed_heads SET conversations = 77");
        FOR_EACH_ROW (row, cases) {
            struct conversation_filter filter = row->filter;
            int64_t total;
            filter.page.page = filter.page.page ? filter.page.page : 1;
            filter.page.limit = 1;
            assert_true(json_get_int(page_of(&r, filter, a), "total", &total));
            assert_int_equal(total, row->total);
        }
    }
}

static struct db *many(struct store *store, struct arena *a, int n)
{
    struct db *db = test_calls_connect(store, a);
    struct call_change *changes = arena_new(a, struct call_change, (size_t)n);
    struct err e = {0};

    for (int i = 0; i < n; i++) { // in threes at the same time
        changes[i] =
            status_of(str_z(str_fmt(a, "CA%d", i), a), i % 2 ? "busy" : "completed", i / 3, 0);
        changes[i].from = str_fmt(a, "+1508514%04d", 1000 + i);
    }
    assert_ok(test_calls_save(db, changes, (size_t)n, a, &e), &e);
    return db;
}

static void pages_behind_a_cursor_have_every_row_once(void **state)
{
    enum { ROWS = 25, LIMIT = 7 };
    const struct conversation_filter filters[] = {
        all,
        {.from = TIME_NONE, .to = TIME_NONE, .missed = true},
        {.from = TIME_NONE, .to = TIME_NONE, .status = STR("completed")},
        {.from = TIME_NONE, .to = TIME_NONE, .direction = STR("inbound")},
        {.from = TIME_NONE, .to = TIME_NONE, .text = STR("508")},
        {.from = T0 + SECONDS(2), .to = T0 + SECONDS(6)},
    };
    static const size_t expected[] = {25, 12, 13, 25, 25, 12};

    (void)state;
    TEST_STORES(store, a)
    {
        const struct call_reader r = {.db = many(store, a, ROWS), .project = 1};

        for (size_t k = 0; k < LEN(filters); k++) {
            struct conversation_filter filter = filters[k];
            bool seen[ROWS + 1] = {false};
            size_t n = 0;

            filter.page = (struct call_page){1, LIMIT};
            do {
                struct json_object *page = page_of(&r, filter, a),
                                   *list = json_get(page, "conversations");
                int64_t total, id;
                assert_int_equal(json_get_int(page, "total", &total), str_is_none(filter.cursor));
                for (size_t i = 0; i < json_object_array_length(list); i++, n++) {
                    assert_true(
                        str_to_i64(json_get_str(json_object_array_get_idx(list, i), "id"), &id));
                    assert_false(seen[id]);
                    seen[id] = true;
                }
                filter.cursor = json_get_str(page, "next_cursor");
            } while (!str_is_none(filter.cursor));
            assert_int_equal(n, expected[k]);
        }
    }
}

static void what_comes_in_above_a_cursor_moves_nothing_below(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        const struct call_reader r = {.db = many(store, a, 9), .project = 1};
        const struct call_change news[] = {status_of("CA100", "ringing", 100, INT_NONE)};
        struct conversation_filter filter = all;
        struct json_object *first, *second;
        struct err e = {0};

        filter.page.limit = 4;
        first = page_of(&r, filter, a);
        assert_ok(test_calls_save(r.db, news, LEN(news), a, &e), &e);
        filter.cursor = json_get_str(first, "next_cursor");
        second = page_of(&r, filter, a);
        assert_str(
            json_get_str(json_object_array_get_idx(json_get(second, "conversations"), 0), "id"),
            "5");
    }
}

static void a_cursor_of_nobodys_is_refused(void **state)
{
    static const char *const cursors[] = {
        "x", "00000000000000010000000000000001x", "ffffffffffffffff0000000000000001",
        "0000000000000001000000000000000g", "7fffffffffffffff0000000000000001"};

    (void)state;
    TEST_OFFICES(r, a)
    {
        for (size_t i = 0; i < LEN(cursors); i++) {
            struct conversation_filter filter = all;
            struct buf out = answer();
            struct err e = {0};

            filter.cursor = str_from(cursors[i]);
            assert_refused(conversation_list_json(&r, &filter, a, &out, &e), &e, ERR_INVALID);
            buf_finish(&out);
        }
    }
}

static void a_parent_and_its_leg_are_one_message(void **state)
{
    (void)state;
    TEST_OFFICES(r, a)
    {
        struct buf out = answer();
        struct err e = {0};
        struct str text;
        bool found;

        assert_ok(conversation_messages_json(&r, 1, first_page, a, &out, &found, &e), &e);
        assert_true(found);
        text = finished(&out, a);
        tree_of(text, a);
        assert_int_equal(count_of(text, "\"twilio_sid\""), 2);
        assert_has(text, "\"twilio_sid\":\"CA1\",\"subject\":\"📞 Incoming Call - 29s\","
                         "\"body\":\"**From:** +1 (508) 514-0320\\n**To:** +1 (617) 500-6181\\n"
                         "**Duration:** 29s\",\"created_at\":\"2027-01-15T08:00:00Z\","
                         "\"direction\":\"inbound\",\"call_status\":\"completed\",\"missed\":false,"
                         "\"duration\":29,\"total_duration\":29,\"talk_time\":25,\"wait_time\":4,"
                         "\"recording_url\":null,\"metadata\":{");
        assert_has(text, "\"total\":2,\"page\":1,\"limit\":20}");

        out = answer();
        assert_ok(conversation_messages_json(&r, 1, (struct call_page){2, 1}, a, &out, &found, &e),
                  &e);
        text = finished(&out, a);
        assert_int_equal(count_of(text, "\"twilio_sid\""), 1);
        assert_has(text, "\"twilio_sid\":\"CA1\"");
        assert_has(text, "\"total\":2,\"page\":2,\"limit\":1}");
    }
}

static void one_conversation_is_shown_with_its_count(void **state)
{
    (void)state;
    TEST_OFFICES(r, a)
    {
        const struct call_reader stranger = {.db = r.db, .project = 2};
        struct buf out = answer();
        struct json_object *o;
        struct err e = {0};
        int64_t total;
        bool found;

        assert_ok(conversation_json(&r, 1, a, &out, &found, &e), &e);
        assert_true(found);
        o = tree_of(finished(&out, a), a);
        assert_str(json_get_str(o, "external_id"), "+15085140320");
        assert_str(json_get_str(o, "last_message_at"), "2027-01-15T08:00:40Z");
        assert_true(json_get_int(json_get(o, "metadata"), "total_calls", &total) && total == 2);

        out = answer();
        assert_ok(conversation_json(&r, 99, a, &out, &found, &e), &e);
        assert_false(found);
        assert_ok(conversation_json(&stranger, 1, a, &out, &found, &e), &e);
        assert_false(found);
        assert_ok(conversation_messages_json(&stranger, 1, first_page, a, &out, &found, &e), &e);
        assert_false(found);
        assert_int_equal(out.n, 0);
        buf_finish(&out);
    }
}

TEST_MAIN(cmocka_unit_test(conversations_are_listed_with_their_last_message),
          cmocka_unit_test(conversations_are_found_by_contact_and_latest_call),
          cmocka_unit_test(contacts_are_found_by_name_in_any_case),
          cmocka_unit_test(the_whole_list_is_not_counted),
          cmocka_unit_test(pages_behind_a_cursor_have_every_row_once),
          cmocka_unit_test(what_comes_in_above_a_cursor_moves_nothing_below),
          cmocka_unit_test(a_cursor_of_nobodys_is_refused),
          cmocka_unit_test(a_parent_and_its_leg_are_one_message),
          cmocka_unit_test(one_conversation_is_shown_with_its_count))
