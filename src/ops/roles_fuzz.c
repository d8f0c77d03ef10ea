/* Any words behind `serve`, one a line: understood exactly when each names roles, and then as said.
 */
#include "ops/roles.h"

#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS_MAX = 8 };

/* The simple way; UINT_MAX: it is none. */
static unsigned meant(struct str word)
{
    static const struct str names[ROLE_COUNT] = {
        [ROLE_DOOR] = STR("door"), [ROLE_WORKER] = STR("worker"),       [ROLE_API] = STR("api"),
        [ROLE_HUB] = STR("hub"),   [ROLE_SCHEDULER] = STR("scheduler"),
    };
    unsigned roles = 0;
    struct str name;
    size_t i;

    if (!cut_lit(&word, STR("--roles=")))
        return UINT32_MAX;
    while (cut_field(&word, ',', &name)) {
        if (!str_among(name, names, LEN(names), &i))
            return UINT32_MAX;
        roles |= 1u << i;
    }
    return roles;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct str in = {(const char *)data, size}, word;
    char *words[WORDS_MAX];
    unsigned want = 0, roles = 0;
    bool known = true;
    int n = 0;
    struct err e = {0};

    if (str_find(in, '\0') < in.n)
        return 0; // no argument has one
    while (n < WORDS_MAX && cut_field(&in, '\n', &word)) {
        words[n++] = (char *)str_z(word, a);
        const unsigned one = meant(word);
        known = known && one != UINT32_MAX;
        want |= one;
    }
    assert(roles_parse(words, n, &roles, &e) == known);
    if (known)
        assert(roles == (want ? want : (1u << ROLE_COUNT) - 1));
    else
        assert(e.code == ERR_INVALID && e.text[0]);
    return 0;
}
