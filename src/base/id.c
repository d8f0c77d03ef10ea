#include "base/clock.h"

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

/* From the last character backwards, 5 bits each; the first has no room for its two highest. */
bool id_bytes(struct str id, unsigned char ret[ID_BYTES])
{
    unsigned bits = 0, have = 0;
    size_t at = ID_BYTES;

    if (id.n != ID_LEN || id.p[0] > '7')
        return false;
    for (size_t i = ID_LEN; i-- > 0;) {
        const char *found = id.p[i] ? strchr(alphabet, id.p[i]) : NULL;
        if (!found)
            return false;
        bits |= (unsigned)(found - alphabet) << have;
        have += 5;
        if (have >= 8 && at > 0) {
            ret[--at] = (unsigned char)bits;
            bits >>= 8;
            have -= 8;
        }
    }
    return true;
}
