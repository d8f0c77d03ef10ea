#include "test/test.h"

#include <stdlib.h>

#include "base/buf.h"
#include "inbox/record.h"

enum { FILE_MAX = 1024 * 1024 };

static struct inbox_item item(struct str key)
{
    return (struct inbox_item){
        .project = -7,
        .provider = STR("twilio"),
        .source = STR("twilio_voice"),
        .event_type = STR("call-status"),
        .call_sid = STR(""), // empty is not absent
        .recording_sid = STR_NONE,
        .lane = STR("lane"),
        .dedupe_key = key,
        .payload = STR("{\"a\":\"\xc3\xa4\"}"),
        .raw_body = {"a=\0\xff", 4},
        .trace_id = STR("trace"),
        .account = STR("AC1"),
        .received_at = SECONDS(1700000000),
    };
}

static void same_text(struct str got, struct str want)
{
    assert_int_equal(str_is_none(got), str_is_none(want));
    assert_true(str_eq(got, want));
}

static void an_item_comes_back_as_it_was(void **state)
{
    const struct inbox_item want = item(STR("k"));
    struct inbox_item got;
    struct buf file;

    (void)state;
    buf_init(&file, FILE_MAX);
    record_write(&file, &want);
    struct str in = buf_view(&file);
    assert_int_equal(record_next(&in, &got), RECORD_ITEM);
    assert_true(got.project == want.project && got.received_at == want.received_at);
    same_text(got.provider, want.provider);
    same_text(got.source, want.source);
    same_text(got.event_type, want.event_type);
    same_text(got.call_sid, want.call_sid);
    same_text(got.recording_sid, want.recording_sid);
    same_text(got.lane, want.lane);
    same_text(got.dedupe_key, want.dedupe_key);
    same_text(got.payload, want.payload);
    same_text(got.raw_body, want.raw_body);
    same_text(got.trace_id, want.trace_id);
    same_text(got.account, want.account);
    assert_int_equal(record_next(&in, &got), RECORD_END);
    buf_finish(&file);
}

/* As the first version wrote it: project 7, "twilio", the key "k", no account. */
static void a_record_of_an_older_version_is_read(void **state)
{
    static const char old[] =
        "\360\305\123\162\106\000\000\000\027\050\177\057\007\000\000\000\000\000\000\000"
        "\000\100\036\030\044\012\006\000\007\000\000\000\164\167\151\154\151\157\000\000"
        "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\002\000"
        "\000\000\153\003\000\000\000\173\175\000\000\000\000\006\000\000\000\164\162\141"
        "\143\145";
    struct str in = {old, sizeof(old) - 1};
    struct inbox_item got;

    (void)state;
    assert_int_equal(record_next(&in, &got), RECORD_ITEM);
    assert_int_equal(got.project, 7);
    same_text(got.provider, STR("twilio"));
    same_text(got.dedupe_key, STR("k"));
    same_text(got.trace_id, STR("trace"));
    same_text(got.account, STR_NONE);
    assert_int_equal(record_next(&in, &got), RECORD_END);
}

/* Three records, k1 k2 k3; where they begin and where the last ends. */
static void three(struct buf *file, size_t at[4])
{
    static const struct str keys[] = {{"k1", 2}, {"k2", 2}, {"k3", 2}};
    buf_init(file, FILE_MAX);
    for (size_t i = 0; i < 3; i++) {
        const struct inbox_item it = item(keys[i]);
        at[i] = file->n;
        record_write(file, &it);
    }
    at[3] = file->n;
}

/* What a reader finds: a letter for each, the digit of the key for an item. */
static const char *found(struct str in, struct arena *a)
{
    struct str text = STR("");
    struct inbox_item got;
    for (;;) {
        switch (record_next(&in, &got)) {
        case RECORD_ITEM:
            text = str_fmt(a, STR_FMT "%c", STR_ARG(text), got.dedupe_key.p[1]);
            break;
        case RECORD_DAMAGED:
            text = str_fmt(a, STR_FMT "D", STR_ARG(text));
            break;
        case RECORD_TORN:
            text = str_fmt(a, STR_FMT "T", STR_ARG(text));
            break;
        case RECORD_END:
            return str_z(text, a);
        }
    }
}

static void a_file_cut_anywhere_ends_torn(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct buf file;
    size_t at[4];

    (void)state;
    three(&file, at);
    for (size_t n = 0; n <= file.n; n++) {
        const char *want = n == at[0]   ? ""
                           : n < at[1]  ? "T"
                           : n == at[1] ? "1"
                           : n < at[2]  ? "1T"
                           : n == at[2] ? "12"
                           : n < at[3]  ? "12T"
                                        : "123";
        assert_string_equal(found(str_sub(buf_view(&file), 0, n), a), want);
    }
    buf_finish(&file);
}

static void any_changed_byte_costs_one_record_and_is_noticed(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct buf file;
    size_t at[4];

    (void)state;
    three(&file, at);
    for (size_t i = 0; i < file.n; i++) {
        const size_t hit = i < at[1] ? 0 : i < at[2] ? 1 : 2;
        static const char *const want[] = {"D23", "1D3", "12D"};
        file.p[i] ^= 0x10;
        const char *got = found(buf_view(&file), a);
        // A longer length in the last record looks like one that was cut short.
        if (strcmp(got, "12T") != 0 || hit != 2)
            assert_string_equal(got, want[hit]);
        file.p[i] ^= 0x10;
    }
    buf_finish(&file);
}

static void rubbish_before_between_and_behind_is_passed_over(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct buf file, spoiled;
    size_t at[4];

    (void)state;
    three(&file, at);
    buf_init(&spoiled, FILE_MAX);
    for (size_t i = 0; i < 3; i++) {
        buf_str(&spoiled, STR("\xf0\xc5\x53\x72 rubbish that begins with a mark"));
        buf_str(&spoiled, str_sub(buf_view(&file), at[i], at[i + 1] - at[i]));
    }
    buf_str(&spoiled, (struct str){(const char[64]){0}, 64});
    assert_string_equal(found(buf_view(&spoiled), a), "D1D2D3D");
    buf_finish(&spoiled);
    buf_finish(&file);
}

static void an_item_beyond_the_limit_is_not_written(void **state)
{
    char *big = mem_alloc(RECORD_MAX + 1);
    struct inbox_item huge = item(STR("k"));
    struct buf out;

    (void)state;
    memset(big, 'x', RECORD_MAX + 1);
    huge.payload = (struct str){big, RECORD_MAX + 1};
    buf_init(&out, 4 * (size_t)RECORD_MAX);
    record_write(&out, &huge);
    assert_false(buf_ok(&out));
    buf_finish(&out);
    free(big);
}

TEST_MAIN(cmocka_unit_test(an_item_comes_back_as_it_was),
          cmocka_unit_test(a_file_cut_anywhere_ends_torn),
          cmocka_unit_test(any_changed_byte_costs_one_record_and_is_noticed),
          cmocka_unit_test(rubbish_before_between_and_behind_is_passed_over),
          cmocka_unit_test(an_item_beyond_the_limit_is_not_written),
          cmocka_unit_test(a_record_of_an_older_version_is_read))
