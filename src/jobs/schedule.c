#include "jobs/schedule.h"

#include <unicode/ucal.h>
#include <unicode/ustring.h>

#include "base/arena.h"

enum { ZONE_MAX = 64 };

#define FIRST_RETRY SECONDS(30)
#define LAST_RETRY HOURS(1)
#define LONGEST_DAY HOURS(25)

static void calendar_close(UCalendar *c)
{
    ucal_close(c);
}
DEFINE_CLEANUP(UCalendar, calendar_close)

/* A calendar of that zone; ICU takes what it does not know for GMT. */
static UCalendar *calendar_of(struct str zone)
{
    UErrorCode code = U_ZERO_ERROR;
    UChar name[ZONE_MAX];
    int32_t n = 0;

    u_strFromUTF8Lenient(name, ZONE_MAX, &n, zone.p ? zone.p : "", (int32_t)zone.n, &code);
    if (U_FAILURE(code) || n >= ZONE_MAX || n == 0)
        n = u_unescape("Etc/UTC", name, ZONE_MAX);
    code = U_ZERO_ERROR;
    UCalendar *c = ucal_open(name, n, "en_US_POSIX", UCAL_GREGORIAN, &code);
    if (!c || U_FAILURE(code))
        mem_exhausted();
    ucal_setAttribute(c, UCAL_REPEATED_WALL_TIME, UCAL_WALLTIME_FIRST);
    return c;
}

/* The time of day of the day that the calendar shows, so many days on. */
static usec_t at_time_of_day(UCalendar *c, usec_t now, int32_t days, int64_t minutes)
{
    UErrorCode code = U_ZERO_ERROR;

    const int64_t milliseconds = now / MILLISECONDS(1);
    ucal_setMillis(c, (UDate)milliseconds, &code);
    ucal_set(c, UCAL_HOUR_OF_DAY, 12); // noon is never left out: a day is counted from there
    ucal_add(c, UCAL_DAY_OF_MONTH, days, &code);
    ucal_set(c, UCAL_HOUR_OF_DAY, (int32_t)(minutes / 60));
    ucal_set(c, UCAL_MINUTE, (int32_t)(minutes % 60));
    ucal_set(c, UCAL_SECOND, 0);
    ucal_set(c, UCAL_MILLISECOND, 0);
    return (usec_t)ucal_getMillis(c, &code) * 1000;
}

static usec_t next_day(const struct job_schedule *s, struct str zone, usec_t now)
{
    _cleanup_(calendar_closep) UCalendar *c = calendar_of(zone);
    usec_t at = TIME_NONE;

    for (int32_t days = 0; days < 3 && at <= now; days++)
        at = at_time_of_day(c, now, days, s->daily_at);
    return at;
}

static usec_t draw(struct rng *rng, usec_t from, usec_t to)
{
    return from + (usec_t)rng_below(rng, (uint64_t)(to - from) + 1);
}

usec_t schedule_next(const struct job_schedule *s, struct str zone, usec_t now, struct rng *rng,
                     bool is_first)
{
    if (schedule_is_on_request(s))
        return TIME_NONE;
    if (s->least == 0)
        return next_day(s, zone, now) + draw(rng, 0, s->most);
    return now + draw(rng, is_first ? 0 : s->least, s->most);
}

usec_t schedule_retry(const struct job_schedule *s, int64_t failures, usec_t now, struct rng *rng)
{
    usec_t wait = FIRST_RETRY;

    if (schedule_is_on_request(s))
        return TIME_NONE;
    const usec_t last =
        s->most > FIRST_RETRY && s->most < LAST_RETRY && s->least > 0 ? s->most : LAST_RETRY;
    for (int64_t i = 1; i < failures && wait < last; i++)
        wait *= 2;
    wait = wait < last ? wait : last;
    return now + draw(rng, wait / 2, wait);
}

usec_t schedule_horizon(const struct job_schedule *s, usec_t now)
{
    return now + LAST_RETRY + s->most + (s->least == 0 ? LONGEST_DAY : 0);
}
