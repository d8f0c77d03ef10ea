#ifndef CALLS_PHONE_H
#define CALLS_PHONE_H
/*
 * Phone numbers, by libphonenumber. Thread-safe; each thread remembers what it parsed last.
 */
#include "base/str.h"

enum { PHONE_E164_MAX = 24, PHONE_DISPLAY_MAX = 48, PHONE_INPUT_MAX = 256 };

struct phone {
    char e164[PHONE_E164_MAX];       /* "+15085140320", zero-terminated */
    char display[PHONE_DISPLAY_MAX]; /* "+1 (508) 514-0320"; elsewhere "+44 20 7946 0958" */
};

/*
 * A possible number in any spelling: national ones belong to `region` ("US"), a SIP URI counts by
 * its user part ("sip:+15085140320@example.com"). False: not a number that could exist.
 */
bool phone_parse(struct str in, struct str region, struct phone *ret) CHECK_RESULT;

/* sip:, sips: and client: addresses. */
bool phone_is_uri(struct str in);

/* How a number or URI is shown to people; what is not a number is shown as it is. The result is
 * in the arena, or the input itself. */
struct arena;
struct str phone_display(struct str in, struct str region, struct arena *a);

#endif
