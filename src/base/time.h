#ifndef BASE_TIME_H
#define BASE_TIME_H
/*
 * Time is microseconds. An instant counts from 1970-01-01T00:00:00Z; TIME_NONE is "no time".
 * Clocks are handed in (base/clock.h), so that a test can hold them still.
 */
#include "base/str.h"

typedef int64_t usec_t;

#define TIME_NONE INT64_MIN
#define INT_NONE INT64_MIN /* the absent integer, which may be a time */
#define MILLISECONDS(n) ((usec_t)(n)*1000)
#define SECONDS(n) ((usec_t)(n)*1000000)
#define MINUTES(n) SECONDS((n)*60)
#define HOURS(n) MINUTES((n)*60)

struct buf;

enum { TIME_TEXT_MAX = 40 };

/* Range in which instants can be written and stored: years 0001 to 9999. */
bool time_in_range(usec_t t);
/* RFC 3339 in UTC with Z: seconds, and microseconds only when not zero. Returns the length. */
size_t time_format(usec_t t, char dst[TIME_TEXT_MAX]);
void buf_time(struct buf *b, usec_t t);
/* RFC 3339 / ISO 8601 with zone ("2026-02-08T06:11:30.5Z", "…+02:00", a space for the T). */
bool time_parse_rfc3339(struct str s, usec_t *ret) CHECK_RESULT;
/* RFC 2822, as Twilio sends it: "Fri, 12 Mar 2027 16:29:59 +0000"; the day name is optional. */
bool time_parse_rfc2822(struct str s, usec_t *ret) CHECK_RESULT;
/* "Fri, 12 Mar 2027 16:29:59 +0000" (RFC 2822) and the HTTP form with GMT (RFC 9110 5.6.7). */
size_t time_format_rfc2822(usec_t t, char dst[TIME_TEXT_MAX]);
size_t time_format_http(usec_t t, char dst[TIME_TEXT_MAX]);

#endif
