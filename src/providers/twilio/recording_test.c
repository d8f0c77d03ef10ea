#include "providers/twilio/recording.h"

#include "test/origin.h"

static const struct call_recording dual = {.duration = 60, .channels = 2};

static void the_token_is_shown_to_twilio_alone(void **state)
{
    static const char own[] = "https://api.twilio.com", sandbox[] = "http://127.0.0.1:3001";
    static const struct {
        const char *url, *base;
        bool ours;
    } rows[] = {
        {"https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1.mp3", own, true},
        {"https://API.twilio.com/x", own, true},
        {"https://api.dublin.ie1.twilio.com/x", own, true},
        {"https://api.twilio.com/x", "https://api.ie1.twilio.com", true},
        {"http://api.twilio.com/x", own, false},
        {"https://api.twilio.com:8443/x", own, false},
        {"https://twilio.com.evil.example/x", own, false},
        {"https://eviltwilio.com/x", own, false},
        {"https://.twilio.com/x", own, false},
        {"https://api.twilio.com@evil.example/x", own, false},
        {"https://evil.example/api.twilio.com", own, false},
        {"https://evil.example#.twilio.com", own, false},
        {"https://evil.example?.twilio.com", own, false},
        {"https://evil.example\\.twilio.com/x", own, false},
        {"https://169.254.169.254/x", own, false},
        {"file:///etc/passwd", own, false},
        {"RE1.mp3", own, false},
        {"http://127.0.0.1:3001/x", sandbox, true},
        {"http://127.0.0.1:3002/x", sandbox, false},
        {"https://127.0.0.1:3001/x", sandbox, false},
        {"http://localhost:3001/x", sandbox, false},
        {"https://api.twilio.com/x", sandbox, false},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (row, rows)
        assert_row(twilio_recording_is_ours(str_from(row->url), str_from(row->base), a) ==
                       row->ours,
                   row->url);
}

static void two_channels_are_kept_where_they_fit(void **state)
{
    enum { ROOM = 16 * 1024 * 1024 };
    static const struct {
        const char *label, *suffix;
        int64_t duration, channels;
        size_t room;
    } rows[] = {
        {"two channels", ".wav", 60, 2, ROOM}, {"one", ".mp3", 60, 1, ROOM},
        {"not told", ".mp3", 60, -1, ROOM},    {"at the edge", ".wav", 524, 2, ROOM},
        {"behind it", ".mp3", 525, 2, ROOM},   {"length not told", ".mp3", INT_NONE, 2, ROOM},
        {"no room", ".mp3", 0, 2, 4096},       {"absurd", ".mp3", INT64_MAX, 2, ROOM},
    };

    (void)state;
    FOR_EACH_ROW (row, rows) {
        const struct call_recording r = {.duration = row->duration, .channels = row->channels};
        assert_row(str_eq(twilio_recording_suffix(&r, row->room), str_from(row->suffix)),
                   row->label);
    }
}

struct rig {
    struct arena *a;
    struct origin *origin;
    struct secret *token;
    struct buf audio;
    struct str type;
    struct err e;
};

static int begin(void **state)
{
    struct arena *a = arena_create(0);
    struct rig *r = arena_new(a, struct rig, 1);

    r->a = a;
    r->origin = origin_start("Basic QUMxOnRva2Vu", a); // AC1:token
    r->token = secret_create(STR("token"));
    buf_init(&r->audio, 16 * 1024 * 1024);
    *state = r;
    return 0;
}

static int end(void **state)
{
    struct rig *r = *state;

    buf_finish(&r->audio);
    secret_destroy(r->token);
    arena_destroy(r->a);
    return 0;
}

static bool fetch(struct rig *r, struct str url)
{
    struct call_recording recording = dual;
    const struct provider_account account = {
        STR("twilio"), STR("AC1"), 1, r->token, origin_url(r->origin, "", r->a), 0};
    const struct provider_wanted wanted = {&account, &recording, NULL, NULL};

    recording.url = url;
    err_clear(&r->e);
    return twilio_recording(&wanted, r->a, &r->audio, &r->type, &r->e);
}

static void the_account_asks_for_the_audio(void **state)
{
    struct rig *r = *state;

    assert_ok(fetch(r, origin_url(r->origin, "/audio/RE1", r->a)), &r->e);
    assert_str(buf_view(&r->audio), ORIGIN_AUDIO);
    assert_str(r->type, "audio/x-wav; charset=binary");
    assert_int_equal(r->origin->n_basic, 1);
}

static void a_recording_elsewhere_is_not_asked_for(void **state)
{
    struct rig *r = *state;

    assert_refused(fetch(r, STR("http://localhost:1/RE1")), &r->e, ERR_CONFLICT);
    assert_refused(fetch(r, origin_url(r->origin, "/audio?RE1", r->a)), &r->e, ERR_CONFLICT);
    assert_int_equal(r->origin->n_requests, 0);
}

static void a_refusal_says_whose_it_is_and_what_to_do(void **state)
{
    static const struct {
        const char *path, *said;
        enum err_code code;
        size_t n_fix;
    } rows[] = {
        {"/status/401", "Twilio refused our credentials", ERR_INTEGRATION_AUTH, 1},
        {"/status/403", "Twilio does not let our account hear this recording", ERR_INTEGRATION_AUTH,
         1},
        {"/status/404", "the recording was deleted at Twilio", ERR_NOT_FOUND, 1},
        {"/status/410", "the recording was deleted at Twilio", ERR_NOT_FOUND, 1},
        {"/status/429", "Twilio is asked too often", ERR_UNAVAILABLE, 1},
        {"/status/500", "Twilio has troubles of its own", ERR_UNAVAILABLE, 1},
        {"/status/503", "Twilio has troubles of its own", ERR_UNAVAILABLE, 1},
        {"/status/202", "Twilio answered 202 instead of a recording", ERR_UPSTREAM, 0},
    };
    struct rig *r = *state;

    FOR_EACH_ROW (row, rows) {
        const bool ok = fetch(r, origin_url(r->origin, row->path, r->a));
        assert_row(!ok && r->e.code == row->code, row->path);
        assert_str(str_from(r->e.text), row->said);
        assert_row(r->e.n_fix == row->n_fix, row->path);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

TEST_MAIN(cmocka_unit_test(the_token_is_shown_to_twilio_alone),
          cmocka_unit_test(two_channels_are_kept_where_they_fit),
          CASE(the_account_asks_for_the_audio), CASE(a_recording_elsewhere_is_not_asked_for),
          CASE(a_refusal_says_whose_it_is_and_what_to_do))
