/* The copy of the accounts, written to a disk of the test's own and read again. */
#include "ops/accounts_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/files.h"
#include "test/disk.h"
#include "test/test.h"

#define FILE_NAME "copy/accounts.sealed"

struct rig {
    struct arena *a;
    struct vault *v, *other;
    struct rng rng;
    struct disk *disk;
    struct account_copy_place at;
    struct err e;
};

static void new_disk(struct rig *r)
{
    r->disk = disk_create(&(struct disk_options){.seed = 1});
    r->at = (struct account_copy_place){disk_files(r->disk), STR("copy")};
    assert_int_equal(r->at.files->make_dir(r->at.files, "copy", 0700), 0);
    assert_true(files_sync_dir(r->at.files, "."));
}

static int begin(void **state)
{
    struct arena *a = arena_create(0);
    struct rig *r = arena_new(a, struct rig, 1);

    r->a = a;
    r->rng = rng_seeded(7);
    new_disk(r);
    assert_ok(vault_open(STR("the-master-key-of-these-very-tests!"), STR_NONE, &r->v, &r->e),
              &r->e);
    assert_ok(vault_open(STR("some-other-master-key-of-the-tests!"), STR_NONE, &r->other, &r->e),
              &r->e);
    *state = r;
    return 0;
}

static int end(void **state)
{
    struct rig *r = *state;

    assert_int_equal(disk_n_open(r->disk), 0);
    disk_destroy(r->disk);
    vault_close(r->v);
    vault_close(r->other);
    arena_destroy(r->a);
    return 0;
}

static bool save(struct rig *r, const char *secret)
{
    _cleanup_(account_copy_destroyp) struct account_copy *c = account_copy_create(r->v, &r->rng);
    const struct connected_project first = {.project = 7, .settings = {.region = STR("GB")}},
                                   second = {.project = 9};
    const struct sealed_connection account = {
        .provider = STR("twilio"), .account = STR("AC1"), .secret = str_from(secret)};

    account_copy_add_project(c, &first);
    account_copy_add_account(c, 7, &account);
    account_copy_add_project(c, &second);
    err_clear(&r->e);
    return account_copy_save(c, 9, &r->at, &r->e);
}

static bool read_copy(struct rig *r, struct copied_accounts *ret, bool *ret_found)
{
    err_clear(&r->e);
    return account_copy_read(&r->at, r->v, r->a, ret, ret_found, &r->e);
}

/* The secret in the copy that is there. */
static struct str saved_secret(struct rig *r)
{
    struct copied_accounts all;
    bool found;

    assert_ok(read_copy(r, &all, &found), &r->e);
    assert_true(found);
    assert_int_equal(all.n, 2);
    return all.p[0].accounts.p[0].secret;
}

static void what_was_written_is_read(void **state)
{
    struct rig *r = *state;
    struct copied_accounts all;
    bool found;

    assert_ok(read_copy(r, &all, &found), &r->e);
    assert_false(found);
    assert_ok(save(r, "a-sealed-one-that-is-longer-than-the-other"), &r->e);
    assert_ok(save(r, "sealed-two"), &r->e);
    assert_ok(read_copy(r, &all, &found), &r->e);
    assert_true(found);
    assert_int_equal(all.default_project, 9);
    assert_int_equal(all.n, 2);
    assert_int_equal(all.p[0].project.project, 7);
    assert_str(all.p[0].project.settings.region, "GB");
    assert_true(str_is_none(all.p[0].project.settings.sip_user));
    assert_int_equal(all.p[0].accounts.n, 1);
    assert_str(all.p[0].accounts.p[0].secret, "sealed-two");
    assert_true(str_is_none(all.p[0].accounts.p[0].secondary));
    assert_int_equal(all.p[1].accounts.n, 0);
}

static void another_master_key_opens_nothing(void **state)
{
    struct rig *r = *state;
    struct copied_accounts all;
    bool found = true;

    assert_ok(save(r, "sealed"), &r->e);
    assert_refused(account_copy_read(&r->at, r->other, r->a, &all, &found, &r->e), &r->e,
                   ERR_INTERNAL);
    assert_false(found);
}

static void what_is_too_large_is_not_written(void **state)
{
    struct rig *r = *state;
    struct account_copy *c = account_copy_create(r->v, &r->rng);
    const struct connected_project large = {
        .project = 1,
        .settings = {.owned_numbers = str_fmt(r->a, "%0*d", 40000, 0)},
    };

    assert_ok(save(r, "sealed"), &r->e);
    account_copy_add_project(c, &large);
    account_copy_add_project(c, &(struct connected_project){.project = 2});
    assert_refused(account_copy_save(c, 1, &r->at, &r->e), &r->e, ERR_LIMIT);
    assert_str(saved_secret(r), "sealed");
    account_copy_destroy(c);
    account_copy_destroy(NULL);
}

// --- files that are not as they should be --------------------------------------------------------

static void leave(struct rig *r, struct str bytes)
{
    const struct files *fs = r->at.files;
    const int fd = fs->open(fs, FILES_CWD, FILE_NAME, O_WRONLY | O_CREAT, 0600);

    assert_true(fd >= 0);
    assert_int_equal(fs->truncate(fs, fd, 0), 0);
    assert_int_equal(fs->write(fs, fd, bytes.p, bytes.n), bytes.n);
    assert_int_equal(fs->close(fs, fd), 0);
}

static struct str sealed(struct rig *r, struct str plain, int place)
{
    return vault_seal(r->v, &r->rng, str_fmt(r->a, "account copy %d", place), plain, r->a);
}

/* Each of them sealed for its place. */
static struct str sealed_lines(struct rig *r, struct str lines)
{
    struct str all = STR(""), line;

    for (int i = 0; cut_field(&lines, '\n', &line); i++) {
        const struct str text = sealed(r, line, i);
        all = str_fmt(r->a, STR_FMT STR_FMT "\n", STR_ARG(all), STR_ARG(text));
    }
    return all;
}

#define HEAD(n) "{\"format\":1,\"default_project\":1,\"lines\":" n "}"
#define PROJECT "\n{\"project\":1,\"region\":\"GB\"}"
#define ACCOUNT "\n{\"project\":1,\"account\":\"AC1\"}"

static void a_file_says_how_many_lines_it_has_and_whose_they_are(void **state)
{
    static const struct {
        const char *lines;
        bool is_whole;
    } rows[] = {
        {HEAD("0"), true},
        {HEAD("2") PROJECT ACCOUNT, true},
        {"", false},
        {"x", false},
        {"null", false},
        {"[]", false},
        {"{\"default_project\":1,\"lines\":0}", false},
        {"{\"format\":2,\"default_project\":1,\"lines\":0}", false},
        {"{\"format\":1,\"lines\":0}", false},
        {"{\"format\":1,\"default_project\":1}", false},
        {HEAD("-1"), false},
        {HEAD("1000000000"), false},
        {HEAD("1"), false},
        {HEAD("0") PROJECT, false},
        {HEAD("1") "\nx", false},
        {HEAD("1") "\nnull", false},
        {HEAD("1") "\n{\"region\":\"GB\"}", false},
        {HEAD("1") ACCOUNT, false},
        {HEAD("2") PROJECT "\n{\"project\":2,\"account\":\"AC1\"}", false},
    };
    struct rig *r = *state;

    FOR_EACH_ROW (row, rows) {
        struct copied_accounts all;
        bool found;
        leave(r, sealed_lines(r, str_from(row->lines)));
        assert_row(read_copy(r, &all, &found) == row->is_whole, row->lines);
        assert_row(found == row->is_whole, row->lines);
        assert_row(row->is_whole || r->e.code == ERR_INVALID, row->lines);
    }
}

static void an_empty_file_and_half_a_line_are_damaged(void **state)
{
    struct rig *r = *state;
    struct copied_accounts all;
    bool found;
    const struct str whole = sealed_lines(r, STR(HEAD("0")));

    leave(r, STR(""));
    assert_refused(read_copy(r, &all, &found), &r->e, ERR_INVALID);
    leave(r, str_sub(whole, 0, whole.n - 1));
    assert_refused(read_copy(r, &all, &found), &r->e, ERR_INVALID);
    leave(r, whole);
    assert_ok(read_copy(r, &all, &found), &r->e);
}

static void a_line_counts_at_its_own_place_alone(void **state)
{
    struct rig *r = *state;
    const struct str head = sealed(r, STR(HEAD("2")), 0),
                     first = sealed(r, STR("{\"project\":1}"), 1),
                     second = sealed(r, STR("{\"project\":2}"), 2);
    struct copied_accounts all;
    bool found;

    leave(r, str_fmt(r->a, STR_FMT "\n" STR_FMT "\n" STR_FMT "\n", STR_ARG(head), STR_ARG(first),
                     STR_ARG(second)));
    assert_ok(read_copy(r, &all, &found), &r->e);
    assert_int_equal(all.n, 2);
    leave(r, str_fmt(r->a, STR_FMT "\n" STR_FMT "\n" STR_FMT "\n", STR_ARG(head), STR_ARG(second),
                     STR_ARG(first)));
    assert_refused(read_copy(r, &all, &found), &r->e, ERR_INTERNAL);
    assert_false(found);
}

/* A project with so many accounts. */
static bool read_crowd(struct rig *r, int n, struct copied_accounts *ret)
{
    struct str lines = str_fmt(r->a, HEAD("%d") PROJECT, n + 1);
    bool found;

    for (int i = 0; i < n; i++)
        lines = str_fmt(r->a, STR_FMT ACCOUNT, STR_ARG(lines));
    leave(r, sealed_lines(r, lines));
    return read_copy(r, ret, &found);
}

static void a_project_has_no_more_accounts_than_it_may(void **state)
{
    struct rig *r = *state;
    struct copied_accounts all;

    assert_ok(read_crowd(r, CONNECTIONS_MAX, &all), &r->e);
    assert_int_equal(all.p[0].accounts.n, CONNECTIONS_MAX);
    assert_refused(read_crowd(r, CONNECTIONS_MAX + 1, &all), &r->e, ERR_INVALID);
}

// --- disks that fail -----------------------------------------------------------------------------

#define WRITING                                                                                    \
    (DISK_IS(DISK_OPEN) | DISK_IS(DISK_CREATE) | DISK_IS(DISK_TRUNCATE) | DISK_IS(DISK_WRITE) |    \
     DISK_IS(DISK_SYNC) | DISK_IS(DISK_RENAME) | DISK_IS(DISK_SYNC_DIR))
#define READING (DISK_IS(DISK_OPEN) | DISK_IS(DISK_READ) | DISK_IS(DISK_STAT))

static void any_failure_while_it_is_written_leaves_a_whole_one(void **state)
{
    struct rig *r = *state;
    uint64_t n_failed = 0;
    bool struck = true;

    for (uint64_t nth = 1; struck; nth++) {
        disk_destroy(r->disk);
        new_disk(r);
        assert_ok(save(r, "sealed-one"), &r->e);
        disk_fail(r->disk, (struct disk_failure){.kinds = WRITING, .nth = nth, .error = EIO});
        const bool saved = save(r, "sealed-two");
        struck = disk_struck(r->disk);
        disk_fail(r->disk, (struct disk_failure){0});
        assert_true(saved == !struck);
        assert_true(saved || r->e.code == ERR_UNAVAILABLE);
        n_failed += !saved;
        const struct str secret = saved_secret(r);
        assert_true(str_eq(secret, STR("sealed-two")) ||
                    (!saved && str_eq(secret, STR("sealed-one"))));
    }
    assert_true(n_failed >= 8); // open, create, truncate, two writes, sync, rename, its directory
}

static void nothing_of_one_that_was_not_finished_is_in_the_next(void **state)
{
    struct rig *r = *state;

    disk_fail(r->disk,
              (struct disk_failure){.kinds = DISK_IS(DISK_RENAME), .nth = 1, .error = EIO});
    assert_refused(save(r, "a-sealed-one-that-is-longer-than-the-other"), &r->e, ERR_UNAVAILABLE);
    disk_fail(r->disk, (struct disk_failure){0});
    assert_ok(save(r, "sealed"), &r->e);
    assert_str(saved_secret(r), "sealed");
}

static void what_cannot_be_read_is_not_taken_for_absent(void **state)
{
    struct rig *r = *state;
    struct copied_accounts all;
    bool found = true;
    uint64_t nth = 1;

    assert_ok(save(r, "sealed"), &r->e);
    for (;; nth++) {
        disk_fail(r->disk, (struct disk_failure){.kinds = READING, .nth = nth, .error = EIO});
        const bool ok = read_copy(r, &all, &found);
        if (!disk_struck(r->disk))
            break;
        assert_refused(ok, &r->e, ERR_UNAVAILABLE);
        assert_false(found);
    }
    assert_true(found);
    assert_int_equal(nth, 4); // opening it, a look at its size, reading it; then all is well
}

static void where_there_is_no_directory_there_is_no_copy(void **state)
{
    struct rig *r = *state;
    struct copied_accounts all;
    bool found = true;

    disk_fail(r->disk,
              (struct disk_failure){.kinds = DISK_IS(DISK_OPEN), .nth = 1, .error = ENOTDIR});
    assert_ok(read_copy(r, &all, &found), &r->e);
    assert_false(found);
    disk_fail(r->disk, (struct disk_failure){0});
    r->at.directory = STR("nowhere");
    assert_ok(read_copy(r, &all, &found), &r->e);
    assert_false(found);
    assert_refused(save(r, "sealed"), &r->e, ERR_UNAVAILABLE);
}

static void a_disk_that_is_interrupted_or_takes_half_goes_on(void **state)
{
    static const struct disk_failure rows[] = {
        {.kinds = DISK_IS(DISK_WRITE), .nth = 1, .error = EINTR},
        {.kinds = DISK_IS(DISK_READ), .nth = 1, .error = EINTR},
        {.kinds = DISK_IS(DISK_WRITE), .nth = 1, .halves = true, .persistent = true},
        {.kinds = DISK_IS(DISK_READ), .nth = 1, .halves = true, .persistent = true},
    };
    struct rig *r = *state;

    FOR_EACH_ROW (row, rows) {
        disk_fail(r->disk, *row);
        assert_ok(save(r, "sealed"), &r->e);
        assert_str(saved_secret(r), "sealed");
        assert_true(disk_struck(r->disk));
    }
    disk_fail(r->disk, (struct disk_failure){0});
}

static int stat_longer(const struct files *f, int fd, struct stat *ret)
{
    const int result = disk_files(f->arg)->fstat(f, fd, ret);

    ret->st_size++;
    return result;
}

static int stat_huge(const struct files *f, int fd, struct stat *ret)
{
    const int result = disk_files(f->arg)->fstat(f, fd, ret);

    ret->st_size = (off_t)1 << 40;
    return result;
}

static void a_file_that_shrinks_or_is_huge_is_not_read(void **state)
{
    struct rig *r = *state;
    struct files other = *r->at.files;
    struct copied_accounts all;
    bool found;

    assert_ok(save(r, "sealed"), &r->e);
    r->at.files = &other;
    other.fstat = stat_longer;
    assert_refused(read_copy(r, &all, &found), &r->e, ERR_INVALID);
    other.fstat = stat_huge;
    assert_refused(read_copy(r, &all, &found), &r->e, ERR_INVALID);
}

// --- power that is cut ---------------------------------------------------------------------------

static int cut_there(struct disk *d, const struct disk_op *op, void *arg)
{
    const uint64_t *at = arg;

    if (op->index == *at)
        disk_cut(d);
    return 0;
}

/* What is there when the power comes back. */
static struct str secret_after_cut(struct rig *r, uint64_t seed)
{
    struct rng rng = rng_seeded(seed);
    struct disk *after = disk_after_cut(r->disk, &(struct disk_options){0}, &rng);
    const struct account_copy_place was = r->at;

    r->at.files = disk_files(after);
    const struct str secret = saved_secret(r);
    r->at = was;
    disk_destroy(after);
    return secret;
}

static void a_cut_at_any_operation_leaves_the_old_or_the_new_one_whole(void **state)
{
    struct rig *r = *state;
    bool saved = false;

    for (uint64_t step = 0; !saved; step++) {
        disk_destroy(r->disk);
        new_disk(r);
        assert_ok(save(r, "sealed-one"), &r->e);
        uint64_t at = disk_n_ops(r->disk) + step;
        disk_set_hook(r->disk, cut_there, &at);
        saved = save(r, "sealed-two");
        for (uint64_t seed = 0; seed < 16; seed++) {
            const struct str secret = secret_after_cut(r, seed);
            assert_true(str_eq(secret, STR("sealed-two")) ||
                        (!saved && str_eq(secret, STR("sealed-one"))));
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

TEST_MAIN(TEST(what_was_written_is_read), TEST(another_master_key_opens_nothing),
          TEST(what_is_too_large_is_not_written),
          TEST(a_file_says_how_many_lines_it_has_and_whose_they_are),
          TEST(an_empty_file_and_half_a_line_are_damaged),
          TEST(a_line_counts_at_its_own_place_alone),
          TEST(a_project_has_no_more_accounts_than_it_may),
          TEST(any_failure_while_it_is_written_leaves_a_whole_one),
          TEST(nothing_of_one_that_was_not_finished_is_in_the_next),
          TEST(what_cannot_be_read_is_not_taken_for_absent),
          TEST(where_there_is_no_directory_there_is_no_copy),
          TEST(a_disk_that_is_interrupted_or_takes_half_goes_on),
          TEST(a_file_that_shrinks_or_is_huge_is_not_read),
          TEST(a_cut_at_any_operation_leaves_the_old_or_the_new_one_whole))
