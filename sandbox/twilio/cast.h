#ifndef SANDBOX_TWILIO_CAST_H
#define SANDBOX_TWILIO_CAST_H
/*
 * Who calls and is called: a small cast, so that conversations repeat. The numbers are fictional
 * (555-0100 to 555-0199 are reserved for that); the places belong to their area codes.
 */
#include "base/clock.h"
#include "base/str.h"

struct place {
    const char *area; /* the code in +1AAA…; "" for nowhere */
    const char *city, *state, *zip, *country;
};

struct person {
    struct str number; /* E.164, or a word for a withheld number */
    struct str name;   /* as a carrier's database knows it; may be empty */
};

/* Regulars come more often than others; now and then somebody withholds the number. */
const struct person *cast_pick(struct rng *r);
/* The same without those who withhold it: somebody one can call. */
const struct person *cast_pick_callable(struct rng *r);
/* Where a number is at home, by its area code; never NULL: nowhere has empty names. */
const struct place *cast_place(struct str number);

#endif
