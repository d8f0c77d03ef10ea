/* That the files have the form they claim; browsers and players are the judges of how they sound.
 */
#include "sandbox/twilio/media.h"

#include "test/test.h"

enum { ROOM = 1024 * 1024, WAV_HEAD = 44, MP3_FRAME = 72 };

static unsigned byte_at(const struct buf *b, size_t i)
{
    return (unsigned char)b->p[i];
}

/* Whether two samples of a channel differ: somebody is heard in it. */
static bool is_loud(const struct buf *b, size_t channel, size_t channels)
{
    for (size_t i = WAV_HEAD + channel; i < b->n; i += channels)
        if (byte_at(b, i) != 128)
            return true;
    return false;
}

static void a_wav_has_a_byte_for_each_sample_of_each_channel(void **state)
{
    struct buf mono, dual;

    (void)state;
    buf_init(&mono, ROOM);
    buf_init(&dual, ROOM);
    assert_true(media_wav(10, false, &mono) && media_wav(10, true, &dual));
    assert_int_equal(mono.n, WAV_HEAD + 10 * 8000);
    assert_int_equal(dual.n, WAV_HEAD + 10 * 8000 * 2);
    assert_int_equal(byte_at(&mono, 22), 1);
    assert_int_equal(byte_at(&dual, 22), 2);
    assert_true(is_loud(&mono, 0, 1) && is_loud(&dual, 0, 2) && is_loud(&dual, 1, 2));
    buf_finish(&mono);
    buf_finish(&dual);
}

static void the_callee_waits_for_the_caller_to_end(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, ROOM);
    assert_true(media_wav(2, true, &b));
    assert_true(is_loud(&b, 0, 2));
    assert_false(is_loud(&b, 1, 2));
    buf_finish(&b);
}

static void an_mp3_is_a_row_of_equal_frames(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, ROOM);
    assert_true(media_mp3(10, &b));
    assert_int_equal(b.n, (10 * 8000 + 575) / 576 * MP3_FRAME);
    for (size_t i = 0; i < b.n; i += MP3_FRAME)
        assert_memory_equal(b.p + i, "\xff\xe3\x18\xc0", 4);
    buf_finish(&b);
}

static void what_is_too_long_is_refused(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 1000);
    assert_false(media_wav(-1, false, &b) || media_wav(1000000, false, &b));
    assert_false(media_mp3(-1, &b) || media_mp3(1000000, &b));
    assert_false(media_wav(1, false, &b));
    buf_reset(&b);
    assert_false(media_mp3(10, &b));
    buf_finish(&b);
}

TEST_MAIN(cmocka_unit_test(a_wav_has_a_byte_for_each_sample_of_each_channel),
          cmocka_unit_test(the_callee_waits_for_the_caller_to_end),
          cmocka_unit_test(an_mp3_is_a_row_of_equal_frames),
          cmocka_unit_test(what_is_too_long_is_refused))
