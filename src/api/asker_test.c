#include "api/asker.h"

#include "test/test.h"

static const struct {
    const char *name, *value;
} shown[] = {
    {"Authorization", "Bearer one"},
    {"Authorization", "Bearer two"},
    {"Cookie", "hookswitch_session=three"},
};

static struct http_request showing(struct http_header h[2], size_t at, const char *project)
{
    h[0] = (struct http_header){str_from(shown[at].name), str_from(shown[at].value)};
    h[1] = (struct http_header){STR("X-Project-Id"), str_from(project)};
    return (struct http_request){.headers = h, .n_headers = 2, .peer = STR("192.0.2.1")};
}

static void whose_credentials_were_good_has_the_turn_of_the_project(void **state)
{
    struct askers *k = askers_create();
    struct http_header h[2];

    (void)state;
    for (size_t i = 0; i < LEN(shown); i++) {
        const struct http_request rq = showing(h, i, "7");
        assert_int_equal(askers_key(k, &rq), asker_client(&rq));
        askers_note(k, &rq, 7);
        assert_int_equal(askers_key(k, &rq), 7);
        const struct http_request other = showing(h, i, "8"); // nobody has seen that yet
        assert_int_equal(askers_key(k, &other), asker_client(&other));
        askers_note(k, &other, 8);
        assert_int_equal(askers_key(k, &other), 8);
    }
    askers_destroy(k);
    askers_destroy(NULL);
}

static void who_names_the_project_in_the_query_has_the_turn_of_the_client(void **state)
{
    struct askers *k = askers_create();
    struct http_header h[2];
    struct http_request rq = showing(h, 0, "");

    (void)state;
    askers_note(k, &rq, 7);
    rq.query = STR("project_id=8");
    assert_int_equal(askers_key(k, &rq), asker_client(&rq));
    askers_destroy(k);
}

static void who_shows_nothing_has_the_turn_of_the_client(void **state)
{
    struct askers *k = askers_create();
    const struct http_request here = {.peer = STR("192.0.2.1")}, there = {.peer = STR("192.0.2.2")};

    (void)state;
    askers_note(k, &here, 7);
    assert_int_equal(askers_key(k, &here), asker_client(&here));
    assert_true(asker_client(&here) < 0 && asker_client(&there) < 0); // no project
    assert_true(asker_client(&here) != asker_client(&there));
    askers_destroy(k);
}

static void who_has_no_project_has_the_turn_of_the_client(void **state)
{
    struct askers *k = askers_create();
    struct http_header h[2];
    const struct http_request rq = showing(h, 0, "");

    (void)state;
    askers_note(k, &rq, 0);
    assert_int_equal(askers_key(k, &rq), asker_client(&rq));
    askers_destroy(k);
}

TEST_MAIN(cmocka_unit_test(whose_credentials_were_good_has_the_turn_of_the_project),
          cmocka_unit_test(who_names_the_project_in_the_query_has_the_turn_of_the_client),
          cmocka_unit_test(who_shows_nothing_has_the_turn_of_the_client),
          cmocka_unit_test(who_has_no_project_has_the_turn_of_the_client))
