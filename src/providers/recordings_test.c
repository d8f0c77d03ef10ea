#include "providers/recordings.h"

#include "base/places.h"
#include "test/origin.h"

struct rig {
    struct arena *a;
    struct origin *origin;
    struct account_shelf *shelf;
    struct places *places;
    struct recordings *recordings;
    struct err e;
};

/* One account, of project 1. */
static int begin(void **state)
{
    struct arena *a = arena_create(0);
    struct rig *r = arena_new(a, struct rig, 1);

    r->a = a;
    r->origin = origin_start(NULL, a);
    r->shelf = account_shelf_create();
    struct account_book *book = account_book_create();
    assert_ok(account_book_add_project(book, &(struct book_project){.project = 1}, &r->e), &r->e);
    account_book_add_account(book, &(struct book_account){
                                       .project = 1,
                                       .provider = STR("twilio"),
                                       .account = STR("AC1"),
                                       .base_url = origin_url(r->origin, "", a),
                                       .secrets = {secret_create(STR("token"))},
                                   });
    account_shelf_put(r->shelf, book);
    r->places = places_create(2, 1);
    const struct recordings_options o = {.accounts = r->shelf, .places = r->places};
    assert_ok(recordings_open(&o, &r->recordings, &r->e), &r->e);
    *state = r;
    return 0;
}

static int end(void **state)
{
    struct rig *r = *state;

    recordings_close(r->recordings);
    places_destroy(r->places);
    account_shelf_destroy(r->shelf);
    arena_destroy(r->a);
    return 0;
}

struct fetch {
    struct str provider;
    int64_t project;
    const char *path;
};

static bool fetch(struct rig *r, const struct fetch *f, struct str *ret_type, struct err *e)
{
    const struct call_recording recording = {
        .url = origin_url(r->origin, f->path, r->a), .duration = INT_NONE, .channels = INT_NONE};
    const struct recordings_wanted w = {f->project, f->provider, &recording};
    _cleanup_(buf_finish) struct buf audio = {.max = 1024 * 1024};

    err_clear(e);
    return recordings_fetch(r->recordings, &w, r->a, &audio, ret_type, e);
}

static const struct fetch good = {{"twilio", 6}, 1, "/audio"};

static void the_type_comes_without_parameters(void **state)
{
    struct rig *r = *state;
    struct str type;

    assert_ok(fetch(r, &good, &type, &r->e), &r->e);
    assert_str(type, "audio/x-wav");
}

static void what_is_no_audio_is_not_handed_on(void **state)
{
    struct rig *r = *state;
    struct str type;

    assert_refused(fetch(r, &(struct fetch){STR("twilio"), 1, "/page"}, &type, &r->e), &r->e,
                   ERR_UPSTREAM);
}

static void nobody_uses_the_account_of_another_project(void **state)
{
    struct rig *r = *state;
    struct str type;

    assert_refused(fetch(r, &(struct fetch){STR("twilio"), 2, "/audio"}, &type, &r->e), &r->e,
                   ERR_CONFLICT);
    assert_refused(fetch(r, &(struct fetch){STR("nobody"), 1, "/audio"}, &type, &r->e), &r->e,
                   ERR_CONFLICT);
    assert_int_equal(r->origin->n_requests, 0);
}

static void fetch_what_never_comes(void *arg)
{
    struct rig *r = arg;
    struct err e;
    struct str type;

    assert_refused(fetch(r, &(struct fetch){STR("twilio"), 1, "/silent"}, &type, &e), &e,
                   ERR_UNAVAILABLE);
}

static void one_too_many_of_a_project_is_told_to_come_again(void **state)
{
    struct rig *r = *state;
    struct thread *slow;
    struct str type;

    assert_ok(thread_start("slow", fetch_what_never_comes, r, &slow, &r->e), &r->e);
    origin_wait_silent(r->origin, 1);
    assert_refused(fetch(r, &good, &type, &r->e), &r->e, ERR_UNAVAILABLE);
    assert_str(str_from(r->e.text), "this project has something under way with a provider, or all "
                                    "places for that are taken");
    assert_refused(fetch(r, &(struct fetch){STR("twilio"), 2, "/audio"}, &type, &r->e), &r->e,
                   ERR_CONFLICT); // who would have had a place
    recordings_stop(r->recordings);
    thread_join(slow);
    assert_refused(fetch(r, &good, &type, &r->e), &r->e, ERR_UNAVAILABLE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

TEST_MAIN(CASE(the_type_comes_without_parameters), CASE(what_is_no_audio_is_not_handed_on),
          CASE(nobody_uses_the_account_of_another_project),
          CASE(one_too_many_of_a_project_is_told_to_come_again))
