#include "base/clock.h"

#include "test/test.h"

static void an_id_is_a_ulid(void **state)
{
    (void)state;
    struct rng r = rng_seeded(1);
    char id[ID_LEN + 1];
    // The specification's example: 1469918176385 ms is 01ARYZ6S41.
    id_make(MILLISECONDS(1469918176385) + 999, &r, id);
    assert_int_equal(strlen(id), ID_LEN);
    assert_memory_equal(id, "01ARYZ6S41", 10);
    assert_int_equal(strspn(id, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), ID_LEN);
}

static void ids_sort_by_time(void **state)
{
    (void)state;
    struct rng r = rng_seeded(1);
    char before[ID_LEN + 1], after[ID_LEN + 1];
    id_make(-5, &r, before);
    assert_memory_equal(before, "0000000000", 10);
    for (usec_t t = 0; t < SECONDS(2000000000); t += SECONDS(19999999)) {
        id_make(t + MILLISECONDS(1), &r, after);
        assert_true(strcmp(before, after) < 0);
        memcpy(before, after, sizeof(before));
    }
}

static void two_ids_of_one_moment_differ(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rng r = rng_system();
    usec_t at = SECONDS(1);
    struct clock c = clock_fixed(&at);
    struct str one = id_new(&c, &r, a), two = id_new(&c, &r, a);
    assert_int_equal(one.n, ID_LEN);
    assert_false(str_eq(one, two));
    assert_true(str_eq(str_sub(one, 0, 10), str_sub(two, 0, 10)));
}

static void an_id_is_sixteen_bytes(void **state)
{
    static const char *const none[] = {"",
                                       "01ARYZ6S41TSV4RRFFQ69G5FA",
                                       "81ARYZ6S41TSV4RRFFQ69G5FAV",
                                       "01ARYZ6S41TSV4RRFFQ69G5FAU",
                                       "01aryz6s41tsv4rrffq69g5fav",
                                       "01ARYZ6S41TSV4RRFFQ69G5FAVX"};
    static const unsigned char want[ID_BYTES] = {0x01, 0x56, 0x3d, 0xf3, 0x64, 0x81, 0xd6, 0x76,
                                                 0x4c, 0x61, 0xef, 0xb9, 0x93, 0x02, 0xbd, 0x5b};
    unsigned char got[ID_BYTES];
    (void)state;
    assert_true(id_bytes(STR("01ARYZ6S41TSV4RRFFQ69G5FAV"), got)); // of the specification
    assert_memory_equal(got, want, sizeof want);
    assert_true(id_bytes(STR("7ZZZZZZZZZZZZZZZZZZZZZZZZZ"), got));
    for (size_t i = 0; i < sizeof got; i++)
        assert_int_equal(got[i], 0xff);
    FOR_EACH_ROW (row, none)
        assert_row(!id_bytes(str_from(*row), got), *row);
}

static void each_letter_has_its_value(void **state)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    unsigned char got[ID_BYTES];
    (void)state;
    for (int c = 0; c < 256; c++) {
        char id[ID_LEN];
        memset(id, '0', sizeof id);
        id[ID_LEN - 1] = (char)c;
        const char *const found = c ? strchr(alphabet, c) : NULL;
        assert_int_equal(id_bytes((struct str){id, sizeof id}, got), found != NULL);
        if (found)
            assert_int_equal(got[ID_BYTES - 1], found - alphabet);
    }
}

TEST_MAIN(cmocka_unit_test(an_id_is_a_ulid), cmocka_unit_test(ids_sort_by_time),
          cmocka_unit_test(two_ids_of_one_moment_differ), cmocka_unit_test(an_id_is_sixteen_bytes),
          cmocka_unit_test(each_letter_has_its_value))
