#include "sandbox/twilio/media.h"

/* Time goes by in frames of 72 ms, as long as those of an MP3 at 8 kHz. */
enum { RATE = 8000, FRAME = 576, SECONDS_MAX = 4 * 3600, SILENCE = 128 };

// --- who is heard --------------------------------------------------------------------------------

enum speaker { NOBODY, CALLER, CALLEE };

enum { TURN = 40, PAUSE = 8, PHRASE = 5, LOUDNESS_MAX = 5 };

/* Samples of a period: about 440 and 330 Hz. */
static const uint32_t period[] = {[CALLER] = 18, [CALLEE] = 24};

static uint32_t mix(uint32_t n)
{
    n = (n ^ n >> 16) * 0x85ebca6b;
    n = (n ^ n >> 13) * 0xc2b2ae35;
    return n ^ n >> 16;
}

/* They take turns with a pause between them, and a breath now and then. */
static enum speaker speaker_of(uint32_t frame)
{
    const uint32_t turn = frame / TURN, at = frame % TURN;

    if (at >= TURN - PAUSE || mix(frame / PHRASE) % 4 == 0)
        return NOBODY;
    return turn % 2 == 0 ? CALLER : CALLEE;
}

/* From 1 to LOUDNESS_MAX. */
static uint32_t loudness_of(uint32_t frame)
{
    return 1 + mix(frame) % LOUDNESS_MAX;
}

// --- WAV -----------------------------------------------------------------------------------------

static void put_u16(struct buf *out, uint32_t v)
{
    buf_char(out, (char)(v & 0xff));
    buf_char(out, (char)(v >> 8 & 0xff));
}

static void put_u32(struct buf *out, uint32_t v)
{
    put_u16(out, v & 0xffff);
    put_u16(out, v >> 16);
}

/* RIFF, with unsigned samples of one byte. */
static void put_header(struct buf *out, uint32_t n, uint32_t channels)
{
    buf_str(out, STR("RIFF"));
    put_u32(out, n + 36);
    buf_str(out, STR("WAVEfmt "));
    put_u32(out, 16);
    put_u16(out, 1); // PCM
    put_u16(out, channels);
    put_u32(out, RATE);
    put_u32(out, RATE * channels); // bytes per second
    put_u16(out, channels);        // bytes per sample of all channels
    put_u16(out, 8);               // bits
    buf_str(out, STR("data"));
    put_u32(out, n);
}

/* A triangle. */
static char sample(enum speaker who, uint32_t i)
{
    const uint32_t length = period[who], at = i % length, up = at < length / 2 ? at : length - at;
    const int height = 8 * (int)loudness_of(i / FRAME);

    return (char)(SILENCE - height + (int)up * 4 * height / (int)length);
}

static char heard(uint32_t i, bool dual, enum speaker channel)
{
    const enum speaker who = speaker_of(i / FRAME);

    return who == NOBODY || (dual && who != channel) ? (char)SILENCE : sample(who, i);
}

bool media_wav(int64_t seconds, bool dual, struct buf *out)
{
    if (seconds < 0 || seconds > SECONDS_MAX)
        return false;

    const uint32_t channels = dual ? 2 : 1, n = (uint32_t)seconds * RATE;
    put_header(out, n * channels, channels);
    char *p = buf_room(out, n * channels);
    if (!p)
        return false;
    for (uint32_t i = 0; i < n; i++)
        for (enum speaker channel = CALLER; channel < CALLER + channels; channel++)
            *p++ = heard(i, dual, channel);
    buf_added(out, n * channels);
    return buf_ok(out);
}

// --- MP3 (ISO 11172-3 and 13818-3, layer III) ----------------------------------------------------

/*
 * One granule of 576 spectral lines, 7 Hz each, of which one sounds. With all else zero the frame
 * is a constant but for the line and its gain: pairs of zeros are one bit each in table 1.
 */
enum { MP3_BYTES = 72, SIDE_BITS = 72, GAIN_SOFT = 193 };

/* The second one of its pair, so an odd number. */
static const uint32_t line[] = {[CALLER] = 63, [CALLEE] = 47};

struct bits {
    unsigned char *p;
    size_t at;
};

static void put_bits(struct bits *b, uint32_t n, uint32_t value)
{
    for (; n > 0; n--, b->at++)
        if (value >> (n - 1) & 1)
            b->p[b->at / 8] |= (unsigned char)(0x80 >> b->at % 8);
}

static void put_side(struct bits *b, uint32_t pairs, uint32_t gain)
{
    put_bits(b, 9, 0);                      // main data begins here; a private bit
    put_bits(b, 12, pairs ? pairs + 3 : 0); // bits of main data
    put_bits(b, 9, pairs);
    put_bits(b, 8, gain);
    put_bits(b, 10, 0); // no scale factors, long blocks
    for (int region = 0; region < 3; region++)
        put_bits(b, 5, 1); // table 1
    put_bits(b, 9, 0);
}

static void put_frame(unsigned char frame[MP3_BYTES], enum speaker who, uint32_t loudness)
{
    static const unsigned char head[] = {0xff, 0xe3, 0x18, 0xc0}; // MPEG-2.5, 8 kbit/s, 8 kHz, mono
    const uint32_t pairs = who == NOBODY ? 0 : (line[who] + 1) / 2;
    struct bits b = {frame, sizeof head * 8};

    memset(frame, 0, MP3_BYTES);
    memcpy(frame, head, sizeof head);
    put_side(&b, pairs, GAIN_SOFT + 2 * loudness);
    assert(b.at == sizeof head * 8 + SIDE_BITS);
    if (pairs == 0)
        return;
    for (uint32_t i = 1; i < pairs; i++)
        put_bits(&b, 1, 1); // (0, 0)
    put_bits(&b, 4, 2);     // (0, 1), positive
}

bool media_mp3(int64_t seconds, struct buf *out)
{
    if (seconds < 0 || seconds > SECONDS_MAX)
        return false;

    const uint32_t n = ((uint32_t)seconds * RATE + FRAME - 1) / FRAME;
    for (uint32_t i = 0; i < n; i++) {
        unsigned char frame[MP3_BYTES];
        put_frame(frame, speaker_of(i), loudness_of(i));
        buf_str(out, (struct str){(const char *)frame, sizeof frame});
    }
    return buf_ok(out);
}
