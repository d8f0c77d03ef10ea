/* The hub when something fails, disappears or is away: who watches is told, or misses nothing. */
#include "feed/viewer_kit.h"

#include <sched.h>

#include "base/fault.h"

static void a_hub_without_a_thread_does_not_start(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    struct hub *hub = NULL;
    struct err e = {0};

    (void)state;
    fault_arm("thread.start", 1, false);
    assert_refused(hub_start(&r->options, &hub, &e), &e, ERR_UNAVAILABLE);
    fault_disarm();
    assert_null(hub);
}

static const char *from(int64_t seq, struct arena *a)
{
    return str_z(str_fmt(a, "?last_seq=%lld", (long long)seq), a);
}

struct outage {
    const char *point; /* NULL: any */
    uint64_t nth, length;
};

/* Events while the hub's thread, which alone asks the store then, is failed. Whether it was. */
static bool watch_in_spite(struct rig *r, const struct outage *o)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const int64_t first = append(r, 3) - 2;
    struct viewer early, late;

    watch(r, &early, from(first - 1, a));
    expect_seqs(&early, first, first + 2);
    const int64_t last = append(r, 2 * RING); // late is fed from the store, by pages
    fault_arm_outage(o->point, o->nth, o->length);
    if (o->nth % 2)
        hub_announce(r->hub, r->project, last); // else it is found by asking
    expect_seqs(&early, first + 3, last);
    const bool struck = fault_struck();
    fault_disarm();
    watch(r, &late, from(first, a));
    expect_seqs(&late, first + 1, last);
    leave(&early);
    leave(&late);
    return struck;
}

/* The store fails anywhere, once and for a while: who watches misses nothing all the same. */
static void no_fault_of_the_store_makes_a_gap(void **state)
{
    static const struct {
        const char *point;
        uint64_t length;
    } rows[] = {{"store.query", 1}, {"store.query", 8}, {"store.step", 1},
                {"store.step", 2},  {"feed.read", 1},   {"feed.read", 8}};
    const struct hub_options options = {
        .ring = RING, .keepalive = SECONDS(3600), .poll = MILLISECONDS(20)};

    (void)state;
    for (int engine = STORE_SQLITE; engine <= STORE_POSTGRES; engine++) {
        _cleanup_(rig_downp) struct rig *r = rig_up_on((enum store_engine)engine, options);
        if (!r)
            break;
        FOR_EACH_ROW (row, rows) {
            struct outage o = {row->point, 1, row->length};
            while (watch_in_spite(r, &o))
                o.nth++;
        }
    }
}

/* The forms that a fault has here: once, and for a while. */
static const uint64_t lengths[] = {1, 8};

/* Opening the feed fails at the n-th question to the store; whether it was asked that often. */
static bool open_in_spite(struct rig *r, uint64_t nth, uint64_t length)
{
    struct viewer v;

    fault_arm_outage("store.query", nth, length);
    dial(r, &v, "?last_seq=0", 0);
    const bool refused = str_starts(head(&v), STR("HTTP/1.1 503 "));
    const bool struck = fault_struck();
    fault_disarm();
    leave(&v);
    assert_true(refused == struck);
    return struck;
}

static void a_feed_that_cannot_be_opened_is_refused_and_opened_later(void **state)
{
    const struct hub_options options = {
        .ring = RING, .keepalive = SECONDS(3600), .poll = SECONDS(3600)};

    (void)state;
    for (int engine = STORE_SQLITE; engine <= STORE_POSTGRES; engine++)
        FOR_EACH_ROW (length, lengths) {
            _cleanup_(rig_downp) struct rig *r = rig_up_on((enum store_engine)engine, options);
            uint64_t nth = 1;
            struct viewer v;

            if (!r)
                return;
            append(r, 3);
            while (open_in_spite(r, nth, *length))
                nth++;
            assert_int_equal(nth, 4); // its head, the head of a page, the page
            watch(r, &v, "?last_seq=0");
            expect_seqs(&v, 1, 3);
            leave(&v);
        }
}

/* Whose hub asks the store of its own accord, and often. */
static struct rig *rig_up_polling(void)
{
    return rig_up_with(
        (struct hub_options){.ring = RING, .keepalive = SECONDS(3600), .poll = MILLISECONDS(5)});
}

static void a_poll_that_fails_is_made_again(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up_polling();
    struct viewer v;

    (void)state;
    watch(r, &v, "");
    fault_arm("store.query", 1, false); // the hub's thread alone asks the store now
    while (!fault_struck())
        (void)sched_yield();
    fault_disarm();
    append(r, 2);
    expect_seqs(&v, 1, 2);
    leave(&v);
}

static usec_t lag_of(const struct rig *r)
{
    struct hub_stats stats;

    hub_stats(r->hub, &stats);
    return stats.lag;
}

static void what_cannot_be_published_is_behind_until_it_is(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up_polling();
    struct viewer v;

    (void)state;
    watch(r, &v, "");
    const int64_t last = append(r, 2);
    fault_arm("store.query", 1, true);
    hub_announce(r->hub, r->project, last);
    while (lag_of(r) < MILLISECONDS(50)) // ten polls that come to nothing
        (void)sched_yield();
    fault_disarm();
    expect_seqs(&v, 1, 2);
    while (lag_of(r) > 0)
        (void)sched_yield();
    leave(&v);
}

/* A client comes while writing fails, until its stream is closed. */
static void write_in_vain(struct rig *r, const char *query, uint64_t nth, uint64_t length)
{
    struct viewer v;

    fault_arm_outage("http.stream.write", nth, length);
    dial(r, &v, query, 0);
    while (!fault_struck() && receive(&v))
        publish(r, 1);
    while (receive(&v)) // to its end
        continue;
    fault_disarm();
    leave(&v);
}

static void write_all_in_vain(struct rig *r, const char *query)
{
    FOR_EACH_ROW (length, lengths)
        for (uint64_t nth = 1; nth <= 4; nth++)
            write_in_vain(r, query, nth, *length);
}

/* Every write of a stream fails, once or for a while: its client comes again and misses nothing. */
static void a_socket_that_fails_is_closed_and_its_client_resumes(void **state)
{
    static const char *const queries[] = {"?last_seq=2", "?last_seq=990", "?last_seq=999999"};
    const struct hub_options options = {
        .ring = RING, .keepalive = SECONDS(3600), .poll = SECONDS(3600)};

    (void)state;
    for (int engine = STORE_SQLITE; engine <= STORE_POSTGRES; engine++) {
        _cleanup_(rig_downp) struct rig *r = rig_up_on((enum store_engine)engine, options);
        struct viewer v;

        if (!r)
            return;
        append(r, 1000);
        FOR_EACH_ROW (query, queries)
            write_all_in_vain(r, *query);
        watch(r, &v, "?last_seq=2");
        expect_seqs(&v, 3, 1000);
        leave(&v);
    }
}

/* Whether a question of the hub's failed before the last page was read. */
static bool page_in_spite(struct rig *r, uint64_t nth, uint64_t length)
{
    struct viewer v;

    fault_arm_outage("store.query", nth, length);
    watch(r, &v, "?last_seq=2");
    expect_seqs(&v, 3, (int64_t)5 * RING);
    const bool struck = fault_struck();
    fault_disarm();
    leave(&v);
    return struck;
}

static void a_page_that_cannot_be_read_comes_with_the_next_poll(void **state)
{
    const struct hub_options options = {
        .ring = RING, .keepalive = SECONDS(3600), .poll = MILLISECONDS(10)};

    (void)state;
    for (int engine = STORE_SQLITE; engine <= STORE_POSTGRES; engine++) {
        _cleanup_(rig_downp) struct rig *r = rig_up_on((enum store_engine)engine, options);
        struct viewer stays;

        if (!r)
            return;
        append(r, 5 * RING);
        watch(r, &stays, "");
        FOR_EACH_ROW (length, lengths) {
            uint64_t nth = 1;
            while (page_in_spite(r, nth, *length))
                nth++;
            assert_true(nth > 4);
        }
        leave(&stays);
    }
}

static void who_reads_pages_of_another_history_is_told(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    struct viewer stays, v;

    (void)state;
    append(r, 5 * RING);
    watch(r, &stays, "");
    sql(r, "UPDATE feed_heads SET epoch = 'restored'"); // and nobody has told the hub
    const uint64_t reads = stats(r).store_reads;
    watch(r, &v, "?last_seq=2");
    while (stats(r).store_reads == reads) // its page was read, and is of no use
        (void)sched_yield();
    publish(r, 1);
    expect_text(&stays, "resync", "\"reason\":\"epoch_changed\",\"epoch\":\"restored\"");
    expect_text(&v, "resync", "\"reason\":\"epoch_changed\",\"epoch\":\"restored\"");
    publish(r, 1);
    expect_seqs(&v, 5 * RING + 2, 5 * RING + 2);
    leave(&v);
    leave(&stays);
}

static void what_retention_took_is_told_to_those_who_watch(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    struct viewer v, late;

    (void)state;
    append(r, 20);
    sql(r, "DELETE FROM feed_events WHERE seq <= 15");
    watch(r, &v, "?last_seq=15");
    expect_seqs(&v, 16, 20);
    append(r, 10);
    sql(r, "DELETE FROM feed_events WHERE seq <= 28");
    publish(r, 1);
    expect_text(&v, "resync", "\"reason\":\"too_old\",");
    publish(r, 1);
    expect_seqs(&v, 32, 32);
    watch(r, &late, "?last_seq=28");
    expect_seqs(&late, 29, 32);
    leave(&late);
    leave(&v);
}

static void news_of_nothing_or_of_nobody_is_no_news(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    struct viewer v;

    (void)state;
    hub_announce(r->hub, r->project, 5); // nobody watches
    hub_announce(r->hub, 4711, 5);
    watch(r, &v, "");
    const uint64_t reads = stats(r).store_reads;
    hub_announce(r->hub, r->project, 9); // a node that is ahead of what this one can read
    while (stats(r).store_reads == reads)
        (void)sched_yield();
    publish(r, 2);
    expect_seqs(&v, 1, 2);
    leave(&v);
}

static void a_new_history_may_begin_before_the_first_event(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    struct viewer v;

    (void)state;
    watch(r, &v, "");
    sql(r, "UPDATE feed_heads SET epoch = 'restored'");
    publish(r, 1);
    expect_text(&v, "resync", "\"reason\":\"epoch_changed\",\"epoch\":\"restored\"");
    publish(r, 1);
    expect_seqs(&v, 2, 2);
    leave(&v);
}

/* Pages of events that are not shown bring a client forward all the same. */
static void a_long_absence_may_hold_nothing_to_show(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    struct viewer stays, v;

    (void)state;
    append_as(r, 3000, STR("transcript.delta"), STR("{}"));
    append(r, 1);
    append_as(r, 2 * RING, STR("transcript.delta"), STR("{}"));
    watch(r, &stays, "");
    watch(r, &v, "?last_seq=0");
    expect_seqs(&v, 3001, 3001);
    const int64_t last = publish(r, 1);
    expect_seqs(&v, last, last);
    leave(&v);
    leave(&stays);
}

/* Large frames come in parts: the ring keeps what it may, and who is abreast misses none. */
static void large_frames_are_published_in_parts(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    enum { LARGE = 400 * 1024, FRAMES = 30 };
    char *text = arena_alloc(r->a, LARGE);
    struct viewer v;

    (void)state;
    memset(text, 'x', LARGE);
    watch(r, &v, "");
    for (int i = 0; i < FRAMES / 3; i++) {
        const int64_t last = append_as(r, 3, STR("call.state_changed"),
                                       str_fmt(r->a, "{\"call\":{\"a\":\"%.*s\"}}", LARGE, text));
        hub_announce(r->hub, r->project, last);
        expect_seqs(&v, last - 2, last);
        buf_reset(&v.in);
        v.read = 0;
    }
    leave(&v);
}

/* Projects that share a place in the tables; each is watched, published and given back alone. */
static void two_projects_in_one_place_are_told_apart(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up_with(
        (struct hub_options){.ring = RING, .keepalive = MILLISECONDS(20), .poll = SECONDS(3600)});
    const usec_t deadline = clock_monotonic(&clock_system) + SECONDS(60);
    enum { EACH = 6 }; // so that each loop has some of each
    struct viewer v[3][EACH], again;
    struct event event;
    struct err e = {0};

    (void)state;
    sql(r, "INSERT INTO projects (id, org_id, name) SELECT id + 256, org_id, 'b' FROM projects;"
           "INSERT INTO projects (id, org_id, name) SELECT id + 256, org_id, 'c' FROM projects "
           "WHERE name = 'b';"
           "INSERT INTO feed_heads (project_id, epoch) SELECT p.id, h.epoch FROM projects p, "
           "feed_heads h WHERE p.name IN ('b', 'c')");
    const int64_t projects[] = {r->project, r->project + 256, r->project + 512};
    struct feed_item items[6];
    for (size_t i = 0; i < LEN(items); i++)
        items[i] = (struct feed_item){.project = projects[2 - i % 3], // the highest first
                                      .type = STR("call.state_changed"),
                                      .ts = SECONDS(1800000000),
                                      .entity_type = STR("call"),
                                      .entity_id = STR("CA1"),
                                      .payload = str_from(call_json)};
    for (size_t i = 0; i < LEN(v); i++)
        for (size_t k = 0; k < EACH; k++)
            watch(r, &v[i][k], str_fmt(r->a, "?project=%lld", (long long)projects[i]).p);
    for (size_t i = 0; i < LEN(v); i++)
        assert_int_equal(hub_clients(r->hub, projects[i]), EACH);
    assert_ok(db_begin(r->db, &e), &e);
    assert_ok(feed_append(r->db, items, LEN(items), SECONDS(1800000000), r->a, &e), &e);
    assert_ok(db_commit(r->db, &e), &e);
    for (size_t i = 0; i < LEN(v); i++) {
        hub_announce(r->hub, projects[i], 2);
        next_but(&v[i][0], "keepalive", &event);
        assert_str(event.id, "1");
        next_but(&v[i][0], "keepalive", &event);
        assert_str(event.id, "2");
    }
    for (size_t i = 0; i < LEN(v); i += 2)
        for (size_t k = 0; k < EACH; k++)
            leave(&v[i][k]);
    // Until both were given back, and are read from the store again.
    for (size_t i = 0; i < LEN(v); i += 2)
        for (uint64_t reads = stats(r).store_reads; stats(r).store_reads == reads;) {
            assert_true(clock_monotonic(&clock_system) < deadline);
            for (int rounds = 0; rounds < 4; rounds++)
                expect(&v[1][0], "keepalive", &event);
            watch(r, &again, str_fmt(r->a, "?project=%lld", (long long)projects[i]).p);
            leave(&again);
        }
    for (size_t k = 0; k < EACH; k++)
        leave(&v[1][k]);
}

TEST_MAIN(cmocka_unit_test(a_hub_without_a_thread_does_not_start),
          cmocka_unit_test(no_fault_of_the_store_makes_a_gap),
          cmocka_unit_test(a_feed_that_cannot_be_opened_is_refused_and_opened_later),
          cmocka_unit_test(a_poll_that_fails_is_made_again),
          cmocka_unit_test(what_cannot_be_published_is_behind_until_it_is),
          cmocka_unit_test(a_socket_that_fails_is_closed_and_its_client_resumes),
          cmocka_unit_test(a_page_that_cannot_be_read_comes_with_the_next_poll),
          cmocka_unit_test(who_reads_pages_of_another_history_is_told),
          cmocka_unit_test(what_retention_took_is_told_to_those_who_watch),
          cmocka_unit_test(news_of_nothing_or_of_nobody_is_no_news),
          cmocka_unit_test(a_new_history_may_begin_before_the_first_event),
          cmocka_unit_test(a_long_absence_may_hold_nothing_to_show),
          cmocka_unit_test(large_frames_are_published_in_parts),
          cmocka_unit_test(two_projects_in_one_place_are_told_apart))
