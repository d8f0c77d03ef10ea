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
        {"WEBHOOK_BASE_URL=https://x/#a", "WEBHOOK_BASE_URL"},
        {"WEBHOOK_BASE_URL=https://x/ a", "WEBHOOK_BASE_URL"},
        {"WEBHOOK_BASE_URL=https://", "WEBHOOK_BASE_URL"},
        {"TWILIO_BASE_URL=api.twilio.com", "TWILIO_BASE_URL"},
        {"API_THREADS=0", "API_THREADS"},
        {"DEMO_CALLS=true", "DEMO_CALLS"},
        {"TWILIO_AUTH_TOKEN=x", "TWILIO_ACCOUNT_SID"},
        {"BOOTSTRAP_API_KEY=short", "BOOTSTRAP_API_KEY"},
        {"DEFAULT_REGION=USA", "DEFAULT_REGION"},
        {"OTEL_SERVICE_NAME=caf\xe9", "OTEL_SERVICE_NAME"},
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

static void the_token_is_not_sent_in_the_clear_in_production(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    char *environment[] = {"NODE_ENV=production", "WEBHOOK_BASE_URL=https://calls.example.com",
                           "TWILIO_BASE_URL=http://127.0.0.1:3001", NULL};
    struct config c;
    struct err e;

    assert_false(load(a, environment, &c, &e));
    assert_non_null(strstr(e.text, "TWILIO_BASE_URL"));
    assert_true(load(a, environment + 2, &c, &e));
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

/* Nobody starts without the settings that somebody wrote down. */
static void a_dotenv_that_cannot_be_read_is_refused(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const char *dir = test_tmpdir(a);
    char *large = arena_alloc(a, 64 * 1024 + 1);
    struct config c;
    struct err e = {0};

    memset(large, '#', 64 * 1024);
    const char *paths[] = {dir, write_file(dir, "large", large, a)};
    FOR_EACH_ROW (path, paths) {
        err_clear(&e);
        assert_row(!config_load(NULL, *path, a, &c, &e), *path);
        assert_non_null(strstr(e.text, ".env"));
    }
    assert_ok(config_load(NULL, test_path(dir, "absent", a), a, &c, &e), &e);
    assert_ok(config_load(NULL, test_path(dir, "large/absent", a), a, &c, &e), &e);
}

static void a_secrets_file_may_have_line_ends_of_windows(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const char *path = write_file(test_tmpdir(a), "token", " the-token \r\n", a);
    char *setting = (char *)str_z(str_fmt(a, "TWILIO_AUTH_TOKEN_FILE=%s", path), a);
    char *environment[] = {"TWILIO_ACCOUNT_SID=AC1", setting, NULL};
    struct config c;
    struct err e;

    assert_true(load(a, environment, &c, &e));
    assert_str(c.twilio_auth_token, "the-token");
}

static void good_settings_are_taken(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    char *environment[] = {"NODE_ENV=production",
                           "WEBHOOK_BASE_URL=https://calls.example.com/x",
                           "DATABASE_URL=postgresql://h/d",
                           "BOOTSTRAP_API_KEY=0123456789abcdef",
                           "AUTO_MIGRATE=Off",
                           NULL};
    char *other[] = {"DATABASE_URL=postgres://h/d", NULL};
    struct config c;
    struct err e;

    assert_ok(load(a, environment, &c, &e), &e);
    assert_str(c.webhook_base_url, "https://calls.example.com/x");
    assert_str(c.bootstrap_api_key, "0123456789abcdef");
    assert_false(c.auto_migrate);
    assert_ok(load(a, other, &c, &e), &e);
}

static void secrets_files_that_cannot_be_read_are_named(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const char *dir = test_tmpdir(a);
    const char *missing = write_file(
        dir, "env", "TWILIO_ACCOUNT_SID='AC1\nTWILIO_AUTH_TOKEN_FILE=/nonexistent/token\n", a);
    const char *unknown = write_file(dir, "odd", "TWILIO_AUTH_TOKENS=x\nPORT_FILE=x\n", a);
    struct config c;
    struct err e = {0};

    assert_false(config_load(NULL, missing, a, &c, &e));
    assert_non_null(strstr(e.text, "TWILIO_AUTH_TOKEN: its _FILE cannot be read"));
    err_clear(&e);
    assert_false(config_load(NULL, unknown, a, &c, &e));
    assert_non_null(strstr(e.text, "TWILIO_AUTH_TOKENS"));
    assert_int_equal(e.n_fix, 1); // and the other one
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
          cmocka_unit_test(the_token_is_not_sent_in_the_clear_in_production),
          cmocka_unit_test(good_settings_are_taken),
          cmocka_unit_test(secrets_files_that_cannot_be_read_are_named),
          cmocka_unit_test(a_dotenv_that_cannot_be_read_is_refused),
          cmocka_unit_test(a_secrets_file_may_have_line_ends_of_windows),
          cmocka_unit_test(the_printed_files_are_kept))
