#include "base/clock.h"

#include <endian.h>
#include <limits.h>

#include "base/arena.h"

/*
 * A ULID is 128 bits: 48 of milliseconds, 80 of chance. Written in base 32 it has 26 characters of
 * 5 bits (the first carries 3). Order among the identifiers of one millisecond is chance; whoever
 * needs more has seq.
 */

enum { TIME_CHARS = 10, CHANCE_BYTES = 10 };

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* 40 bits, most significant first, as 8 characters. */
static void put_forty(const unsigned char bytes[5], char dst[8])
{
    uint64_t v = 0;
    for (size_t i = 0; i < 5; i++)
        v = v << 8 | bytes[i];
    for (size_t i = 8; i-- > 0; v >>= 5)
        dst[i] = alphabet[v & 31];
}

void id_make(usec_t now, struct rng *r, char dst[ID_LEN + 1])
{
    unsigned char chance[CHANCE_BYTES];
    uint64_t ms = now > 0 ? (uint64_t)now / 1000 : 0; // a clock before 1970 still gives an id
    ms &= (UINT64_C(1) << 48) - 1;

    for (size_t i = TIME_CHARS; i-- > 0; ms >>= 5)
        dst[i] = alphabet[ms & 31];
    rng_fill(r, chance, sizeof(chance));
    put_forty(chance, dst + TIME_CHARS);
    put_forty(chance + 5, dst + TIME_CHARS + 8);
    dst[ID_LEN] = '\0';
}

struct str id_new(const struct clock *c, struct rng *r, struct arena *a)
{
    char *text = arena_alloc(a, ID_LEN + 1);
    id_make(clock_wall(c), r, text);
    return (struct str){text, ID_LEN};
}

/* The value of each letter and 1, so that 0 is said of what is no letter. */
static const unsigned char values[UCHAR_MAX + 1] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
    ['G'] = 17, ['H'] = 18, ['J'] = 19, ['K'] = 20, ['M'] = 21, ['N'] = 22, ['P'] = 23, ['Q'] = 24,
    ['R'] = 25, ['S'] = 26, ['T'] = 27, ['V'] = 28, ['W'] = 29, ['X'] = 30, ['Y'] = 31, ['Z'] = 32,
};

/* 5 bits a character; the first has no room for its two highest. */
bool id_bytes(struct str id, unsigned char ret[ID_BYTES])
{
    uint64_t high = 0, low = 0;

    if (id.n != ID_LEN || id.p[0] > '7')
        return false;
    for (size_t i = 0; i < ID_LEN; i++) {
        const unsigned value = values[(unsigned char)id.p[i]];
        if (value == 0)
            return false;
        high = high << 5 | low >> 59;
        low = low << 5 | (value - 1);
    }
    memcpy(ret, (const uint64_t[]){htobe64(high), htobe64(low)}, ID_BYTES);
    return true;
}
