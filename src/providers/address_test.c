/* Addresses, by what they look like and by what answers there: servers of this machine. */
#include "providers/address.h"

#include "base/arena.h"
#include "base/fault.h"
#include "http/fetch.h"
#include "test/origin.h"

// --- what a host says of itself
// -------------------------------------------------------------------

static void names_and_networks_that_lead_nowhere_are_private(void **state)
{
    static const struct {
        const char *host;
        bool is_private;
    } rows[] = {
        {"localhost", true},
        {"LocalHost", true},
        {"pbx.localhost", true},
        {"pbx.LOCAL", true},
        {"a.b.internal", true},
        {"x.test", true},
        {"x.invalid", true},
        {"127.0.0.1", true},
        {"127.255.255.255", true},
        {"10.1.2.3", true},
        {"172.16.0.1", true},
        {"172.31.255.255", true},
        {"192.168.1.1", true},
        {"169.254.169.254", true},
        {"100.64.0.1", true},
        {"100.127.255.255", true},
        {"0.0.0.0", true},
        {"[::1]", true},
        {"[fc00::1]", true},
        {"[fd00::1]", true},
        {"[fe80::1]", true},
        {"", false},
        {"[", false},
        {"[]", false},
        {"[x]", false},
        {".local", false},
        {"local", false},
        {"notlocal", false},
        {"localhost.example.com", false},
        {"latest", false},
        {"pbx.example.com", false},
        {"126.255.255.255", false},
        {"128.0.0.1", false},
        {"11.0.0.1", false},
        {"172.15.255.255", false},
        {"172.32.0.0", false},
        {"192.167.1.1", false},
        {"100.63.255.255", false},
        {"100.128.0.0", false},
        {"203.0.113.7", false},
        {"[::2]", false},
        {"[2001:db8::1]", false},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (row, rows)
        assert_row(address_is_private(str_from(row->host), a) == row->is_private, row->host);
}

// --- what answers
// ----------------------------------------------------------------------------------

static void an_answer_is_ours_when_it_says_one_of_two_words(void **state)
{
    static const struct {
        const char *body;
        bool is_ours, is_well;
    } rows[] = {
        {"{\"status\":\"healthy\"}", true, true},
        {"{\"status\":\"unhealthy\",\"why\":1}", true, false},
        {"{\"status\":\"Healthy\"}", false, false},
        {"{\"status\":true}", false, false},
        {"{}", false, false},
        {"null", false, false},
        {"\"healthy\"", false, false},
        {"healthy", false, false},
        {"", false, false},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (row, rows) {
        bool is_well = false;
        assert_row(address_read_health(str_from(row->body), a, &is_well) == row->is_ours,
                   row->body);
        assert_row(is_well == row->is_well, row->body);
    }
}

struct rig {
    struct arena *a;
    struct origin *origin;
};

static int begin(void **state)
{
    struct arena *a = arena_create(0);
    struct rig *r = arena_new(a, struct rig, 1);
    struct err e = {0};

    *r = (struct rig){a, origin_start(NULL, a)};
    assert_ok(http_fetch_init(&e), &e);
    *state = r;
    return 0;
}

static int end(void **state)
{
    struct rig *r = *state;

    arena_destroy(r->a);
    return 0;
}

static void who_answers_is_told_from_who_does_not(void **state)
{
    static const struct {
        const char *path;
        enum finding_code code;
        bool is_well;
    } rows[] = {
        {"/says/healthy", FINDING_ADDRESS_OK, true},
        {"/says/unhealthy", FINDING_ADDRESS_OK, false},
        {"/says/nothing", FINDING_ADDRESS_ELSEWHERE, false},
        {"/page", FINDING_ADDRESS_ELSEWHERE, false},
        {"/large", FINDING_ADDRESS_ELSEWHERE, false},
    };
    struct rig *r = *state;

    FOR_EACH_ROW (row, rows) {
        bool is_well = !row->is_well;
        const struct str url = origin_url(r->origin, row->path, r->a);
        assert_row(address_ask(url, NULL, r->a, &is_well) == row->code, row->path);
        assert_row(is_well == row->is_well, row->path);
    }
}

static void nobody_there_is_not_somebody_else(void **state)
{
    struct rig *r = *state;
    bool is_well = true;

    fault_arm("fetch.connect", 1, false);
    const enum finding_code code =
        address_ask(origin_url(r->origin, "/says/healthy", r->a), NULL, r->a, &is_well);
    fault_disarm();
    assert_int_equal(code, FINDING_ADDRESS_UNREACHABLE);
    assert_false(is_well);
    assert_int_equal(atomic_load(&r->origin->n_requests), 0);
}

// --- all of it
// -------------------------------------------------------------------------------------

static void what_cannot_be_right_is_not_asked(void **state)
{
    static const struct {
        const char *url;
        enum finding_code code;
    } rows[] = {
        {"https://pbx.local", FINDING_ADDRESS_PRIVATE},
        {"http://192.168.1.1", FINDING_ADDRESS_PRIVATE},
        {"https://[fd00::1]", FINDING_ADDRESS_PRIVATE},
        {"http://203.0.113.7", FINDING_ADDRESS_NOT_HTTPS},
        {"ftp://pbx.example", FINDING_ADDRESS_UNREACHABLE},
        {"https://user@pbx.example", FINDING_ADDRESS_UNREACHABLE},
        {"", FINDING_ADDRESS_UNREACHABLE},
    };
    struct rig *r = *state;

    fault_arm("fetch.connect", 1, true);
    FOR_EACH_ROW (row, rows)
        assert_row(address_check(str_from(row->url), false, NULL, r->a) == row->code, row->url);
    assert_int_equal(fault_passed(), 0);
    // One that may be right is.
    assert_int_equal(address_check(STR("https://203.0.113.7"), false, NULL, r->a),
                     FINDING_ADDRESS_UNREACHABLE);
    assert_int_equal(fault_passed(), 1);
    fault_disarm();
}

static void who_is_near_reaches_what_others_do_not(void **state)
{
    struct rig *r = *state;
    const struct str url = origin_url(r->origin, "/says/unhealthy", r->a);

    assert_int_equal(address_check(url, true, NULL, r->a), FINDING_ADDRESS_OK);
    assert_int_equal(address_check(url, false, NULL, r->a), FINDING_ADDRESS_PRIVATE);
    assert_int_equal(atomic_load(&r->origin->n_requests), 1);
}

#define ASKING(name) cmocka_unit_test_setup_teardown(name, begin, end)

TEST_MAIN(cmocka_unit_test(names_and_networks_that_lead_nowhere_are_private),
          cmocka_unit_test(an_answer_is_ours_when_it_says_one_of_two_words),
          ASKING(who_answers_is_told_from_who_does_not), ASKING(nobody_there_is_not_somebody_else),
          ASKING(what_cannot_be_right_is_not_asked), ASKING(who_is_near_reaches_what_others_do_not))
