#include "ops/config.h"

#include <stdio.h>

#include "base/buf.h"
#include "test/test.h"

static const char *const no_dotenv = "/nonexistent/.env";

static bool load(struct arena *a, char **environment, struct config *ret, struct err *e)
{
    err_clear(e);
    return config_load(environment, no_dotenv, a, ret, e);
}

static void defaults_are_enough_to_start(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    char *nothing[] = {NULL};
    struct config c;
    struct err e;

    assert_true(load(a, nothing, &c, &e));
    assert_true(str_eq(c.database_url, STR("sqlite:data/hookswitch.db")));
    assert_int_equal(c.port, 3000);
    assert_true(str_eq(c.webhook_base_url, STR("http://localhost:3000")));
    assert_true(c.webhook_ingestion_enabled && c.realtime_push_enabled && c.auto_migrate);
}

static void what_is_malformed_is_refused_by_name(void **state)
{
    static const struct {
        char *setting;
        const char *named;
    } cases[] = {
        {"PORT=65536", "PORT"},
        {"PORT=80x", "PORT"},
        {"AUTO_MIGRATE=maybe", "AUTO_MIGRATE"},
        {"DATABASE_URL=mysql://x", "DATABASE_URL"},
        {"NODE_ENV=test", "NODE_ENV"},
        {"NODE_ENV=production", "WEBHOOK_BASE_URL"},
        {"WEBHOOK_BASE_URL=calls.example.com", "WEBHOOK_BASE_URL"},
        {"WEBHOOK_BASE_URL=https://x/?a=1", "WEBHOOK_BASE_URL"},
        {"BOOTSTRAP_API_KEY=short", "BOOTSTRAP_API_KEY"},
        {"DEFAULT_REGION=USA", "DEFAULT_REGION"},
    };
    (void)state;

    for (size_t i = 0; i < LEN(cases); i++) {
        _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
        char *environment[] = {cases[i].setting, NULL};
        struct config c;
        struct err e;
        assert_false(load(a, environment, &c, &e));
        assert_int_equal(e.code, ERR_INVALID);
        assert_non_null(strstr(e.text, cases[i].named));
        assert_int_equal(e.n_fix, 0);
    }
}

static void an_empty_token_never_switches_verification_off(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    char *environment[] = {"TWILIO_ACCOUNT_SID=AC1", "TWILIO_AUTH_TOKEN=", NULL};
    struct config c;
    struct err e;

    assert_false(load(a, environment, &c, &e));
    assert_non_null(strstr(e.text, "TWILIO_AUTH_TOKEN"));
}

static const char *write_file(const char *dir, const char *name, const char *text, struct arena *a)
{
    const char *path = test_path(dir, name, a);
    FILE *f = fopen(path, "we");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    return path;
}

static void a_secret_comes_from_a_file(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const char *path = write_file(test_tmpdir(a), "token", "the-token\nnot this\n", a);
    char setting[256];
    (void)snprintf(setting, sizeof(setting), "TWILIO_AUTH_TOKEN_FILE=%s", path);
    char *environment[] = {"TWILIO_ACCOUNT_SID=AC1", setting, NULL};
    char *twice[] = {"TWILIO_ACCOUNT_SID=AC1", setting, "TWILIO_AUTH_TOKEN=x", NULL};
    struct config c;
    struct err e;

    assert_true(load(a, environment, &c, &e));
    assert_true(str_eq(c.twilio_auth_token, STR("the-token")));
    assert_false(load(a, twice, &c, &e));
}

static void dotenv_fills_in_and_is_checked(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const char *dir = test_tmpdir(a);
    const char *good =
        write_file(dir, "good", "# a comment\n\nPORT=4000\nSIP_USER=\"front desk\"\r\n", a);
    const char *unknown = write_file(dir, "unknown", "PROT=4000\n", a);
    const char *broken = write_file(dir, "broken", "PORT\n", a);
    char *environment[] = {"PORT=5000", NULL};
    struct config c;
    struct err e = {0};

    assert_true(config_load(environment, good, a, &c, &e));
    assert_int_equal(c.port, 5000);
    assert_true(str_eq(c.sip_user, STR("front desk")));
    assert_false(config_load(environment, unknown, a, &c, &e));
    assert_non_null(strstr(e.text, "PROT"));
    err_clear(&e);
    assert_false(config_load(environment, broken, a, &c, &e));
}

static void assert_same_as_file(void (*print)(struct buf *), const char *path, struct arena *a)
{
    struct buf printed;

    buf_init(&printed, 256 * 1024);
    print(&printed);
    if (!str_eq(buf_view(&printed), test_file(path, a)))
        fail_msg("%s is not what `hookswitch config` prints; print it anew", path);
    buf_finish(&printed);
}

static void the_printed_files_are_kept(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    assert_same_as_file(config_print_example, ".env.example", a);
    assert_same_as_file(config_print_markdown, "docs/configuration.md", a);
}

TEST_MAIN(cmocka_unit_test(defaults_are_enough_to_start),
          cmocka_unit_test(what_is_malformed_is_refused_by_name),
          cmocka_unit_test(an_empty_token_never_switches_verification_off),
          cmocka_unit_test(a_secret_comes_from_a_file),
          cmocka_unit_test(dotenv_fills_in_and_is_checked),
          cmocka_unit_test(the_printed_files_are_kept))
