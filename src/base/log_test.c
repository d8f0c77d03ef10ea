#include "base/json.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "test/test.h"

/* stderr goes into a pipe while a line is written, and is read from there. */
struct sink {
    int stderr_before, read_end;
    char text[32 * 1024];
};

static int set_up(void **state)
{
    static struct sink s;
    int ends[2];
    fflush(stderr);
    if (pipe(ends) < 0)
        return -1;
    s.stderr_before = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    s.read_end = ends[0];
    *state = &s;
    return 0;
}

static int tear_down(void **state)
{
    struct sink *s = *state;
    dup2(s->stderr_before, STDERR_FILENO);
    close(s->stderr_before);
    close(s->read_end);
    log_configure(LOG_INFO, LOG_LOGFMT);
    return 0;
}

#define WITH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* What one write(2) has put there, without the timestamp and the line's end. */
static struct str line(struct sink *s)
{
    ssize_t n = read(s->read_end, s->text, sizeof(s->text));
    struct str text = {s->text, n > 0 ? (size_t)n : 0}, ts;
    assert_true(str_ends(text, STR("\n")));
    text.n--;
    assert_int_equal(str_find(text, '\n'), text.n);
    if (cut_lit(&text, STR("ts=")))
        assert_true(cut_until(&text, ' ', &ts));
    return text;
}

static const struct log lg = {.id = {"01J9", 4}};

static void writes_logfmt(void **state)
{
    struct sink *s = *state;
    log_configure(LOG_INFO, LOG_LOGFMT);
    log_info(&lg, "call.start",
             "n=%d u=%zu s=%s v=" STR_FMT " f=%.2f x=%x r=%" PRIu64 " p=%d%% c=%c", -3, (size_t)7,
             "bare", STR_ARG(STR("view")), 1.5, 255u, UINT64_MAX, 50, 'c');
    assert_str(line(s),
               "level=info event=call.start trace_id=01J9 n=-3 u=7 s=bare v=view f=1.50 x=ff "
               "r=18446744073709551615 p=50% c=c");
    log_warn(NULL, "empty", "");
    assert_str(line(s), "level=warn event=empty");
    log_error(NULL, "text", "just words, %s", "no key");
    assert_str(line(s), "level=error event=text message=\"just words, no key\"");
    log_info(NULL, "wide", "a=%5d b=%-8s c=%*d", 1, "x", 9, 2);
    assert_str(line(s), "level=info event=wide a=1 b=x c=2");
}

static void an_argument_cannot_leave_its_value(void **state)
{
    struct sink *s = *state;
    log_configure(LOG_INFO, LOG_LOGFMT);
    log_info(NULL, "x", "a=%s b=\"%s!\" c=%s d=%s", "1 admin=1", "\" admin=1\nlevel=error", "",
             "\x1b[31m\xff");
    assert_str(line(s),
               "level=info event=x a=\"1 admin=1\" b=\"\\\" admin=1\\nlevel=error!\" c=\"\" "
               "d=\"\\u001b[31m\xEF\xBF\xBD\"");
    log_info(NULL, "x", "a=%s b=%s", "k=v", "back\\slash");
    assert_str(line(s), "level=info event=x a=\"k=v\" b=\"back\\\\slash\"");
}

static void writes_json_with_numbers_as_numbers(void **state)
{
    struct sink *s = *state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct json_object *o;
    struct err e;
    int64_t n = 0;
    log_configure(LOG_INFO, LOG_JSON);
    log_info(&lg, "x", "n=%d t=\"%s, %d\" m=%dms inf=%f", 5, "a\"\n", 7, 9, (double)INFINITY);
    assert_ok(json_parse(line(s), a, &o, &e), &e);
    assert_true(json_get_int(o, "n", &n) && n == 5);
    assert_str(json_get_str(o, "t"), "a\"\n, 7");
    assert_str(json_get_str(o, "m"), "9ms");
    assert_str(json_get_str(o, "inf"), "inf");
    assert_str(json_get_str(o, "trace_id"), "01J9");
    assert_str(json_get_str(o, "level"), "info");
    assert_int_equal(json_get_str(o, "ts").p[10], 'T');
}

static void a_failure_is_one_line(void **state)
{
    struct sink *s = *state;
    struct err e;
    log_configure(LOG_INFO, LOG_LOGFMT);
    err_set_at(&e, "src/agents/load.c", "agent_load", 14, ERR_INVALID, "agent_id: got \"x\"");
    err_trace_at(&e, "src/api/calls.c", "create", 31);
    log_failure(&lg, LOG_WARN, "request.failed", &e);
    assert_str(line(s), "level=warn event=request.failed trace_id=01J9 code=INVALID_REQUEST "
                        "text=\"agent_id: got \\\"x\\\"\" "
                        "at=\"agent_load agents/load.c:14 < create api/calls.c:31\"");
}

static void what_is_below_the_level_is_not_written(void **state)
{
    struct sink *s = *state;
    log_configure(LOG_WARN, LOG_LOGFMT);
    assert_false(log_enabled(LOG_INFO));
    errno = 7;
    log_info(NULL, "hidden", "");
    log_failure(NULL, LOG_DEBUG, "hidden", &(struct err){0});
    log_warn(NULL, "shown", "");
    assert_int_equal(errno, 7);
    assert_str(line(s), "level=warn event=shown");
}

static void a_long_value_is_cut(void **state)
{
    struct sink *s = *state;
    char text[10000];
    memset(text, 'x', sizeof(text));
    log_configure(LOG_INFO, LOG_LOGFMT);
    log_info(NULL, "x", "a=%.*s b=1", (int)sizeof(text), text);
    struct str got = line(s);
    assert_in_range(got.n, 4000, 5000);
    assert_true(str_ends(got, STR(" b=1")));
}

static void names_are_parsed(void **state)
{
    (void)state;
    enum log_level level = LOG_ERROR;
    enum log_format format = LOG_LOGFMT;
    assert_true(log_level_parse(STR("debug"), &level) && level == LOG_DEBUG);
    assert_false(log_level_parse(STR("loud"), &level));
    assert_true(log_format_parse(STR("json"), &format) && format == LOG_JSON);
    assert_false(log_format_parse(STR(""), &format));
}

TEST_MAIN(WITH(writes_logfmt), WITH(an_argument_cannot_leave_its_value),
          WITH(writes_json_with_numbers_as_numbers), WITH(a_failure_is_one_line),
          WITH(what_is_below_the_level_is_not_written), WITH(a_long_value_is_cut),
          cmocka_unit_test(names_are_parsed))
