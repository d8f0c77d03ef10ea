#include "api/meter.h"

#include "providers/account_book.h"
#include "test/test.h"

enum { MOST = 60, AT_ONCE = MOST / 6 };

struct kit {
    usec_t now;
    struct clock clock;
    struct api_options app;
    struct meter *meter;
};

static void set_up(struct kit *k)
{
    *k = (struct kit){.now = HOURS(1), .meter = meter_create()};
    k->clock = clock_fixed(&k->now);
    k->app = (struct api_options){.clock = &k->clock, .accounts = account_shelf_create()};
    k->app.quotas.of[QUOTA_API_REQUESTS] = MOST;
}

static void tear_down(struct kit *k)
{
    account_shelf_destroy(k->app.accounts);
    meter_destroy(k->meter);
}

static bool asks(struct kit *k, int64_t project, struct err *e)
{
    return meter_count(&(struct req){.app = &k->app, .meter = k->meter, .actor.project = project},
                       e);
}

static void a_look_says_what_the_next_request_would_hear(void **state)
{
    struct err e = {.code = ERR_NONE};
    struct kit k;

    (void)state;
    set_up(&k);
    for (int i = 0; i < AT_ONCE; i++) {
        assert_ok(meter_look(k.meter, &k.app, 7, &e), &e);
        assert_ok(asks(&k, 7, &e), &e);
    }
    assert_refused(meter_look(k.meter, &k.app, 7, &e), &e, ERR_RATE);
    assert_int_equal(e.retry_after, 60 / MOST);
    err_clear(&e);
    assert_refused(asks(&k, 7, &e), &e, ERR_RATE);
    err_clear(&e);
    assert_ok(meter_look(k.meter, &k.app, 8, &e), &e);
    k.now += MINUTES(1) / MOST;
    assert_ok(meter_look(k.meter, &k.app, 7, &e), &e);
    tear_down(&k);
}

static void a_look_counts_nothing(void **state)
{
    struct err e = {.code = ERR_NONE};
    struct kit k;

    (void)state;
    set_up(&k);
    assert_ok(asks(&k, 7, &e), &e);
    for (int i = 0; i < 2 * AT_ONCE; i++)
        assert_ok(meter_look(k.meter, &k.app, 7, &e), &e);
    tear_down(&k);
}

static void who_has_no_project_is_not_counted(void **state)
{
    struct err e = {.code = ERR_NONE};
    struct kit k;

    (void)state;
    set_up(&k);
    for (int i = 0; i < 2 * AT_ONCE; i++)
        assert_ok(asks(&k, 0, &e), &e);
    tear_down(&k);
}

TEST_MAIN(cmocka_unit_test(a_look_says_what_the_next_request_would_hear),
          cmocka_unit_test(a_look_counts_nothing),
          cmocka_unit_test(who_has_no_project_is_not_counted))
