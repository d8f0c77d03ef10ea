#include "base/time.h"

#include "base/buf.h"

/*
 * Calendar by arithmetic, in the proleptic Gregorian calendar; the C library's zones and locale
 * are never asked. Years 0001 to 9999 are written and read, nothing else.
 *
 * Day numbers are computed in years that begin in March, so that the leap day comes last: then
 * the months' lengths follow one straight line (153 days per five months).
 *
 * A leap second (":60") is read as the second before it. Unix time has no place for it, and an
 * event is not refused, nor moved into the next day, because the Earth was late.
 */

enum { MICRO = 1000000, DAY_SECONDS = 86400, MARCH_EPOCH_DAYS = 719468, ERA_DAYS = 146097 };

#define TIME_FIRST (-62135596800 * MICRO)            /* 0001-01-01T00:00:00Z */
#define TIME_LAST (253402300799 * MICRO + MICRO - 1) /* 9999-12-31T23:59:59.999999Z */

struct date {
    uint32_t year, month, day, hour, minute, second, micro;
    uint32_t weekday; /* 0 is Sunday; only when taken apart */
};

static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static bool is_leap(uint32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static uint32_t month_days(uint32_t year, uint32_t month)
{
    static const uint8_t length[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : length[month - 1];
}

/* Days since 1970-01-01. */
static int64_t day_number(uint32_t year, uint32_t month, uint32_t day)
{
    uint32_t y = year - (month <= 2);
    uint32_t m = month > 2 ? month - 3 : month + 9;
    uint32_t era = y / 400, of_era = y % 400;
    uint32_t of_year = (153 * m + 2) / 5 + day - 1;
    return (int64_t)era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
           MARCH_EPOCH_DAYS;
}

/* The reverse; t is in range. */
static struct date take_apart(usec_t t)
{
    uint64_t since = (uint64_t)(t - TIME_FIRST); // counted from year 1, never negative
    uint64_t seconds = since / MICRO;
    uint32_t day = (uint32_t)(seconds / DAY_SECONDS), of_day = (uint32_t)(seconds % DAY_SECONDS);
    uint32_t march = day + 306; // days since 0000-03-01

    uint32_t era = march / ERA_DAYS, of_era = march % ERA_DAYS;
    uint32_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint32_t of_year = of_era - (365 * y + y / 4 - y / 100);
    uint32_t m = (5 * of_year + 2) / 153;
    uint32_t month = m < 10 ? m + 3 : m - 9;

    return (struct date){
        .year = era * 400 + y + (month <= 2),
        .month = month,
        .day = of_year - (153 * m + 2) / 5 + 1,
        .hour = of_day / 3600,
        .minute = of_day / 60 % 60,
        .second = of_day % 60,
        .micro = (uint32_t)(since % MICRO),
        .weekday = (day + 1) % 7, // 0001-01-01 was a Monday
    };
}

/* Checks every part; offset is the zone's distance east of UTC in seconds. */
static bool put_together(const struct date *d, int64_t offset, usec_t *ret)
{
    if (d->year < 1 || d->month < 1 || d->month > 12)
        return false;
    if (d->day < 1 || d->day > month_days(d->year, d->month))
        return false;
    if (d->hour > 23 || d->minute > 59 || d->second > 60)
        return false;

    uint32_t second = d->second == 60 ? 59 : d->second;
    int64_t of_day = (int64_t)d->hour * 3600 + d->minute * 60 + second;
    int64_t seconds = day_number(d->year, d->month, d->day) * DAY_SECONDS + of_day - offset;
    usec_t t = seconds * MICRO + d->micro;
    if (!time_in_range(t))
        return false;
    *ret = t;
    return true;
}

bool time_in_range(usec_t t)
{
    return t >= TIME_FIRST && t <= TIME_LAST;
}

// --- writing -------------------------------------------------------------------------------------

/* n digits of v, with leading zeros. Returns the place behind them. */
static char *put(char *at, uint32_t v, size_t n)
{
    for (size_t i = n; i-- > 0; v /= 10)
        at[i] = (char)('0' + v % 10);
    return at + n;
}

static char *put_text(char *at, const char *z)
{
    while (*z)
        *at++ = *z++;
    return at;
}

static char *put_clock(char *at, const struct date *d)
{
    at = put(at, d->hour, 2);
    *at++ = ':';
    at = put(at, d->minute, 2);
    *at++ = ':';
    return put(at, d->second, 2);
}

size_t time_format(usec_t t, char dst[TIME_TEXT_MAX])
{
    char *at = dst;
    if (time_in_range(t)) {
        struct date d = take_apart(t);
        at = put(at, d.year, 4);
        *at++ = '-';
        at = put(at, d.month, 2);
        *at++ = '-';
        at = put(at, d.day, 2);
        *at++ = 'T';
        at = put_clock(at, &d);
        if (d.micro) {
            *at++ = '.';
            at = put(at, d.micro, 6);
        }
        *at++ = 'Z';
    }
    *at = '\0';
    return (size_t)(at - dst);
}

void buf_time(struct buf *b, usec_t t)
{
    char text[TIME_TEXT_MAX];
    size_t n = time_format(t, text);
    buf_str(b, (struct str){text, n});
}

/* The form that mail and HTTP share; they differ in how they say UTC. */
static size_t format_mail(usec_t t, const char *utc, char dst[TIME_TEXT_MAX])
{
    char *at = dst;
    if (time_in_range(t)) {
        struct date d = take_apart(t);
        at = put_text(at, days[d.weekday]);
        at = put_text(at, ", ");
        at = put(at, d.day, 2);
        *at++ = ' ';
        at = put_text(at, months[d.month - 1]);
        *at++ = ' ';
        at = put(at, d.year, 4);
        *at++ = ' ';
        at = put_clock(at, &d);
        *at++ = ' ';
        at = put_text(at, utc);
    }
    *at = '\0';
    return (size_t)(at - dst);
}

size_t time_format_rfc2822(usec_t t, char dst[TIME_TEXT_MAX])
{
    return format_mail(t, "+0000", dst);
}

size_t time_format_http(usec_t t, char dst[TIME_TEXT_MAX])
{
    return format_mail(t, "GMT", dst);
}

// --- reading -------------------------------------------------------------------------------------

/* "16:29:59", or without seconds when they are optional. */
static bool cut_clock(struct str *in, bool seconds_optional, struct date *ret)
{
    if (!cut_digits(in, 2, &ret->hour) || !cut_char(in, ':') || !cut_digits(in, 2, &ret->minute))
        return false;
    if (!cut_char(in, ':'))
        return seconds_optional;
    return cut_digits(in, 2, &ret->second);
}

/* 1*DIGIT behind the point; what is finer than a microsecond is dropped. */
static bool cut_fraction(struct str *in, uint32_t *ret_micro)
{
    uint32_t micro = 0, scale = MICRO / 10, digit;
    if (!cut_digits(in, 1, &digit))
        return false;
    do {
        micro += digit * scale;
        scale /= 10;
    } while (cut_digits(in, 1, &digit));
    *ret_micro = micro;
    return true;
}

/* "+02:00", "+0200", "+02" (as PostgreSQL prints it), in seconds. */
static bool cut_offset(struct str *in, int64_t *ret)
{
    uint32_t hours, minutes = 0;
    bool east = cut_char(in, '+');
    if (!east && !cut_char(in, '-'))
        return false;
    if (!cut_digits(in, 2, &hours) || hours > 23)
        return false;
    bool colon = cut_char(in, ':');
    if ((colon || in->n) && (!cut_digits(in, 2, &minutes) || minutes > 59))
        return false;
    int64_t distance = (int64_t)hours * 3600 + minutes * 60;
    *ret = east ? distance : -distance;
    return true;
}

bool time_parse_rfc3339(struct str s, usec_t *ret)
{
    struct date d = {0};
    int64_t offset = 0;

    if (!cut_digits(&s, 4, &d.year) || !cut_char(&s, '-') || !cut_digits(&s, 2, &d.month) ||
        !cut_char(&s, '-') || !cut_digits(&s, 2, &d.day))
        return false;
    if (!cut_char(&s, 'T') && !cut_char(&s, 't') && !cut_char(&s, ' '))
        return false;
    if (!cut_clock(&s, false, &d))
        return false;
    if (cut_char(&s, '.') && !cut_fraction(&s, &d.micro))
        return false;
    if (!cut_char(&s, 'Z') && !cut_char(&s, 'z') && !cut_offset(&s, &offset))
        return false;
    return s.n == 0 && put_together(&d, offset, ret);
}

/* Index of the three-letter name at the front. */
static bool cut_name(struct str *in, const char (*names)[4], size_t n_names, uint32_t *ret)
{
    struct str name, rest = *in;
    if (!cut_bytes(&rest, 3, &name))
        return false;
    for (size_t i = 0; i < n_names; i++) {
        if (str_eq_nocase(name, str_from(names[i]))) {
            *ret = (uint32_t)i;
            *in = rest;
            return true;
        }
    }
    return false;
}

/* "+0200", or one of the names of UTC. */
static bool cut_mail_zone(struct str *in, int64_t *ret_offset)
{
    static const struct str utc[] = {{"GMT", 3}, {"UTC", 3}, {"UT", 2}};
    for (size_t i = 0; i < LEN(utc); i++) {
        if (str_eq_nocase(*in, utc[i])) {
            *ret_offset = 0;
            return cut_lit(in, *in);
        }
    }
    return in->n == 5 && cut_offset(in, ret_offset);
}

bool time_parse_rfc2822(struct str s, usec_t *ret)
{
    struct date d = {0};
    int64_t offset;

    s = str_trim(s);
    // The name of the day is decoration: its spelling is checked, not whether it is true.
    if (cut_name(&s, days, LEN(days), &d.weekday)) {
        if (!cut_char(&s, ','))
            return false;
        s = str_trim(s);
    }
    if (!cut_digits(&s, 2, &d.day) && !cut_digits(&s, 1, &d.day))
        return false;
    if (!cut_blank(&s) || !cut_name(&s, months, LEN(months), &d.month))
        return false;
    d.month++;
    if (!cut_blank(&s) || !cut_digits(&s, 4, &d.year) || !cut_blank(&s))
        return false;
    if (!cut_clock(&s, true, &d) || !cut_blank(&s) || !cut_mail_zone(&s, &offset))
        return false;
    return s.n == 0 && put_together(&d, offset, ret);
}
