/* Sources of calls against a server that answers as it is told to. */
#include "providers/call_sources.h"

#include <stdatomic.h>

#include "base/places.h"
#include "http/http.h"
#include "loop/loop.h"
#include "test/test.h"

enum { PATIENCE_S = 7 };

struct rig {
    struct arena *a;
    struct loop *loop;
    struct http_server *server;
    struct account_shelf *shelf;
    struct places *places;
    struct call_sources *sources;
    atomic_int n_requests, n_foreign;
    struct err e;
};

// --- the server ----------------------------------------------------------------------------------

/* Calls of AC1 and AC2 by the last part of their path. */
static const struct {
    struct str path;
    int status;
    struct str body;
} answers[] = {
    {STR("AC1/Calls/CA1.json"), 200, STR("{\"sid\":\"CA1\",\"status\":\"ringing\"}")},
    {STR("AC2/Calls/CA2.json"), 200, STR("{\"sid\":\"CA2\",\"status\":\"busy\"}")},
    {STR("AC1/Calls/CA500.json"), 500, STR("<html>")},
    {STR("AC1/Calls/CA401.json"), 401, STR("{}")},
    {STR("AC2/Calls/CA401.json"), 403, STR("{}")},
    {STR("AC4/Calls/CA4.json"), 200, STR("{\"sid\":\"CA4\",\"status\":\"busy\"}")},
    {STR("AC4/Calls.json"), 200, STR("{\"calls\":[{\"sid\":\"CA4\"}],\"next_page_uri\":null}")},
    {STR("AC1/Calls/CA429.json"), 429, STR("{}")},
    {STR("AC1/Calls/CAodd.json"), 200, STR("[]")},
    {STR("AC1/Calls.json"), 200,
     STR("{\"calls\":[{\"sid\":\"CA1\"}],"
         "\"next_page_uri\":\"/2010-04-01/Accounts/AC1/More.json\"}")},
    {STR("AC1/More.json"), 200, STR("{\"calls\":[{\"sid\":\"CA3\"}],\"next_page_uri\":null}")},
    {STR("AC2/Calls.json"), 200, STR("{\"calls\":[{\"sid\":\"CA2\"}],\"next_page_uri\":null}")},
};

/* Whatever AC3 and AC5 are asked for. */
static bool is_refused(struct str path)
{
    return str_starts(path, STR("AC3/")) || str_starts(path, STR("AC5/"));
}

static void on_request(struct http_exchange *x, void *arg)
{
    const struct http_header patience = {STR("Retry-After"), STR("7")};
    struct rig *r = arg;
    struct str path = http_request_of(x)->path;

    atomic_fetch_add(&r->n_requests, 1);
    if (!cut_lit(&path, STR("/2010-04-01/Accounts/")))
        atomic_fetch_add(&r->n_foreign, 1);
    for (size_t i = 0; i < LEN(answers); i++)
        if (str_eq(path, answers[i].path)) {
            http_answer_from(x, &(struct http_answer){.status = answers[i].status,
                                                      .body = answers[i].body,
                                                      .headers = &patience,
                                                      .n_headers = answers[i].status == 429});
            return;
        }
    http_answer(x, &(struct http_answer){.status = is_refused(path) ? 401 : 404});
}

static void add_account(struct rig *r, struct account_book *book, int64_t project, const char *name)
{
    const uint16_t port = http_server_port(r->server);

    account_book_add_account(book, &(struct book_account){
                                       .project = project,
                                       .provider = STR("twilio"),
                                       .account = str_from(name),
                                       .base_url = str_fmt(r->a, "http://127.0.0.1:%u", port),
                                       .secrets = {secret_create(STR("token"))},
                                   });
}

static struct account_book *only_refused(struct rig *r)
{
    struct account_book *book = account_book_create();

    assert_ok(account_book_add_project(book, &(struct book_project){.project = 3}, &r->e), &r->e);
    add_account(r, book, 3, "AC3");
    add_account(r, book, 3, "AC5");
    return book;
}

static struct call_sources *open_sources(struct rig *r, int64_t per_second)
{
    const struct call_sources_options o = {.accounts = r->shelf,
                                           .clock = &clock_system,
                                           .requests_per_second = per_second,
                                           .places = r->places};
    struct call_sources *cs;

    assert_ok(call_sources_open(&o, &cs, &r->e), &r->e);
    return cs;
}

/* Project 1 has two accounts, project 2 none; of those of project 3 one is not refused. */
static int begin(void **state)
{
    static const struct {
        int64_t project;
        const char *name;
    } accounts[] = {{1, "AC1"}, {1, "AC2"}, {3, "AC3"}, {3, "AC4"}, {3, "AC5"}};
    struct arena *a = arena_create(0);
    struct rig *r = arena_new(a, struct rig, 1);

    r->a = a;
    assert_ok(loop_start("origin", &r->loop, &r->e), &r->e);
    const struct http_server_options options = {.address = STR("127.0.0.1"),
                                                .loops = &r->loop,
                                                .n_loops = 1,
                                                .on_request = on_request,
                                                .arg = r};
    assert_ok(http_server_start(&options, &r->server, &r->e), &r->e);
    r->shelf = account_shelf_create();
    struct account_book *book = account_book_create();
    for (int64_t project = 1; project <= 3; project++)
        assert_ok(account_book_add_project(book, &(struct book_project){.project = project}, &r->e),
                  &r->e);
    for (size_t i = 0; i < LEN(accounts); i++)
        add_account(r, book, accounts[i].project, accounts[i].name);
    account_shelf_put(r->shelf, book);
    r->places = places_create(2, 1);
    r->sources = open_sources(r, 1000);
    *state = r;
    return 0;
}

static int end(void **state)
{
    struct rig *r = *state;
    struct arena *a = r->a;

    call_sources_close(r->sources);
    places_destroy(r->places);
    if (r->server)
        http_server_stop(r->server);
    loop_stop(r->loop);
    account_shelf_destroy(r->shelf);
    arena_destroy(a);
    return 0;
}

static struct reconcile_source source_of(struct rig *r, int64_t project, struct arena *a)
{
    struct reconcile_source s;

    assert_true(call_sources_of(r->sources, project, NULL, a, &s));
    return s;
}

static struct reconcile_source source(struct rig *r, struct arena *a)
{
    return source_of(r, 1, a);
}

// --- one by one ----------------------------------------------------------------------------------

static void each_call_has_its_own_answer(void **state)
{
    static const struct {
        struct str sid;
        enum reconcile_answer answer;
    } rows[] = {
        {STR("CA1"), RECONCILE_FOUND},   {STR("CA2"), RECONCILE_FOUND},
        {STR("CA9"), RECONCILE_ABSENT},  {STR("../x"), RECONCILE_ABSENT},
        {STR("CA500"), RECONCILE_LATER}, {STR("CAodd"), RECONCILE_LATER},
        {STR("CA401"), RECONCILE_LATER},
    };
    struct rig *r = *state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct reconcile_source s = source(r, a);
    struct reconcile_found found[LEN(rows)];
    struct str sids[LEN(rows)];

    for (size_t i = 0; i < LEN(rows); i++)
        sids[i] = rows[i].sid;
    assert_ok(s.get(&s, sids, LEN(rows), a, found, &r->e), &r->e);
    for (size_t i = 0; i < LEN(rows); i++)
        assert_row(found[i].answer == rows[i].answer, str_z(rows[i].sid, a));
    assert_str(found[0].change.status, "ringing");
    assert_str(found[1].change.status, "busy"); // the other account's
    assert_int_equal(s.requests, 6 + 2);        // to AC1; then to AC2 what AC1 does not have
    assert_int_equal(atomic_load(&r->n_requests), s.requests);
    assert_int_equal(atomic_load(&r->n_foreign), 0);
    assert_str(s.provider, "twilio");
}

static void refused_accounts_are_an_error(void **state)
{
    struct rig *r = *state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct reconcile_source s = source(r, a);
    struct reconcile_found found;

    assert_refused(s.get(&s, (struct str[]){STR("CA401")}, 1, a, &found, &r->e), &r->e,
                   ERR_INTEGRATION_AUTH);
}

/* What the one that answers does not have may be the refused one's. */
static void a_refused_account_is_passed_over(void **state)
{
    struct rig *r = *state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct reconcile_source s = source_of(r, 3, a);
    struct reconcile_found found[2];

    assert_ok(s.get(&s, (struct str[]){STR("CA4"), STR("CA9")}, 2, a, found, &r->e), &r->e);
    assert_int_equal(found[0].answer, RECONCILE_FOUND);
    assert_int_equal(found[1].answer, RECONCILE_LATER);
    assert_int_equal(s.refused, 2);
    assert_int_equal(s.requests, 2 + 2 + 1);
}

static void a_list_passes_over_refused_accounts(void **state)
{
    struct rig *r = *state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct reconcile_source s = source_of(r, 3, a);
    struct reconcile_query q = {.from = TIME_NONE, .to = TIME_NONE, .page_size = 50};
    struct reconcile_page page;

    assert_ok(s.list(&s, &q, a, &page, &r->e), &r->e);
    assert_int_equal(page.n, 1);
    assert_str(page.found[0].change.call_sid, "CA4");
    assert_int_equal(s.refused, 1);
    q.cursor = page.next;
    assert_ok(s.list(&s, &q, a, &page, &r->e), &r->e);
    assert_int_equal(page.n, 0);
    assert_true(str_is_none(page.next));
    assert_int_equal(s.refused, 2);
    q.cursor = STR_NONE;
    account_shelf_put(r->shelf, only_refused(r));
    s = source_of(r, 3, a);
    assert_refused(s.list(&s, &q, a, &page, &r->e), &r->e, ERR_INTEGRATION_AUTH);
}

static void troubles_of_theirs_are_no_answer(void **state)
{
    struct rig *r = *state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct reconcile_source s = source(r, a);
    struct reconcile_found found[2];

    assert_refused(s.get(&s, (struct str[]){STR("CA500"), STR("CA500")}, 2, a, found, &r->e), &r->e,
                   ERR_UNAVAILABLE);
}

static void a_provider_that_is_not_there_is_an_error(void **state)
{
    struct rig *r = *state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct reconcile_source s = source(r, a);
    struct reconcile_found found[2];
    const struct reconcile_query q = {.from = TIME_NONE, .to = TIME_NONE, .page_size = 50};
    struct reconcile_page page;

    http_server_stop(r->server);
    assert_refused(s.get(&s, (struct str[]){STR("CA1"), STR("CA2")}, 2, a, found, &r->e), &r->e,
                   ERR_UNAVAILABLE);
    err_clear(&r->e);
    assert_refused(s.list(&s, &q, a, &page, &r->e), &r->e, ERR_UNAVAILABLE);
    r->server = NULL;
}

// --- what is heard of accounts -------------------------------------------------------------------

static const struct heard *heard_of(const struct reconcile_source *s, const char *account)
{
    const struct heard_all all = call_sources_heard(s);

    for (size_t i = 0; i < all.n; i++)
        if (str_eq(all.p[i].account, str_from(account)))
            return &all.p[i];
    fail_msg("%s is not among them", account);
    return NULL;
}

static void expect_heard(const struct reconcile_source *s, const char *account, bool anything,
                         enum err_code code)
{
    const struct heard *h = heard_of(s, account);

    assert_str(h->provider, "twilio");
    assert_int_equal(h->anything, anything);
    assert_int_equal(h->code, code);
}

static void of_each_account_the_last_word_is_kept(void **state)
{
    struct rig *r = *state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct reconcile_source s = source_of(r, 3, a);
    struct reconcile_found found[2];

    expect_heard(&s, "AC3", false, ERR_NONE);
    assert_ok(s.get(&s, (struct str[]){STR("CA9")}, 1, a, found, &r->e), &r->e);
    expect_heard(&s, "AC3", true, ERR_INTEGRATION_AUTH);
    expect_heard(&s, "AC4", true, ERR_NONE); // it knows no such call, and says so
    expect_heard(&s, "AC5", true, ERR_INTEGRATION_AUTH);
    s = source(r, a);
    assert_ok(s.get(&s, (struct str[]){STR("CA401"), STR("CA1")}, 2, a, found, &r->e), &r->e);
    expect_heard(&s, "AC1", true, ERR_NONE); // one of its answers was one
    s = source(r, a);
    assert_refused(s.get(&s, (struct str[]){STR("CA401")}, 1, a, found, &r->e), &r->e,
                   ERR_INTEGRATION_AUTH);
    expect_heard(&s, "AC1", true, ERR_INTEGRATION_AUTH);
    expect_heard(&s, "AC2", false, ERR_NONE); // one call of it is forbidden
    err_clear(&r->e);
    s = source(r, a);
    assert_refused(s.get(&s, (struct str[]){STR("CA500")}, 1, a, found, &r->e), &r->e,
                   ERR_UNAVAILABLE);
    expect_heard(&s, "AC1", false, ERR_NONE);
    expect_heard(&s, "AC2", false, ERR_NONE);
}

static void a_list_is_heard_as_well(void **state)
{
    struct rig *r = *state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct reconcile_source s = source_of(r, 3, a);
    const struct reconcile_query q = {.from = TIME_NONE, .to = TIME_NONE, .page_size = 50};
    struct reconcile_page page;

    assert_ok(s.list(&s, &q, a, &page, &r->e), &r->e);
    expect_heard(&s, "AC3", true, ERR_INTEGRATION_AUTH);
    expect_heard(&s, "AC4", true, ERR_NONE);
    expect_heard(&s, "AC5", false, ERR_NONE);
}

// --- patience ------------------------------------------------------------------------------------

static void who_is_told_to_wait_does_not_ask(void **state)
{
    struct rig *r = *state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct reconcile_source s = source(r, a), other = source(r, a);
    struct reconcile_found found[2];

    // One of two: what was answered counts, the other one waits.
    assert_ok(s.get(&s, (struct str[]){STR("CA1"), STR("CA429")}, 2, a, found, &r->e), &r->e);
    assert_int_equal(found[0].answer, RECONCILE_FOUND);
    assert_int_equal(found[1].answer, RECONCILE_LATER);
    assert_true(s.retry_after >= SECONDS(PATIENCE_S) && s.retry_after <= SECONDS(2 * PATIENCE_S));

    const int before = atomic_load(&r->n_requests);
    assert_refused(other.get(&other, (struct str[]){STR("CA1")}, 1, a, found, &r->e), &r->e,
                   ERR_UNAVAILABLE);
    assert_true(other.retry_after > 0);
    assert_int_equal(atomic_load(&r->n_requests), before);
    assert_int_equal(other.requests, 0);
}

/* One whose name falls beside AC1's in a small table. */
static const char *neighbour(struct arena *a)
{
    const uint64_t ours = str_hash(STR("AC1")) % 512;

    for (unsigned i = 10;; i++) {
        const struct str name = str_fmt(a, "AC%u", i);
        if (str_hash(name) % 512 == ours)
            return str_z(name, a);
    }
}

static void who_is_told_to_wait_holds_up_nobody_else(void **state)
{
    struct rig *r = *state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct account_book *book = account_book_create();
    struct reconcile_source s = source(r, a), other;
    struct reconcile_found found;

    assert_ok(account_book_add_project(book, &(struct book_project){.project = 2}, &r->e), &r->e);
    add_account(r, book, 2, neighbour(a));
    account_shelf_put(r->shelf, book);
    other = source_of(r, 2, a);
    assert_refused(s.get(&s, (struct str[]){STR("CA429")}, 1, a, &found, &r->e), &r->e,
                   ERR_UNAVAILABLE);
    err_clear(&r->e);
    assert_ok(other.get(&other, (struct str[]){STR("CA1")}, 1, a, &found, &r->e), &r->e);
    assert_int_equal(other.requests, 1);
}

static void the_budget_is_kept_by_all_who_ask(void **state)
{
    enum { MANY = 20 };

    struct rig *r = *state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct call_sources *slow = open_sources(r, 1);
    struct reconcile_source s, other;
    struct reconcile_found found[MANY];
    struct str sids[MANY];

    for (size_t i = 0; i < MANY; i++)
        sids[i] = STR("CA1");
    assert_true(call_sources_of(slow, 1, NULL, a, &s));
    assert_true(call_sources_of(slow, 1, NULL, a, &other));
    assert_ok(s.get(&s, sids, MANY, a, found, &r->e), &r->e); // ahead of its time
    assert_refused(other.get(&other, sids, 1, a, found, &r->e), &r->e, ERR_UNAVAILABLE);
    assert_true(other.retry_after > SECONDS(10) && other.retry_after <= SECONDS(MANY));
    assert_int_equal(atomic_load(&r->n_requests), MANY);
    call_sources_close(slow);
}

/* Project 1 may ask once a second, the others as often as they are let. */
static void slow_down(struct rig *r)
{
    struct account_book *book = account_book_create();

    for (int64_t project = 1; project <= 2; project++)
        assert_ok(account_book_add_project(
                      book,
                      &(struct book_project){
                          .project = project,
                          .quotas = {{[QUOTA_PROVIDER_REQUESTS] = project == 1 ? 1 : 1000}},
                      },
                      &r->e),
                  &r->e);
    add_account(r, book, 1, "AC1");
    add_account(r, book, 1, "AC2");
    add_account(r, book, 2, "AC4");
    account_shelf_put(r->shelf, book);
}

static void one_project_takes_nothing_of_anothers_budget(void **state)
{
    enum { MANY = 20 };

    struct rig *r = *state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct reconcile_source huge, small;
    struct reconcile_found found[MANY];
    struct str sids[MANY];

    slow_down(r);
    for (size_t i = 0; i < MANY; i++)
        sids[i] = STR("CA4");
    huge = source_of(r, 1, a);
    small = source_of(r, 2, a);
    // None of its accounts has them: the first is asked, and then its budget is spent for both.
    assert_refused(huge.get(&huge, sids, MANY, a, found, &r->e), &r->e, ERR_UNAVAILABLE);
    assert_int_equal(atomic_load(&r->n_requests), MANY);
    err_clear(&r->e);
    assert_ok(small.get(&small, sids, MANY, a, found, &r->e), &r->e);
    assert_int_equal(small.retry_after, 0);
    assert_int_equal(found[0].answer, RECONCILE_FOUND);
    assert_int_equal(atomic_load(&r->n_requests), 2 * MANY);
}

static void nodes_share_a_budget(void **state)
{
    struct rig *r = *state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct call_sources *slow = open_sources(r, 12);
    struct reconcile_source s;
    static const struct {
        int64_t n_nodes;
        size_t at_once;
    } rows[] = {{1, 12}, {2, 6}, {5, 2}, {20, 1}, {1, 12}};

    for (size_t i = 0; i < LEN(rows); i++) {
        call_sources_share(slow, rows[i].n_nodes);
        assert_true(call_sources_of(slow, 1, NULL, a, &s));
        assert_int_equal(s.at_once, rows[i].at_once);
    }
    call_sources_close(slow);
}

static void the_largest_budget_is_one(void **state)
{
    struct rig *r = *state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct call_sources *fast = open_sources(r, QUOTA_MOST);
    struct reconcile_source s;

    assert_true(call_sources_of(fast, 1, NULL, a, &s));
    assert_int_equal(s.at_once, SECONDS(1));
    call_sources_close(fast);
}

/* With few requests per second: a run that asks for no more at once than it is told gets on. */
static void who_asks_for_what_a_second_has_room_for_is_not_sent_away(void **state)
{
    enum { PER_SECOND = 3 };

    struct rig *r = *state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct call_sources *slow = open_sources(r, PER_SECOND);
    const struct str sids[PER_SECOND] = {STR("CA1"), STR("CA1"), STR("CA1")};
    struct reconcile_found found[PER_SECOND];
    struct reconcile_source s;

    assert_true(call_sources_of(slow, 1, NULL, a, &s));
    assert_int_equal(s.at_once, PER_SECOND);
    for (int i = 0; i < 3; i++)
        assert_ok(s.get(&s, sids, s.at_once, a, found, &r->e), &r->e);
    call_sources_close(slow);
}

static void nothing_is_asked_any_more_once_it_has_ended(void **state)
{
    struct rig *r = *state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct reconcile_source s = source(r, a);
    struct reconcile_found found;

    call_sources_stop(r->sources);
    assert_refused(s.get(&s, (struct str[]){STR("CA1")}, 1, a, &found, &r->e), &r->e,
                   ERR_UNAVAILABLE);
}

// --- lists ---------------------------------------------------------------------------------------

static void the_accounts_of_a_project_are_one_list(void **state)
{
    static const char *const expected[] = {"CA1", "CA3", "CA2"};
    struct rig *r = *state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct reconcile_source s = source(r, a);
    struct reconcile_query q = {.from = TIME_NONE, .to = TIME_NONE, .page_size = 50};
    struct reconcile_page page;

    for (size_t i = 0; i < LEN(expected); i++) {
        assert_ok(s.list(&s, &q, a, &page, &r->e), &r->e);
        assert_int_equal(page.n, 1);
        assert_str(page.found[0].change.call_sid, expected[i]);
        assert_int_equal(str_is_none(page.next), i + 1 == LEN(expected));
        q.cursor = page.next;
    }
    q.cursor = STR("AC7");
    assert_refused(s.list(&s, &q, a, &page, &r->e), &r->e, ERR_UPSTREAM);
    assert_int_equal(s.requests, LEN(expected));
}

static void nobody_asks_with_the_account_of_another_project(void **state)
{
    struct rig *r = *state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct reconcile_source s;

    assert_false(call_sources_of(r->sources, 2, NULL, a, &s));
    assert_false(call_sources_of(r->sources, 4, NULL, a, &s));
}

static void no_project_takes_all_places(void **state)
{
    struct rig *r = *state;

    assert_ok(call_sources_enter(r->sources, 1, &r->e), &r->e);
    assert_refused(call_sources_enter(r->sources, 1, &r->e), &r->e, ERR_UNAVAILABLE);
    assert_ok(call_sources_enter(r->sources, 2, &r->e), &r->e);
    call_sources_leave(r->sources, 1);
    call_sources_leave(r->sources, 2);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

TEST_MAIN(CASE(of_each_account_the_last_word_is_kept), CASE(a_list_is_heard_as_well),
          CASE(each_call_has_its_own_answer), CASE(refused_accounts_are_an_error),
          CASE(a_refused_account_is_passed_over), CASE(a_list_passes_over_refused_accounts),
          CASE(troubles_of_theirs_are_no_answer), CASE(a_provider_that_is_not_there_is_an_error),
          CASE(who_is_told_to_wait_does_not_ask), CASE(who_is_told_to_wait_holds_up_nobody_else),
          CASE(the_budget_is_kept_by_all_who_ask),
          CASE(one_project_takes_nothing_of_anothers_budget), CASE(nodes_share_a_budget),
          CASE(the_largest_budget_is_one),
          CASE(who_asks_for_what_a_second_has_room_for_is_not_sent_away),
          CASE(nothing_is_asked_any_more_once_it_has_ended),
          CASE(the_accounts_of_a_project_are_one_list),
          CASE(nobody_asks_with_the_account_of_another_project), CASE(no_project_takes_all_places))
