#include "http/language.h"

enum { WEIGHT_ONE = 1000 };

static const struct {
    struct str tag;
    enum err_language language;
} spoken[] = {{STR("en"), ERR_ENGLISH}, {STR("ru"), ERR_RUSSIAN}};

/* "0.8", "1", "1.000": in thousandths. What is none counts as nothing. */
static uint32_t parse_weight(struct str q)
{
    uint32_t whole = 0, part = 0;
    size_t digits = 0;

    if (!cut_u32(&q, &whole) || whole > 1)
        return 0;
    if (cut_char(&q, '.'))
        for (uint32_t place = 100; digits < 3 && q.n > 0 && q.p[0] >= '0' && q.p[0] <= '9';
             digits++, place /= 10) {
            part += place * (uint32_t)(q.p[0] - '0');
            q = str_sub(q, 1, q.n);
        }
    const uint32_t weight = whole * WEIGHT_ONE + part;
    return q.n == 0 && weight <= WEIGHT_ONE ? weight : 0;
}

/* "ru-RU; q=0.8" */
static uint32_t weight_of(struct str *range)
{
    struct str rest = *range;
    const size_t semicolon = str_find(rest, ';');
    struct str parameter = str_trim(str_sub(rest, semicolon + 1, rest.n));

    *range = str_trim(str_sub(rest, 0, semicolon));
    if (semicolon >= rest.n)
        return WEIGHT_ONE;
    if (!cut_lit(&parameter, STR("q=")) && !cut_lit(&parameter, STR("Q=")))
        return 0;
    return parse_weight(str_trim(parameter));
}

static bool is_of(struct str range, struct str tag)
{
    return str_eq_nocase(str_sub(range, 0, tag.n), tag) &&
           (range.n == tag.n || range.p[tag.n] == '-');
}

enum err_language http_language(struct str all)
{
    enum err_language best = ERR_ENGLISH;
    uint32_t best_weight = 0;
    struct str range;

    while (cut_field(&all, ',', &range)) {
        const uint32_t weight = weight_of(&range);
        for (size_t i = 0; i < LEN(spoken); i++)
            if (weight > best_weight && is_of(range, spoken[i].tag)) {
                best = spoken[i].language;
                best_weight = weight;
            }
    }
    return best;
}
