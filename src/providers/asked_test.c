/* What is told of those who were asked. */
#include "providers/asked.h"

#include "providers/provider.h"
#include "test/test.h"

static struct str told(const struct asked *all, struct arena *a)
{
    _cleanup_(buf_finish) struct buf out;

    buf_init(&out, 64 * 1024);
    asked_write(all, &out);
    return str_dup(buf_view(&out), a);
}

static void assert_told(const struct asked *all, struct arena *a, const char *outcome, int n)
{
    const struct str page = told(all, a),
                     line = str_fmt(a, "provider=\"twilio\",outcome=\"%s\"} %d\n", outcome, n);

    assert_true(str_contains(page, line));
}

static void what_never_was_is_told_as_well(void **state)
{
    static const char *const outcomes[] = {"ok",        "absent", "refused",
                                           "too_often", "failed", "timeout"};
    struct arena *a = arena_create(0);
    struct asked *all = asked_create(providers, n_providers);

    (void)state;
    for (size_t i = 0; i < LEN(outcomes); i++)
        assert_told(all, a, outcomes[i], 0);
    asked_destroy(all);
    arena_destroy(a);
}

static void each_answer_has_its_outcome(void **state)
{
    static const struct {
        struct http_outcome o;
        const char *is;
    } rows[] = {
        {{.status = 200}, "ok"},     {{.status = 206}, "ok"},      {{.status = 301}, "failed"},
        {{.status = 400}, "failed"}, {{.status = 401}, "refused"}, {{.status = 403}, "refused"},
        {{.status = 404}, "absent"}, {{.status = 410}, "absent"},  {{.status = 429}, "too_often"},
        {{.status = 503}, "failed"}, {{.late = true}, "timeout"},  {{.status = 0}, "failed"},
    };
    struct arena *a = arena_create(0);

    (void)state;
    for (size_t i = 0; i < LEN(rows); i++) {
        struct asked *all = asked_create(providers, n_providers);
        asked_note(&rows[i].o, asked_of(all, STR("twilio")));
        assert_told(all, a, rows[i].is, 1);
        assert_true(
            str_contains(told(all, a), str_fmt(a, "latency_seconds_count{provider=\"twilio\"} %d\n",
                                               rows[i].o.status > 0))); // no answer took no time
        asked_destroy(all);
    }
    arena_destroy(a);
}

static void who_does_not_count_may_ask_all_the_same(void **state)
{
    struct asked *all = asked_create(providers, n_providers);

    (void)state;
    assert_null(asked_of(all, STR("nobody")));
    assert_null(asked_of(NULL, STR("twilio")));
    asked_note(&(struct http_outcome){.status = 200}, NULL);
    asked_destroy(all);
    asked_destroy(NULL);
}

TEST_MAIN(cmocka_unit_test(what_never_was_is_told_as_well),
          cmocka_unit_test(each_answer_has_its_outcome),
          cmocka_unit_test(who_does_not_count_may_ask_all_the_same))
