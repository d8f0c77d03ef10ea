/* The store kit: what holds for both engines. */
#include "store/store_kit.h"

#include <pthread.h>

#include "base/fault.h"

// --- values --------------------------------------------------------------------------------------

static const usec_t some_time = 1770531090123456; // 2026-02-08T06:11:30.123456Z

static void check_full_row(struct rows *rows)
{
    assert_true(rows_next(rows));
    assert_int_equal(rows_int(rows, "id"), 1);
    assert_true(rows_int(rows, "n") == INT64_MAX);
    assert_str(rows_str(rows, "t"), "für 'alle'; \"☎\"");
    assert_true(rows_bool(rows, "b"));
    assert_true(rows_time(rows, "at") == some_time);
    assert_str(rows_str(rows, "j"), "{\"a\": [1, null]}");
    const struct str bytes = rows_str(rows, "r");
    assert_int_equal(bytes.n, 4);
    assert_memory_equal(bytes.p, "\0\xff'\\", 4);
    assert_str(rows_str(rows, "d"), "-0.0085");
    assert_str(rows_str(rows, "id"), "1");
    assert_false(rows_is_null(rows, "n"));
}

static void check_null_row(struct rows *rows)
{
    assert_true(rows_next(rows));
    assert_int_equal(rows_int(rows, "id"), 2);
    assert_true(rows_int(rows, "n") == INT_NONE);
    assert_true(str_is_none(rows_str(rows, "t")));
    assert_false(rows_bool(rows, "b"));
    assert_true(rows_time(rows, "at") == TIME_NONE);
    assert_true(str_is_none(rows_str(rows, "j")));
    assert_true(str_is_none(rows_str(rows, "r")));
    assert_true(str_is_none(rows_str(rows, "d")));
    assert_true(rows_is_null(rows, "b"));
}

static void check_empty_row(struct rows *rows)
{
    assert_true(rows_next(rows));
    assert_true(rows_int(rows, "n") == -1);
    assert_str(rows_str(rows, "t"), "");
    assert_false(rows_bool(rows, "b"));
    assert_false(rows_is_null(rows, "b"));
    assert_true(rows_time(rows, "at") == -1);
    assert_str(rows_str(rows, "r"), "");
}

static void check_rows(struct db *db, struct arena *a)
{
    struct err e = {.code = ERR_NONE};
    struct rows *rows;

    assert_ok(db_query(db, (enum query)K_ALL, NO_BINDS, a, &rows, &e), &e);
    check_full_row(rows);
    check_null_row(rows);
    check_empty_row(rows);
    assert_false(rows_next(rows));
    assert_false(rows_next(rows));
    assert_ok(rows_end(rows, &e), &e);
}

static const struct str full_text = {"für 'alle'; \"☎\"", sizeof "für 'alle'; \"☎\"" - 1};
static const struct str full_bytes = {"\0\xff'\\", 4};

static void every_type_comes_back_as_it_went(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = kit_connect(store, STORE_WORK);
        kit_exec(db, K_INSERT_ONE,
                 BINDS(bind_int("id", 1), bind_int("n", INT64_MAX), bind_str("t", full_text),
                       bind_bool("b", true), bind_time("at", some_time),
                       bind_str("j", STR("{\"a\": [1, null]}")), bind_str("r", full_bytes),
                       bind_str("d", STR("-0.0085"))));
        kit_exec(db, K_INSERT_ONE,
                 BINDS(bind_int("id", 2), bind_int("n", INT_NONE), bind_str("t", STR_NONE),
                       bind_int("b", INT_NONE), bind_time("at", TIME_NONE), bind_str("j", STR_NONE),
                       bind_str("r", STR_NONE), bind_str("d", STR_NONE)));
        kit_exec(db, K_INSERT_ONE,
                 BINDS(bind_int("id", 3), bind_int("n", -1), bind_str("t", STR("")),
                       bind_bool("b", false), bind_time("at", -1), bind_str("j", STR("[]")),
                       bind_str("r", STR("")), bind_str("d", STR("0"))));
        check_rows(db, a);
    }
}

static void a_batch_keeps_every_type(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = kit_connect(store, STORE_WORK);
        const int64_t ids[] = {1, 2, 3}, ns[] = {INT64_MAX, INT_NONE, -1}, bs[] = {1, INT_NONE, 0};
        const usec_t ats[] = {some_time, TIME_NONE, -1};
        const struct str ts[] = {full_text, STR_NONE, STR("")},
                         js[] = {STR("{\"a\": [1, null]}"), STR_NONE, STR("[]")},
                         rs[] = {full_bytes, STR_NONE, STR("")},
                         ds[] = {STR("-0.0085"), STR_NONE, STR("0")};
        kit_exec(db, K_INSERT,
                 BINDS(bind_ints("id", ids, 3), bind_ints("n", ns, 3), bind_strs("t", ts, 3),
                       bind_ints("b", bs, 3), bind_times("at", ats, 3), bind_strs("j", js, 3),
                       bind_strs("r", rs, 3), bind_strs("d", ds, 3)));
        check_rows(db, a);
    }
}

static void what_no_engine_can_keep_is_refused(void **state)
{
    static const struct {
        struct str t;
        usec_t at;
        const char *label;
    } refused[] = {
        {{"a\0b", 3}, 0, "zero byte"},
        {{"\xc3(", 2}, 0, "malformed UTF-8"},
        {{"\xed\xa0\x80", 3}, 0, "surrogate"},
        {{"", 0}, INT64_MAX, "after year 9999"},
        {{"", 0}, INT64_MIN + 1, "before year 1"},
    };

    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = kit_connect(store, STORE_WORK);
        FOR_EACH_ROW (row, refused) {
            struct err e = {.code = ERR_NONE};
            const bool ok = db_exec(db, (enum query)K_INSERT_ONE,
                                    BINDS(bind_int("id", 1), bind_int("n", 1),
                                          bind_str("t", row->t), bind_bool("b", true),
                                          bind_time("at", row->at), bind_str("j", STR_NONE),
                                          bind_str("r", STR_NONE), bind_str("d", STR_NONE)),
                                    NULL, &e);
            assert_row(!ok && e.code == ERR_INVALID && !db_lost(db), row->label);
        }
        assert_int_equal(kit_count(db, a), 0);
    }
}

// --- batches -------------------------------------------------------------------------------------

static void a_batch_is_all_or_nothing(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct err e = {.code = ERR_NONE};
        _cleanup_(db_closep) struct db *db = kit_connect(store, STORE_WORK);
        assert_refused(kit_insert_ids(db, (int64_t[]){1, 2, 1}, 3, &e), &e, ERR_CONFLICT);
        assert_false(db_lost(db));
        assert_int_equal(kit_count(db, a), 0);
        assert_ok(kit_insert_ids(db, (int64_t[]){1, 2, 3}, 3, &e), &e);
        assert_int_equal(kit_count(db, a), 3);
    }
}

static void a_batch_returns_the_rows_of_all_runs(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct err e = {.code = ERR_NONE};
        struct rows *rows;
        int64_t sum = 0, changed;
        _cleanup_(db_closep) struct db *db = kit_connect(store, STORE_INGEST);
        assert_ok(db_query(db, (enum query)K_UPSERT_NONE,
                           BINDS(bind_ints("id", (int64_t[]){7, 8, 7, 9}, 4)), a, &rows, &e),
                  &e);
        while (rows_next(rows))
            sum += rows_int(rows, "id");
        assert_int_equal(sum, 7 + 8 + 9);
        assert_ok(db_exec(db, (enum query)K_UPSERT_NONE,
                          BINDS(bind_ints("id", (int64_t[]){9, 10, 11}, 3)), &changed, &e),
                  &e);
        assert_int_equal(changed, 2);
    }
}

static void an_empty_batch_does_nothing(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct err e = {.code = ERR_NONE};
        struct rows *rows;
        _cleanup_(db_closep) struct db *db = kit_connect(store, STORE_INGEST);
        assert_ok(
            db_query(db, (enum query)K_UPSERT_NONE, BINDS(bind_ints("id", NULL, 0)), a, &rows, &e),
            &e);
        assert_false(rows_next(rows));
    }
}

static void changed_rows_are_counted(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct err e = {.code = ERR_NONE};
        int64_t changed;
        _cleanup_(db_closep) struct db *db = kit_connect(store, STORE_WORK);
        assert_ok(kit_insert_ids(db, (int64_t[]){1, 2, 3}, 3, &e), &e);
        const struct binds nobody = BINDS(bind_int("id", 99), bind_int("n", 1));
        assert_ok(db_exec(db, (enum query)K_ADD, nobody, &changed, &e), &e);
        assert_int_equal(changed, 0);
        assert_ok(db_exec(db, (enum query)K_COUNT, NO_BINDS, &changed, &e), &e);
        assert_int_equal(changed, 0);
        assert_ok(db_exec(db, (enum query)K_CLEAR, NO_BINDS, &changed, &e), &e);
        assert_int_equal(changed, 3);
        assert_int_equal(kit_count(db, a), 0);
    }
}

// --- transactions --------------------------------------------------------------------------------

static void a_transaction_is_seen_when_it_is_committed(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct err e = {.code = ERR_NONE};
        _cleanup_(db_closep) struct db *writer = kit_connect(store, STORE_WORK);
        _cleanup_(db_closep) struct db *reader = store_connect(store, STORE_READ);
        assert_ok(db_begin(writer, &e), &e);
        assert_ok(kit_insert_ids(writer, (int64_t[]){1}, 1, &e), &e);
        assert_int_equal(kit_count(writer, a), 1);
        assert_int_equal(kit_count(reader, a), 0);
        assert_ok(db_commit(writer, &e), &e);
        assert_int_equal(kit_count(reader, a), 1);
        assert_ok(db_begin(writer, &e), &e);
        kit_exec(writer, K_CLEAR, NO_BINDS);
        db_rollback(writer);
        assert_int_equal(kit_count(reader, a), 1);
        assert_ok(db_begin(writer, &e), &e); // and one in which nothing happens
        assert_ok(db_commit(writer, &e), &e);
    }
}

static void closing_rolls_back(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct err e = {.code = ERR_NONE};
        _cleanup_(db_closep) struct db *db = kit_connect(store, STORE_WORK);
        assert_ok(db_begin(db, &e), &e);
        assert_ok(kit_insert_ids(db, (int64_t[]){1}, 1, &e), &e);
        db_close(db);
        db = store_connect(store, STORE_WORK);
        assert_int_equal(kit_count(db, a), 0);
    }
}

static void after_a_failed_statement_only_a_rollback_helps(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct err e = {.code = ERR_NONE};
        _cleanup_(db_closep) struct db *db = kit_connect(store, STORE_WORK);
        assert_ok(db_begin(db, &e), &e);
        assert_ok(kit_insert_ids(db, (int64_t[]){1}, 1, &e), &e);
        assert_refused(kit_insert_ids(db, (int64_t[]){1}, 1, &e), &e, ERR_CONFLICT);
        err_clear(&e);
        assert_refused(kit_insert_ids(db, (int64_t[]){2}, 1, &e), &e, ERR_CONFLICT);
        err_clear(&e);
        assert_refused(db_commit(db, &e), &e, ERR_CONFLICT);
        assert_false(db_lost(db));
        assert_int_equal(kit_count(db, a), 0);
        assert_ok(kit_insert_ids(db, (int64_t[]){1}, 1, &e), &e);
    }
}

static void a_reader_in_a_transaction_sees_one_moment(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct err e = {.code = ERR_NONE};
        _cleanup_(db_closep) struct db *writer = kit_connect(store, STORE_WORK);
        _cleanup_(db_closep) struct db *reader = store_connect(store, STORE_READ);
        assert_ok(db_begin(reader, &e), &e);
        assert_int_equal(kit_count(reader, a), 0);
        assert_ok(kit_insert_ids(writer, (int64_t[]){1}, 1, &e), &e);
        assert_int_equal(kit_count(reader, a), 0);
        assert_ok(db_commit(reader, &e), &e);
        assert_int_equal(kit_count(reader, a), 1);
    }
}

enum { ROUNDS = 100 };

static void *add_in_rounds(void *arg)
{
    struct db *db = store_connect(arg, STORE_WORK);
    struct err e = {.code = ERR_NONE};

    for (int i = 0; i < ROUNDS; i++) {
        assert_ok(db_begin(db, &e), &e);
        kit_exec(db, K_ADD, BINDS(bind_int("id", 1), bind_int("n", 1)));
        kit_exec(db, K_ADD, BINDS(bind_int("id", 1), bind_int("n", 1)));
        assert_ok(db_commit(db, &e), &e);
        kit_exec(db, K_ADD, BINDS(bind_int("id", 1), bind_int("n", 1)));
    }
    db_close(db);
    return NULL;
}

static void two_writers_lose_nothing(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        pthread_t other;
        _cleanup_(db_closep) struct db *db = kit_connect(store, STORE_WORK);
        kit_exec(db, K_INSERT_ONE,
                 BINDS(bind_int("id", 1), bind_int("n", 0), bind_str("t", STR_NONE),
                       bind_int("b", INT_NONE), bind_time("at", TIME_NONE), bind_str("j", STR_NONE),
                       bind_str("r", STR_NONE), bind_str("d", STR_NONE)));
        assert_int_equal(pthread_create(&other, NULL, add_in_rounds, store), 0);
        add_in_rounds(store);
        assert_int_equal(pthread_join(other, NULL), 0);
        assert_int_equal(kit_number(db, K_ALL, "n", a), 2 * 3 * ROUNDS);
    }
}

// --- pipelining ----------------------------------------------------------------------------------

static void send_id(struct db *db, const int64_t *id)
{
    struct err e = {.code = ERR_NONE};

    assert_ok(db_send(db, (enum query)K_UPSERT_NONE, BINDS(bind_ints("id", id, 1)), &e), &e);
}

static void answers_come_in_the_order_of_sending(void **state)
{
    static const int64_t ids[] = {1, 2, 3, 4, 5};

    (void)state;
    TEST_STORES(store, a)
    {
        struct err e = {.code = ERR_NONE};
        struct rows *rows;
        size_t sent = 0;
        _cleanup_(db_closep) struct db *db = kit_connect(store, STORE_INGEST);
        for (size_t received = 0; received < LEN(ids); received++) {
            while (sent < LEN(ids) && db_pending(db) < DB_PIPELINE)
                send_id(db, &ids[sent++]);
            assert_ok(db_receive(db, a, &rows, &e), &e);
            assert_true(rows_next(rows));
            assert_int_equal(rows_int(rows, "id"), ids[received]);
        }
        assert_int_equal(db_pending(db), 0);
        assert_int_equal(kit_count(db, a), LEN(ids));
    }
}

static bool send_one_row(struct db *db, int64_t id, struct err *e)
{
    return db_send(db, (enum query)K_INSERT_ONE,
                   BINDS(bind_int("id", id), bind_int("n", 0), bind_str("t", STR_NONE),
                         bind_int("b", INT_NONE), bind_time("at", TIME_NONE),
                         bind_str("j", STR_NONE), bind_str("r", STR_NONE), bind_str("d", STR_NONE)),
                   e);
}

static void a_failure_in_the_pipeline_does_not_stop_the_next(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct err e = {.code = ERR_NONE};
        struct rows *rows;
        _cleanup_(db_closep) struct db *db = kit_connect(store, STORE_INGEST);
        assert_ok(send_one_row(db, 1, &e), &e);
        assert_ok(send_one_row(db, 1, &e), &e);
        assert_ok(send_one_row(db, 2, &e), &e);
        assert_ok(db_receive(db, a, &rows, &e), &e);
        assert_refused(db_receive(db, a, &rows, &e), &e, ERR_CONFLICT);
        assert_false(db_lost(db));
        assert_ok(db_receive(db, a, &rows, &e), &e);
        assert_int_equal(kit_count(db, a), 2);
    }
}

// --- reading -------------------------------------------------------------------------------------

static void a_row_is_read_by_a_table(void **state)
{
    struct row {
        int64_t id;
        usec_t at;
        struct str t;
        bool b;
    };
    static const struct column columns[] = {
        {"t", COLUMN_STR, offsetof(struct row, t)},
        {"id", COLUMN_INT, offsetof(struct row, id)},
        {"b", COLUMN_BOOL, offsetof(struct row, b)},
        {"at", COLUMN_TIME, offsetof(struct row, at)},
    };

    (void)state;
    TEST_STORES(store, a)
    {
        struct err e = {.code = ERR_NONE};
        struct row row = {.id = 0};
        bool found;
        _cleanup_(db_closep) struct db *db = kit_connect(store, STORE_WORK);
        assert_ok(db_query_one(db, (enum query)K_ALL, NO_BINDS, columns, LEN(columns), a, &row,
                               &found, &e),
                  &e);
        assert_false(found);
        kit_exec(db, K_INSERT_ONE,
                 BINDS(bind_int("id", 5), bind_int("n", 0), bind_str("t", STR("x")),
                       bind_bool("b", true), bind_time("at", some_time), bind_str("j", STR_NONE),
                       bind_str("r", STR_NONE), bind_str("d", STR_NONE)));
        assert_ok(db_query_one(db, (enum query)K_ALL, NO_BINDS, columns, LEN(columns), a, &row,
                               &found, &e),
                  &e);
        assert_true(found && row.id == 5 && row.b && row.at == some_time);
        assert_str(row.t, "x");
    }
}

static void a_ping_reaches_the_database(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct err e = {.code = ERR_NONE};
        struct db *db = store_connect(store, STORE_READ);
        assert_ok(db_ping(db, &e), &e);
        assert_ok(db_ping(db, &e), &e);
        assert_ok(store_checkpoint(store, &e), &e);
        fault_arm("store.checkpoint", 1, false);
        assert_refused(store_checkpoint(store, &e), &e, ERR_UNAVAILABLE);
        fault_disarm();
        assert_false(store_is_broken(store));
        db_close(db);
    }
}

// --- when things fail ----------------------------------------------------------------------------

static bool write_three(struct db *db, struct err *e)
{
    if (!db_begin(db, e))
        return false;
    if (kit_insert_ids(db, (int64_t[]){1, 2}, 2, e) && kit_insert_ids(db, (int64_t[]){3}, 1, e))
        return db_commit(db, e);
    db_rollback(db);
    return false;
}

/* The way to the data failed; or, where the turn to write did not come, others were at it. */
static bool nothing_is_known(const struct db *db)
{
    return db_lost(db) || (db_conflicted(db) && store_engine(db->store) == STORE_SQLITE);
}

/* A fault may also strike the question; then it is asked again, and one that lasts is ended. */
static int64_t count_in_spite(struct db *db, struct arena *a)
{
    enum { PATIENCE = 5, TRIES_MAX = 100 };
    struct err e = {.code = ERR_NONE};
    struct rows *rows;

    for (int tries = 1; !db_query(db, (enum query)K_COUNT, NO_BINDS, a, &rows, &e); tries++) {
        assert_true(fault_struck() && nothing_is_known(db) && tries < TRIES_MAX);
        err_clear(&e);
        if (tries == PATIENCE)
            fault_disarm();
    }
    assert_true(rows_next(rows));
    return rows_int(rows, "count");
}

struct attempt {
    struct store *store;
    struct arena *arena;
};

static void clear(struct db *db)
{
    struct err e = {.code = ERR_NONE};

    while (!db_exec(db, (enum query)K_CLEAR, NO_BINDS, NULL, &e)) {
        assert_true(fault_struck());
        fault_disarm(); // one may have lasted until here
    }
}

static void transaction_attempt(void *arg)
{
    const struct attempt *t = arg;
    struct err e = {.code = ERR_NONE};
    struct db *db = store_connect(t->store, STORE_WORK);

    bool ok = write_three(db, &e);
    // The commit of the attempt before may have come through after its connection was given up.
    while (!ok && e.code == ERR_CONFLICT) {
        clear(db);
        ok = write_three(db, &e);
    }
    if (!ok) {
        assert_true(fault_struck());
        assert_true(nothing_is_known(db));
        assert_int_equal(e.code, ERR_UNAVAILABLE);
    }
    const int64_t n = count_in_spite(db, t->arena);
    assert_true(n == 3 || (n == 0 && !ok));
    clear(db);
    db_close(db);
}

static void whatever_fails_a_transaction_is_whole_or_absent(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        kit_prepare(store);
        struct attempt t = {.store = store, .arena = a};
        assert_true(test_every_fault_twice(NULL, transaction_attempt, &t) > 8);
    }
}

static void pipeline_attempt(void *arg)
{
    const struct attempt *t = arg;
    struct err e = {.code = ERR_NONE};
    struct db *db = store_connect(t->store, STORE_INGEST);
    static const int64_t ids[] = {1, 2, 3};
    int64_t acknowledged = 0;
    struct rows *rows;

    for (size_t i = 0; i < LEN(ids); i++)
        if (!db_send(db, (enum query)K_UPSERT_NONE, BINDS(bind_ints("id", &ids[i], 1)), &e))
            assert_true(fault_struck() && nothing_is_known(db));
    while (db_pending(db) > 0) {
        if (db_receive(db, t->arena, &rows, &e))
            acknowledged++;
        else
            assert_true(fault_struck() && nothing_is_known(db));
    }
    assert_true(count_in_spite(db, t->arena) >= acknowledged);
    assert_true(fault_struck() || acknowledged == LEN(ids));
    clear(db);
    db_close(db);
}

static void whatever_fails_what_the_pipeline_acknowledged_is_there(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        kit_prepare(store);
        struct attempt t = {.store = store, .arena = a};
        assert_true(test_every_fault_twice(NULL, pipeline_attempt, &t) > 6);
    }
}

TEST_MAIN(cmocka_unit_test(every_type_comes_back_as_it_went),
          cmocka_unit_test(a_batch_keeps_every_type),
          cmocka_unit_test(what_no_engine_can_keep_is_refused),
          cmocka_unit_test(a_batch_is_all_or_nothing),
          cmocka_unit_test(a_batch_returns_the_rows_of_all_runs),
          cmocka_unit_test(an_empty_batch_does_nothing), cmocka_unit_test(changed_rows_are_counted),
          cmocka_unit_test(a_transaction_is_seen_when_it_is_committed),
          cmocka_unit_test(closing_rolls_back),
          cmocka_unit_test(after_a_failed_statement_only_a_rollback_helps),
          cmocka_unit_test(a_reader_in_a_transaction_sees_one_moment),
          cmocka_unit_test(two_writers_lose_nothing),
          cmocka_unit_test(answers_come_in_the_order_of_sending),
          cmocka_unit_test(a_failure_in_the_pipeline_does_not_stop_the_next),
          cmocka_unit_test(a_row_is_read_by_a_table), cmocka_unit_test(a_ping_reaches_the_database),
          cmocka_unit_test(whatever_fails_a_transaction_is_whole_or_absent),
          cmocka_unit_test(whatever_fails_what_the_pipeline_acknowledged_is_there))
