/* When a job is next due: intervals, times of day in zones, clocks that are changed. */
#include "jobs/schedule.h"

#include "test/test.h"

static usec_t at(const char *text)
{
    usec_t t = TIME_NONE;

    assert_true(time_parse_rfc3339(str_from(text), &t));
    return t;
}

static const struct job_schedule hot = JOB_EVERY(SECONDS(60), SECONDS(120));

static void an_interval_is_drawn_between_its_bounds(void **state)
{
    struct rng rng = rng_seeded(7);
    usec_t least = INT64_MAX, most = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        const usec_t next = schedule_next(&hot, STR("UTC"), SECONDS(5000), &rng, false);
        least = next < least ? next : least;
        most = next > most ? next : most;
    }
    assert_in_range(least, SECONDS(5060), SECONDS(5062));
    assert_in_range(most, SECONDS(5118), SECONDS(5120));
}

static void new_projects_do_not_start_together(void **state)
{
    struct rng rng = rng_seeded(7);
    size_t early = 0;

    (void)state;
    for (int i = 0; i < 1000; i++)
        early += schedule_next(&hot, STR("UTC"), 0, &rng, true) < SECONDS(60);
    assert_in_range(early, 400, 600);
}

static void f092_a_day_is_the_zones(void **state)
{
    static const struct {
        const char *zone, *now, *next;
        int hour, minute;
    } cases[] = {
        {"UTC", "2027-03-10T01:00:00Z", "2027-03-10T03:00:00Z", 3, 0},
        {"UTC", "2027-03-10T03:00:00Z", "2027-03-11T03:00:00Z", 3, 0},
        {"UTC", "2027-12-31T23:59:59Z", "2028-01-01T03:00:00Z", 3, 0},
        // The ends of months, with and without a 29th of February, before and after midnight.
        {"UTC", "2027-02-28T23:30:00Z", "2027-03-01T03:00:00Z", 3, 0},
        {"UTC", "2028-02-28T23:30:00Z", "2028-02-29T03:00:00Z", 3, 0},
        {"UTC", "2028-02-29T03:00:00Z", "2028-03-01T03:00:00Z", 3, 0},
        {"UTC", "2027-04-30T03:00:00Z", "2027-05-01T03:00:00Z", 3, 0},
        {"Pacific/Auckland", "2027-01-30T23:00:00Z", "2027-01-31T14:00:00Z", 3, 0},
        {"Asia/Tokyo", "2027-03-10T01:00:00Z", "2027-03-10T18:00:00Z", 3, 0},
        {"America/New_York", "2027-01-10T00:00:00Z", "2027-01-10T08:00:00Z", 3, 0},
        {"Asia/Kathmandu", "2027-01-10T00:00:00Z", "2027-01-10T21:15:00Z", 3, 0},
        // Clocks go forward at 02:00 on 2027-03-14: 02:30 is not there, and comes an hour later.
        {"America/New_York", "2027-03-14T05:00:00Z", "2027-03-14T07:30:00Z", 2, 30},
        {"America/New_York", "2027-03-14T07:30:00Z", "2027-03-15T06:30:00Z", 2, 30},
        // They go back at 02:00 on 2027-11-07: 01:30 is there twice, and counts once.
        {"America/New_York", "2027-11-07T04:00:00Z", "2027-11-07T05:30:00Z", 1, 30},
        {"America/New_York", "2027-11-07T05:30:00Z", "2027-11-08T06:30:00Z", 1, 30},
        {"America/New_York", "2027-11-07T06:30:00Z", "2027-11-08T06:30:00Z", 1, 30},
        // A night on which a whole day was left out.
        {"Pacific/Apia", "2011-12-29T20:00:00Z", "2011-12-30T13:00:00Z", 3, 0},
        {"No/Such_Zone", "2027-03-10T01:00:00Z", "2027-03-10T03:00:00Z", 3, 0},
        {"", "2027-03-10T01:00:00Z", "2027-03-10T03:00:00Z", 3, 0},
    };

    (void)state;
    FOR_EACH_ROW (row, cases) {
        const struct job_schedule s = JOB_DAILY(row->hour, row->minute, 1);
        struct rng rng = rng_seeded(1);
        const usec_t next = schedule_next(&s, str_from(row->zone), at(row->now), &rng, false);
        char text[TIME_TEXT_MAX] = "";
        time_format(next - next % SECONDS(1), text);
        assert_row(strcmp(text, row->next) == 0, row->now);
    }
}

static void f092_a_daily_job_runs_once_a_day_through_a_year(void **state)
{
    static const char *const zones[] = {"America/New_York", "Europe/Berlin", "Australia/Lord_Howe",
                                        "Africa/Casablanca", "Asia/Tehran"};
    const struct job_schedule s = JOB_DAILY(2, 15, MINUTES(30));

    (void)state;
    FOR_EACH_ROW (zone, zones) {
        struct rng rng = rng_seeded(3);
        usec_t now = at("2027-01-01T12:00:00Z");
        const usec_t end = at("2028-01-01T12:00:00Z");
        int runs = 0;
        for (; now < end; runs++) {
            const usec_t next = schedule_next(&s, str_from(*zone), now, &rng, false);
            assert_row(next > now && next < now + HOURS(26), *zone);
            assert_row(next <= schedule_horizon(&s, now), *zone);
            now = next;
        }
        assert_row(runs == 365 || runs == 366, *zone);
    }
}

static void a_failure_waits_longer_and_longer(void **state)
{
    struct rng rng = rng_seeded(5);
    const struct job_schedule daily = JOB_DAILY(3, 0, HOURS(1));
    usec_t longest = 0;

    (void)state;
    for (int64_t failures = 1; failures < 80; failures++) {
        const usec_t wait = schedule_retry(&daily, failures, 0, &rng);
        assert_true(wait >= SECONDS(15) && wait <= HOURS(1));
        longest = wait > longest ? wait : longest;
        assert_true(schedule_retry(&hot, failures, 0, &rng) <= hot.most);
    }
    assert_true(schedule_retry(&daily, 1, 0, &rng) <= SECONDS(30));
    assert_true(longest > MINUTES(30));
}

static void what_is_run_on_request_has_no_time(void **state)
{
    const struct job_schedule s = JOB_ON_REQUEST;
    struct rng rng = rng_seeded(5);

    (void)state;
    assert_true(schedule_next(&s, STR("UTC"), 0, &rng, true) == TIME_NONE);
    assert_true(schedule_retry(&s, 1, 0, &rng) == TIME_NONE);
}

TEST_MAIN(cmocka_unit_test(an_interval_is_drawn_between_its_bounds),
          cmocka_unit_test(new_projects_do_not_start_together),
          cmocka_unit_test(f092_a_day_is_the_zones),
          cmocka_unit_test(f092_a_daily_job_runs_once_a_day_through_a_year),
          cmocka_unit_test(a_failure_waits_longer_and_longer),
          cmocka_unit_test(what_is_run_on_request_has_no_time))
