#include "test/test.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fault.h"
#include "inbox/record.h"
#include "inbox/spool.h"

enum { BATCH = 8 };

struct rig {
    struct arena *a;
    const char *path;
    struct spool_options o;
    struct spool *s;
};

static void reopen(struct rig *r)
{
    struct err e;
    spool_close(r->s);
    r->s = NULL;
    assert_ok(spool_open(&r->o, &r->s, &e), &e);
}

static void rig_up(struct rig *r, struct arena *a)
{
    *r = (struct rig){.a = a, .path = test_path(test_tmpdir(a), "spool", a)};
    r->o = (struct spool_options){.path = str_from(r->path)};
    reopen(r);
}

static bool append(struct rig *r, const char *keys)
{
    const struct inbox_item *items[64];
    struct str rest = str_from(keys), key;
    struct err e;
    size_t n = 0;
    for (; cut_field(&rest, ' ', &key); n++) {
        struct inbox_item *it = arena_new(r->a, struct inbox_item, 1);
        *it = (struct inbox_item){.project = 1, .dedupe_key = key, .payload = STR("{}")};
        items[n] = it;
    }
    return spool_append(r->s, items, n, &e);
}

/* All that comes back, as it would go to the store. */
static const char *drained(struct rig *r)
{
    struct inbox_item items[BATCH];
    struct str all = STR("");
    struct err e;
    size_t n;
    for (;;) {
        assert_ok(spool_read(r->s, BATCH, items, &n, &e), &e);
        if (n == 0)
            return str_z(all, r->a);
        for (size_t i = 0; i < n; i++)
            all = str_fmt(r->a, STR_FMT "%s" STR_FMT, STR_ARG(all), all.n ? " " : "",
                          STR_ARG(items[i].dedupe_key));
        assert_ok(spool_done(r->s, false, &e), &e);
    }
}

/* Names in the directory that end so. */
static size_t count_files(struct rig *r, const char *suffix)
{
    DIR *d = opendir(r->path);
    size_t n = 0;
    assert_non_null(d);
    for (struct dirent *entry; (entry = readdir(d));)
        n += str_ends(str_from(entry->d_name), str_from(suffix));
    closedir(d);
    return n;
}

static const char *only_file(struct rig *r)
{
    return str_z(str_fmt(r->a, "%s/%020d.spool", r->path, 1), r->a);
}

// --- good days -----------------------------------------------------------------------------------

static void what_went_in_comes_out_in_order_and_once(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;

    (void)state;
    rig_up(&r, a);
    assert_int_equal(spool_bytes(r.s), 0);
    assert_true(append(&r, "a b c"));
    assert_true(append(&r, "d"));
    assert_true(spool_bytes(r.s) > 0);
    assert_string_equal(drained(&r), "a b c d");
    assert_int_equal(spool_bytes(r.s), 0);
    assert_string_equal(drained(&r), "");
    assert_int_equal(count_files(&r, ".spool"), 0);
    assert_true(append(&r, "e"));
    assert_string_equal(drained(&r), "e");
    spool_close(r.s);
}

static void a_new_run_finds_what_the_old_one_left(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;

    (void)state;
    rig_up(&r, a);
    assert_true(append(&r, "a b"));
    reopen(&r);
    assert_true(append(&r, "c")); // in a file of its own
    assert_int_equal(count_files(&r, ".spool"), 2);
    reopen(&r);
    assert_string_equal(drained(&r), "a b c");
    spool_close(r.s);
}

static void files_are_rotated_and_keep_their_order(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;

    (void)state;
    rig_up(&r, a);
    r.o.file_size = 100;
    reopen(&r);
    for (const char *key = "abcdefghijklmnop"; *key; key++)
        assert_true(append(&r, (char[]){*key, '\0'}));
    assert_true(count_files(&r, ".spool") > 5);
    assert_string_equal(drained(&r), "a b c d e f g h i j k l m n o p");
    assert_int_equal(count_files(&r, ".spool"), 0);
    spool_close(r.s);
}

static void what_was_not_done_comes_again(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct inbox_item items[2];
    struct rig r;
    struct err e;
    size_t n;

    (void)state;
    rig_up(&r, a);
    assert_true(append(&r, "a b c"));
    assert_ok(spool_read(r.s, 2, items, &n, &e), &e);
    assert_int_equal(n, 2);
    spool_rewind(r.s);
    assert_ok(spool_read(r.s, 2, items, &n, &e), &e);
    assert_str(items[0].dedupe_key, "a");
    assert_ok(spool_done(r.s, false, &e), &e);
    assert_true(append(&r, "d")); // while the first file is half read
    assert_string_equal(drained(&r), "c d");

    assert_true(append(&r, "e f"));
    assert_ok(spool_read(r.s, 1, items, &n, &e), &e);
    assert_ok(spool_done(r.s, false, &e), &e);
    reopen(&r); // a file comes back whole until its last record is done
    assert_string_equal(drained(&r), "e f");
    spool_close(r.s);
}

static void one_process_at_a_time(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct spool *second;
    struct rig r;
    struct err e;

    (void)state;
    rig_up(&r, a);
    assert_refused(spool_open(&r.o, &second, &e), &e, ERR_CONFLICT);
    assert_true(append(&r, "a"));
    assert_string_equal(drained(&r), "a");
    spool_close(r.s);
}

static void missing_directories_are_made(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;
    struct err e;

    (void)state;
    rig_up(&r, a);
    spool_close(TAKE(r.s));
    r.o.path = str_fmt(a, "%s/a/b//c/", test_tmpdir(a));
    assert_ok(spool_open(&r.o, &r.s, &e), &e);
    assert_true(append(&r, "a"));
    assert_string_equal(drained(&r), "a");
    spool_close(TAKE(r.s));

    r.o.path = str_fmt(a, "%s/lock/below", r.path); // a file is in the way
    assert_refused(spool_open(&r.o, &r.s, &e), &e, ERR_UNAVAILABLE);
}

static void a_full_spool_refuses(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;

    (void)state;
    rig_up(&r, a);
    r.o.max_size = 200;
    reopen(&r);
    const char *all = "";
    for (size_t i = 0; append(&r, "a"); i++)
        all = str_z(str_fmt(a, "%s%sa", all, *all ? " " : ""), a);
    assert_true(*all);
    assert_string_equal(drained(&r), all);
    assert_true(append(&r, "b"));
    spool_close(r.s);
}

// --- damage --------------------------------------------------------------------------------------

static void patch(const char *path, long at, const char *bytes, size_t n)
{
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, at, at < 0 ? SEEK_END : SEEK_SET), 0);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void a_torn_end_is_reported_and_dropped(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;

    (void)state;
    rig_up(&r, a);
    assert_true(append(&r, "a b"));
    assert_int_equal(truncate(only_file(&r), (off_t)spool_bytes(r.s) - 3), 0);
    reopen(&r);
    assert_string_equal(drained(&r), "a");
    assert_int_equal(spool_damage(r.s).torn, 1);
    assert_int_equal(spool_damage(r.s).corrupt, 0);
    assert_int_equal(count_files(&r, ".spool"), 0);
    assert_int_equal(count_files(&r, ".corrupt"), 0);
    spool_close(r.s);
}

static void a_damaged_record_is_reported_and_its_file_kept(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;

    (void)state;
    rig_up(&r, a);
    assert_true(append(&r, "a b c"));
    const long each = (long)(spool_bytes(r.s) - 8) / 3;
    patch(only_file(&r), 8 + each + 20, "!", 1);
    reopen(&r);
    assert_string_equal(drained(&r), "a c");
    assert_int_equal(spool_damage(r.s).corrupt, 1);
    assert_int_equal(spool_damage(r.s).torn, 0);
    assert_int_equal(count_files(&r, ".spool"), 0);
    assert_int_equal(count_files(&r, ".corrupt"), 1);

    reopen(&r); // kept aside, and its number is not used again
    assert_int_equal(spool_bytes(r.s), 0);
    assert_true(append(&r, "d"));
    assert_int_equal(access(only_file(&r), F_OK), -1);
    assert_string_equal(drained(&r), "d");
    spool_close(r.s);
}

static void a_file_of_another_kind_is_kept_aside(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;

    (void)state;
    rig_up(&r, a);
    assert_true(append(&r, "a"));
    patch(only_file(&r), 0, "HSSPOOL9", 8);
    reopen(&r);
    assert_string_equal(drained(&r), "");
    assert_int_equal(count_files(&r, ".corrupt"), 1);
    spool_close(r.s);
}

static void an_empty_or_half_born_file_is_nothing(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;

    (void)state;
    for (off_t n = 0; n < 8; n++) {
        rig_up(&r, a);
        assert_true(append(&r, "a"));
        assert_int_equal(truncate(only_file(&r), n), 0);
        reopen(&r);
        assert_string_equal(drained(&r), "");
        assert_int_equal(spool_damage(r.s).torn, n > 0);
        assert_int_equal(count_files(&r, ".corrupt"), 0);
        spool_close(r.s);
        r.s = NULL;
    }
}

// --- failing calls -------------------------------------------------------------------------------

static void a_failed_append_leaves_nothing_behind(void **state)
{
    static const char *const points[] = {"spool.write", "spool.create", "spool.sync_dir"};
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;

    (void)state;
    FOR_EACH_ROW (point, points) {
        rig_up(&r, a);
        fault_arm(*point, 1, false);
        assert_row(!append(&r, "lost"), *point);
        fault_disarm();
        assert_row(spool_bytes(r.s) == 0 && count_files(&r, ".spool") == 0, *point);
        assert_row(append(&r, "a"), *point);
        fault_arm("spool.write", 1, false);
        assert_row(!append(&r, "lost"), *point);
        fault_disarm();
        assert_row(append(&r, "b"), *point);
        assert_int_equal(count_files(&r, ".spool"), 1); // taken back, and written on
        reopen(&r);
        assert_string_equal(drained(&r), "a b");
        spool_close(r.s);
        r.s = NULL;
    }
}

static void a_file_whose_sync_failed_is_never_written_again(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;

    (void)state;
    rig_up(&r, a);
    assert_true(append(&r, "a"));
    fault_arm("spool.sync", 1, false);
    assert_false(append(&r, "x"));
    fault_disarm();
    assert_true(append(&r, "b"));
    assert_int_equal(count_files(&r, ".spool"), 2);
    reopen(&r);
    assert_string_equal(drained(&r), "a x b"); // x was refused; it is a true event all the same
    spool_close(r.s);
}

static void a_disk_that_never_syncs_does_not_fill(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;

    (void)state;
    rig_up(&r, a);
    fault_arm("spool.sync", 1, true);
    for (int i = 0; i < 20; i++)
        assert_false(append(&r, "x"));
    fault_disarm();
    assert_int_equal(count_files(&r, ".spool"), 0);
    spool_close(r.s);
}

static void a_write_that_cannot_be_taken_back_ends_its_file(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;

    (void)state;
    rig_up(&r, a);
    assert_true(append(&r, "a"));
    fault_arm(NULL, 1, true);
    assert_false(append(&r, "x"));
    fault_disarm();
    assert_true(append(&r, "b"));
    assert_int_equal(count_files(&r, ".spool"), 2);
    assert_string_equal(drained(&r), "a b");
    spool_close(r.s);
}

static void a_file_that_cannot_be_read_or_removed_comes_again(void **state)
{
    static const char *const points[] = {"spool.load", "spool.stat", "spool.read", "spool.remove",
                                         "spool.sync_dir"};
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct inbox_item items[BATCH];
    struct rig r;
    struct err e;
    size_t n;

    (void)state;
    FOR_EACH_ROW (point, points) {
        rig_up(&r, a);
        assert_true(append(&r, "a b"));
        fault_arm(*point, 1, false);
        assert_false(spool_read(r.s, BATCH, items, &n, &e) && spool_done(r.s, false, &e));
        fault_disarm();
        const char *again = drained(&r);
        // The last step had removed the file already; only whether that lasts is unknown.
        assert_row(strcmp(again, "a b") == 0 || strcmp(*point, "spool.sync_dir") == 0, *point);
        spool_close(r.s);
        r.s = NULL;
    }
}

TEST_MAIN(cmocka_unit_test(what_went_in_comes_out_in_order_and_once),
          cmocka_unit_test(a_new_run_finds_what_the_old_one_left),
          cmocka_unit_test(files_are_rotated_and_keep_their_order),
          cmocka_unit_test(what_was_not_done_comes_again), cmocka_unit_test(one_process_at_a_time),
          cmocka_unit_test(missing_directories_are_made), cmocka_unit_test(a_full_spool_refuses),
          cmocka_unit_test(a_torn_end_is_reported_and_dropped),
          cmocka_unit_test(a_damaged_record_is_reported_and_its_file_kept),
          cmocka_unit_test(a_file_of_another_kind_is_kept_aside),
          cmocka_unit_test(an_empty_or_half_born_file_is_nothing),
          cmocka_unit_test(a_failed_append_leaves_nothing_behind),
          cmocka_unit_test(a_file_whose_sync_failed_is_never_written_again),
          cmocka_unit_test(a_disk_that_never_syncs_does_not_fill),
          cmocka_unit_test(a_write_that_cannot_be_taken_back_ends_its_file),
          cmocka_unit_test(a_file_that_cannot_be_read_or_removed_comes_again))
