#include "sandbox/options.h"

#include "test/test.h"

struct said {
    bool loud;
    struct str name;
    struct option_list numbers;
    int64_t calls;
    double speed, lose;
    struct option_delay delay;
};

#define AT(member) offsetof(struct said, member)

static const struct option table[] = {
    {"--loud", "", OPTION_FLAG, AT(loud), ""},
    {"--name", "TEXT", OPTION_TEXT, AT(name), ""},
    {"--number", "E.164", OPTION_LIST, AT(numbers), ""},
    {"--calls", "N", OPTION_COUNT, AT(calls), ""},
    {"--speed", "X", OPTION_REAL, AT(speed), ""},
    {"--lose", "P", OPTION_SHARE, AT(lose), ""},
    {"--delay", "P:SECONDS", OPTION_DELAY, AT(delay), ""},
};

static bool parse(struct arena *a, char **argv, struct said *ret, struct err *e)
{
    return options_parse(table, LEN(table), argv, a, ret, e);
}

static void reads_every_kind(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    char *argv[] = {"--loud",      "--name",     "x=y",     "--number", "+1, +2",
                    "--number=+3", "--calls=12", "--speed", "2.5",      "--lose",
                    "0.25",        "--delay",    "0.5:20",  NULL};
    struct said said = {0};
    struct err e;

    (void)state;
    assert_ok(parse(a, argv, &said, &e), &e);
    assert_true(said.loud);
    assert_str(said.name, "x=y");
    assert_int_equal(said.numbers.n, 3);
    assert_str(said.numbers.items[1], "+2");
    assert_str(said.numbers.items[2], "+3");
    assert_int_equal(said.calls, 12);
    assert_true(said.speed > 2.4 && said.speed < 2.6);
    assert_true(said.lose > 0.2 && said.lose < 0.3);
    assert_true(said.delay.share > 0.4 && said.delay.seconds > 19);
}

static void refuses_what_is_not_clear(void **state)
{
    static const struct {
        const char *first, *second;
    } lines[] = {
        {"--lout", NULL},       {"word", NULL},        {"--calls", NULL},   {"--calls", "-1"},
        {"--calls", "many"},    {"--speed", ""},       {"--speed", "fast"}, {"--speed", "nan"},
        {"--lose", "1.5"},      {"--lose", "-0.1"},    {"--delay", "0.5"},  {"--delay", "2:20"},
        {"--delay", "0.5:inf"}, {"--delay", "0.5:-1"},
    };

    (void)state;
    FOR_EACH_ROW (line, lines) {
        _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
        char *argv[] = {(char *)line->first, (char *)line->second, NULL};
        struct said said = {0};
        struct err e;
        assert_refused(parse(a, argv, &said, &e), &e, ERR_INVALID);
    }
}

TEST_MAIN(cmocka_unit_test(reads_every_kind), cmocka_unit_test(refuses_what_is_not_clear))
