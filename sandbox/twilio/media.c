#include "sandbox/twilio/media.h"

enum { RATE = 8000, SILENCE = 128, LOUDNESS = 16, PERIOD = 18, SECONDS_MAX = 4 * 3600 };

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
static void put_header(struct buf *out, uint32_t n)
{
    buf_str(out, STR("RIFF"));
    put_u32(out, n + 36);
    buf_str(out, STR("WAVEfmt "));
    put_u32(out, 16);
    put_u16(out, 1); // PCM
    put_u16(out, 1); // channels
    put_u32(out, RATE);
    put_u32(out, RATE); // bytes per second
    put_u16(out, 1);    // bytes per sample
    put_u16(out, 8);    // bits
    buf_str(out, STR("data"));
    put_u32(out, n);
}

/* A triangle of about 440 Hz, every other half second. */
static char sample(uint32_t i)
{
    const uint32_t at = i % PERIOD, up = at < PERIOD / 2 ? at : PERIOD - at;

    if (i / (RATE / 2) % 2)
        return (char)SILENCE;
    return (char)(SILENCE - LOUDNESS + (int)(up * 4 * LOUDNESS / PERIOD));
}

bool media_wav(int64_t seconds, struct buf *out)
{
    if (seconds < 0 || seconds > SECONDS_MAX)
        return false;

    const uint32_t n = (uint32_t)seconds * RATE;
    put_header(out, n);
    char *p = buf_room(out, n);
    if (!p)
        return false;
    for (uint32_t i = 0; i < n; i++)
        p[i] = sample(i);
    buf_added(out, n);
    return buf_ok(out);
}
