#include "sandbox/twilio/cast.h"

static const struct place places[] = {
    {"202", "WASHINGTON", "DC", "20001", "US"},    {"206", "SEATTLE", "WA", "98101", "US"},
    {"212", "NEW YORK", "NY", "10001", "US"},      {"303", "DENVER", "CO", "80202", "US"},
    {"312", "CHICAGO", "IL", "60601", "US"},       {"401", "PROVIDENCE", "RI", "02903", "US"},
    {"415", "SAN FRANCISCO", "CA", "94103", "US"}, {"508", "WORCESTER", "MA", "01608", "US"},
    {"512", "AUSTIN", "TX", "78701", "US"},        {"617", "BOSTON", "MA", "02108", "US"},
    {"781", "LEXINGTON", "MA", "02420", "US"},     {"857", "BOSTON", "MA", "02114", "US"},
};
static const struct place nowhere = {"", "", "", "", ""};

#define PERSON(number_, name_)                                                                     \
    {                                                                                              \
        {number_, sizeof(number_) - 1},                                                            \
        {                                                                                          \
            name_, sizeof(name_) - 1                                                               \
        }                                                                                          \
    }

/* Regulars first; the last one withholds the number. */
static const struct person cast[] = {
    PERSON("+16175550101", "MARTINEZ ANA"),
    PERSON("+15085550102", "OCONNOR LIAM"),
    PERSON("+17815550103", "CHEN GRACE"),
    PERSON("+14015550104", "ROSSI MARCO"),
    PERSON("+12125550105", "SILVER PLUMBING"),
    PERSON("+18575550106", ""),
    PERSON("+13125550107", "NOVAK JANA"),
    PERSON("+12065550108", "HARBOR DENTAL"),
    PERSON("+14155550109", "OKAFOR DANIEL"),
    PERSON("+15125550110", ""),
    PERSON("+13035550111", "LINDQVIST EVA"),
    PERSON("+12025550112", "PARK AND SONS"),
    PERSON("Anonymous", ""),
};

enum { REGULARS = 4, CALLABLE = LEN(cast) - 1 };

static const struct person *pick(struct rng *r, size_t n)
{
    return &cast[rng_below(r, 2) == 0 ? rng_below(r, REGULARS) : rng_below(r, n)];
}

const struct person *cast_pick(struct rng *r)
{
    return pick(r, LEN(cast));
}

const struct person *cast_pick_callable(struct rng *r)
{
    return pick(r, CALLABLE);
}

const struct place *cast_place(struct str number)
{
    if (!cut_lit(&number, STR("+1")))
        return &nowhere;
    for (size_t i = 0; i < LEN(places); i++)
        if (str_starts(number, str_from(places[i].area)))
            return &places[i];
    return &nowhere;
}
