/* What is fetched from servers of this machine, and what those learn of us. */
#include "http/fetch.h"

#include "base/fault.h"
#include "test/origin.h"

#define USER "AC1"
#define PASSWORD "the-secret-of-the-test"
#define BASIC "Basic QUMxOnRoZS1zZWNyZXQtb2YtdGhlLXRlc3Q=" /* of both */

struct rig {
    struct arena *a;
    struct origin *origin, *other;
    struct secret *password;
    _Atomic bool ended;
    struct buf body;
    struct err e;
};

static int begin(void **state)
{
    struct arena *a = arena_create(0);
    struct rig *r = arena_new(a, struct rig, 1);

    r->a = a;
    r->origin = origin_start(BASIC, a);
    r->other = origin_start(BASIC, a);
    r->password = secret_create(STR(PASSWORD));
    buf_init(&r->body, ORIGIN_LARGE);
    assert_ok(http_fetch_init(&r->e), &r->e);
    *state = r;
    return 0;
}

static int end(void **state)
{
    struct rig *r = *state;

    buf_finish(&r->body);
    secret_destroy(r->password);
    arena_destroy(r->a);
    return 0;
}

static struct http_fetch wanted(struct rig *r, struct str url)
{
    return (struct http_fetch){.peer = "Example",
                               .url = url,
                               .user = STR(USER),
                               .password = r->password,
                               .connect_timeout = SECONDS(5),
                               .total_timeout = SECONDS(30),
                               .ended = &r->ended};
}

static bool fetch(struct rig *r, const char *path, struct http_fetched *ret)
{
    const struct http_fetch f = wanted(r, origin_url(r->origin, path, r->a));

    buf_reset(&r->body);
    err_clear(&r->e);
    return http_fetch(&f, r->a, &r->body, ret, &r->e);
}

static void an_answer_comes_with_its_status_and_type(void **state)
{
    struct rig *r = *state;
    struct http_fetched answer;

    assert_ok(fetch(r, "/audio", &answer), &r->e);
    assert_int_equal(answer.status, 200);
    assert_str(answer.type, "audio/x-wav; charset=binary");
    assert_str(buf_view(&r->body), ORIGIN_AUDIO);
    assert_ok(fetch(r, "/status/404", &answer), &r->e);
    assert_int_equal(answer.status, 404);
    assert_true(str_is_none(answer.type));
    assert_int_equal(r->origin->n_basic, 2);
}

static void a_post_is_one_without_a_body(void **state)
{
    struct rig *r = *state;
    struct http_fetch f = wanted(r, origin_url(r->origin, "/posted", r->a));
    struct http_fetched answer;

    f.post = true;
    assert_ok(http_fetch(&f, r->a, &r->body, &answer, &r->e), &r->e);
    assert_int_equal(answer.status, 201);
}

static void a_post_holds_any_bytes(void **state)
{
    struct rig *r = *state;
    struct http_fetch f = wanted(r, origin_url(r->origin, "/echo", r->a));
    struct http_fetched answer;

    f.post = true;
    f.form = STR("a\0b\0");
    assert_ok(http_fetch(&f, r->a, &r->body, &answer, &r->e), &r->e);
    assert_true(str_eq(buf_view(&r->body), f.form));
}

static void another_host_does_not_learn_the_password(void **state)
{
    struct rig *r = *state;
    struct http_fetched answer;
    const struct str path = str_fmt(r->a, "/to/%u", origin_port(r->other));

    assert_ok(fetch(r, str_z(path, r->a), &answer), &r->e);
    assert_str(buf_view(&r->body), ORIGIN_AUDIO);
    assert_int_equal(r->origin->n_basic, 1);
    assert_int_equal(r->other->n_requests, 1);
    assert_int_equal(r->other->n_told, 0);
}

static void refuses_to_be_led_in_circles_or_to_files(void **state)
{
    struct rig *r = *state;
    struct http_fetched answer;

    assert_refused(fetch(r, "/round", &answer), &r->e, ERR_UPSTREAM);
    assert_refused(fetch(r, "/to-file", &answer), &r->e, ERR_UPSTREAM);
    assert_int_equal(r->body.n, 0);
}

static void what_fills_the_ceiling_fits_and_more_is_refused(void **state)
{
    struct rig *r = *state;
    struct http_fetched answer;

    assert_ok(fetch(r, "/large", &answer), &r->e);
    assert_int_equal(r->body.n, ORIGIN_LARGE);
    r->body.max = ORIGIN_LARGE - 1;
    assert_refused(fetch(r, "/large", &answer), &r->e, ERR_LIMIT);
}

static void keep_outcome(const struct http_outcome *o, void *arg)
{
    struct http_outcome *kept = arg;

    *kept = *o;
}

static void how_it_ended_is_told_apart(void **state)
{
    struct rig *r = *state;
    struct http_outcome o = {0};
    struct http_fetch f = wanted(r, origin_url(r->origin, "/status/404", r->a));
    struct http_fetched answer;

    f.on_asked = keep_outcome;
    f.arg = &o;
    assert_ok(http_fetch(&f, r->a, &r->body, &answer, &r->e), &r->e);
    assert_int_equal(o.status, 404);
    assert_int_equal(o.took, answer.took);
    f.url = origin_url(r->origin, "/silent", r->a);
    f.total_timeout = MILLISECONDS(50);
    assert_refused(http_fetch(&f, r->a, &r->body, &answer, &r->e), &r->e, ERR_INTEGRATION_TIMEOUT);
    assert_true(o.late && o.status == 0);
    f.url = STR("http://127.0.0.1:9/");
    assert_refused(http_fetch(&f, r->a, &r->body, &answer, &r->e), &r->e, ERR_UNAVAILABLE);
    assert_true(!o.late && o.status == 0);
}

static void a_silent_peer_is_not_waited_for_longer_than_wanted(void **state)
{
    struct rig *r = *state;
    struct http_fetch f = wanted(r, origin_url(r->origin, "/silent", r->a));
    struct http_fetched answer;

    f.total_timeout = MILLISECONDS(50);
    assert_refused(http_fetch(&f, r->a, &r->body, &answer, &r->e), &r->e, ERR_INTEGRATION_TIMEOUT);
    assert_str(str_from(r->e.text), "Example did not answer in time");
    assert_str(str_from(r->e.fix[0]), "try again in a moment");
}

static void end_it(void *arg)
{
    struct rig *r = arg;

    origin_wait_silent(r->origin, 1);
    atomic_store(&r->ended, true);
}

static void a_fetch_under_way_can_be_ended(void **state)
{
    struct rig *r = *state;
    struct http_fetched answer;
    struct thread *t;

    assert_ok(thread_start("ender", end_it, r, &t, &r->e), &r->e);
    assert_refused(fetch(r, "/silent", &answer), &r->e, ERR_UNAVAILABLE);
    assert_str(str_from(r->e.text), "Example was not waited for: the server is stopping");
    thread_join(t);
}

/* Nobody listens where somebody did. */
static void a_peer_that_is_not_there_may_come_back(void **state)
{
    struct rig *r = *state;
    struct arena *a = arena_create(0);
    const struct str url = origin_url(origin_start(NULL, a), "/audio", r->a);
    const struct http_fetch f = wanted(r, url);
    struct http_fetched answer;

    arena_destroy(a);
    assert_refused(http_fetch(&f, r->a, &r->body, &answer, &r->e), &r->e, ERR_UNAVAILABLE);
    assert_false(str_contains(str_from(r->e.text), url));
}

static void faulty(void *arg)
{
    struct rig *r = arg;
    struct http_fetched answer;

    err_clear(&r->e);
    const bool ok = http_fetch_init(&r->e) && fetch(r, "/audio", &answer);
    assert_true(ok != fault_struck());
    assert_true(ok || r->e.code != ERR_NONE);
}

static void every_failure_is_told(void **state)
{
    static const char *const points[] = {"fetch.init", "fetch.start", "fetch.option",
                                         "fetch.connect"};
    struct rig *r = *state;

    for (size_t i = 0; i < LEN(points); i++)
        assert_int_equal(test_every_fault(points[i], faulty, r), 1);
}

static void places_are_read_as_they_are_asked(void **state)
{
    static const struct {
        const char *url, *scheme, *host, *port; /* NULL: none */
    } rows[] = {
        {"https://api.twilio.com/a?b", "https", "api.twilio.com", "443"},
        {"http://127.0.0.1:3001", "http", "127.0.0.1", "3001"},
        {"https://api.twilio.com:8443/", "https", "api.twilio.com", "8443"},
        {"https://[::1]/", "https", "[::1]", "443"},
        {"https://evil.example\\.twilio.com/", NULL, NULL, NULL},
        {"https://a@b.example/", NULL, NULL, NULL},
        {"https://:p@b.example/", NULL, NULL, NULL},
        {"https://b.example/#a", NULL, NULL, NULL},
        {"https://b.example/ a", NULL, NULL, NULL},
        {"ftp://b.example/", NULL, NULL, NULL},
        {"b.example/", NULL, NULL, NULL},
        {"https://", NULL, NULL, NULL},
        {"", NULL, NULL, NULL},
    };
    struct rig *r = *state;
    struct http_place none = {.port = STR_NONE};

    FOR_EACH_ROW (row, rows) {
        struct http_place p = none;
        const bool ok = http_place_of(str_from(row->url), r->a, &p);
        assert_row(ok == (row->scheme != NULL), row->url);
        assert_row(str_eq(p.scheme, str_from(row->scheme)) && str_eq(p.host, str_from(row->host)) &&
                       str_eq(p.port, str_from(row->port)),
                   row->url);
    }
    assert_false(http_place_of(STR("https://a.example/\0b"), r->a, &none));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

// --- many at once --------------------------------------------------------------------------------

enum { ERRANDS = 6 };

static struct http_errand errand(struct rig *r, const char *path)
{
    struct http_errand e = {.fetch = wanted(r, origin_url(r->origin, path, r->a))};

    buf_init(&e.body, ORIGIN_LARGE);
    return e;
}

static void each_of_many_has_its_own_outcome(void **state)
{
    struct rig *r = *state;
    struct http_errand all[ERRANDS] = {errand(r, "/audio"),   errand(r, "/status/404"),
                                       errand(r, "/later/7"), errand(r, "/large"),
                                       errand(r, "/round"),   errand(r, "/silent")};
    struct http_line *line;

    all[3].body.max = ORIGIN_LARGE - 1;
    all[5].fetch.total_timeout = MILLISECONDS(50);
    assert_ok(http_line_open(2, &line, &r->e), &r->e);
    http_line_fetch(line, all, LEN(all), r->a);
    assert_true(all[0].ok && all[0].answer.status == 200 && all[0].answer.retry_after == 0);
    assert_str(buf_view(&all[0].body), ORIGIN_AUDIO);
    assert_true(all[1].ok && all[1].answer.status == 404);
    assert_true(all[2].ok && all[2].answer.status == 429);
    assert_int_equal(all[2].answer.retry_after, SECONDS(7));
    assert_refused(all[3].ok, &all[3].e, ERR_LIMIT);
    assert_refused(all[4].ok, &all[4].e, ERR_UPSTREAM);
    assert_refused(all[5].ok, &all[5].e, ERR_INTEGRATION_TIMEOUT);
    for (size_t i = 0; i < LEN(all); i++)
        buf_finish(&all[i].body);
    http_line_close(line);
}

static void many_under_way_can_be_ended(void **state)
{
    struct rig *r = *state;
    struct http_errand all[] = {errand(r, "/silent"), errand(r, "/silent")};
    struct http_line *line;
    struct thread *t;

    assert_ok(http_line_open(2, &line, &r->e), &r->e);
    assert_ok(thread_start("ender", end_it, r, &t, &r->e), &r->e);
    http_line_fetch(line, all, LEN(all), r->a);
    thread_join(t);
    for (size_t i = 0; i < LEN(all); i++) {
        assert_refused(all[i].ok, &all[i].e, ERR_UNAVAILABLE);
        buf_finish(&all[i].body);
    }
    http_line_close(line);
}

static void attempt_errands(void *arg)
{
    struct rig *r = arg;
    struct http_errand all[] = {errand(r, "/audio"), errand(r, "/audio")};
    struct http_line *line = NULL;
    struct err e = {0};
    size_t n_ok = 0;

    if (http_line_open(2, &line, &e)) {
        http_line_fetch(line, all, LEN(all), r->a);
        for (size_t i = 0; i < LEN(all); i++) {
            n_ok += all[i].ok;
            assert_true(all[i].ok || all[i].e.code != ERR_NONE);
        }
    }
    assert_int_equal(n_ok == LEN(all), !fault_struck());
    for (size_t i = 0; i < LEN(all); i++)
        buf_finish(&all[i].body);
    http_line_close(line);
}

static void every_failure_of_one_among_many_is_told(void **state)
{
    assert_true(test_every_fault("fetch.line", attempt_errands, *state) > 0);
    assert_true(test_every_fault("fetch.start", attempt_errands, *state) > 1);
    assert_true(test_every_fault("fetch.option", attempt_errands, *state) > 1);
    assert_true(test_every_fault("fetch.connect", attempt_errands, *state) > 1);
}

TEST_MAIN(CASE(an_answer_comes_with_its_status_and_type), CASE(a_post_is_one_without_a_body),
          CASE(a_post_holds_any_bytes), CASE(another_host_does_not_learn_the_password),
          CASE(refuses_to_be_led_in_circles_or_to_files),
          CASE(what_fills_the_ceiling_fits_and_more_is_refused),
          CASE(a_silent_peer_is_not_waited_for_longer_than_wanted),
          CASE(how_it_ended_is_told_apart), CASE(a_fetch_under_way_can_be_ended),
          CASE(a_peer_that_is_not_there_may_come_back), CASE(every_failure_is_told),
          CASE(places_are_read_as_they_are_asked), CASE(each_of_many_has_its_own_outcome),
          CASE(many_under_way_can_be_ended), CASE(every_failure_of_one_among_many_is_told))
