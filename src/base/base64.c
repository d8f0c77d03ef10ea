#include "base/buf.h"

#include "base/crypto.h"

/* Text forms of bytes: base 16 and base 64 (RFC 4648). */

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void buf_hex(struct buf *b, const void *p, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *in = p;
    for (size_t i = 0; i < n; i++)
        buf_str(b, (struct str){(char[]){digits[in[i] >> 4], digits[in[i] & 15]}, 2});
}

/* The four characters of 1 to 3 bytes; of fewer than 3, only n + 1 of them count. */
static void encode_group(const unsigned char *in, size_t n, const char *alphabet, char ret[4])
{
    uint32_t v = (uint32_t)in[0] << 16;
    if (n > 1)
        v |= (uint32_t)in[1] << 8;
    if (n > 2)
        v |= in[2];
    for (size_t i = 4; i-- > 0; v >>= 6)
        ret[i] = alphabet[v & 63];
}

static void encode(struct buf *b, const unsigned char *in, size_t n, const char *alphabet,
                   bool padded)
{
    char group[4];
    for (; n >= 3; in += 3, n -= 3) {
        encode_group(in, 3, alphabet, group);
        buf_str(b, (struct str){group, 4});
    }
    if (n == 0)
        return;
    encode_group(in, n, alphabet, group);
    buf_str(b, (struct str){group, n + 1});
    if (padded)
        buf_str(b, (struct str){"==", 3 - n});
}

void buf_base64(struct buf *b, const void *p, size_t n)
{
    encode(b, p, n, standard, true);
}

void buf_base64url(struct buf *b, const void *p, size_t n)
{
    encode(b, p, n, url_safe, false);
}

/* The six bits that a character stands for, or 64. */
static uint32_t six_bits(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint32_t)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0') + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : 64;
}

/* Decodes four characters, the last n_pad of which are '=', into 3 - n_pad bytes. */
static bool decode_group(const char *in, size_t n_pad, unsigned char *dst)
{
    uint32_t v = 0;
    for (size_t i = 0; i < 4; i++) {
        uint32_t bits = i < 4 - n_pad ? six_bits(in[i]) : 0;
        if (bits > 63)
            return false;
        v = v << 6 | bits;
    }
    // Bits that no byte claims must be zero: then each sequence of bytes has one text.
    if (v & ((UINT32_C(1) << (8 * n_pad)) - 1))
        return false;
    for (size_t i = 0; i < 3 - n_pad; i++)
        dst[i] = (unsigned char)(v >> (16 - 8 * i));
    return true;
}

bool base64_decode(struct str in, unsigned char *dst, size_t cap, size_t *ret_n)
{
    if (in.n % 4 != 0)
        return false;
    size_t n_pad = 0;
    while (n_pad < 2 && n_pad < in.n && in.p[in.n - 1 - n_pad] == '=')
        n_pad++;
    size_t total = in.n / 4 * 3 - n_pad;
    if (total > cap)
        return false;

    for (size_t i = 0; i < in.n; i += 4, dst += 3) {
        if (!decode_group(in.p + i, i + 4 == in.n ? n_pad : 0, dst))
            return false;
    }
    *ret_n = total;
    return true;
}
