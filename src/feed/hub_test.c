/* The hub behind a real server on real loops: what a watching client is sent, byte by byte. */
#include "feed/viewer_kit.h"

#include <sched.h>

#include "feed/internal.h"

/* A frame is counted when it has been handed to the socket: its reader may know of it before. */
static void wait_events_sent(struct rig *r, size_t n)
{
    const usec_t deadline = clock_monotonic(&clock_system) + SECONDS(20);

    while (stats(r).events_sent < n && clock_monotonic(&clock_system) < deadline)
        sched_yield();
    assert_int_equal(stats(r).events_sent, n);
}

static void a_frame_is_what_the_description_says(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    struct viewer v;
    struct event event;

    (void)state;
    watch(r, &v, "");
    publish(r, 1);
    expect(&v, "call.updated", &event);
    assert_str(event.id, "1");
    struct str rest = event.data, epoch, call;
    assert_true(cut_lit(
        &rest,
        STR("{\"event\":\"call.updated\",\"data\":{\"callSid\":\"CA1\",\"status\":\"ringing\","
            "\"direction\":\"inbound\",\"from\":\"\\\"Ann, {1]\\\\\","
            "\"to\":\"+16175006181\",\"duration\":null,"
            "\"timestamp\":\"2027-01-15T08:00:00Z\",\"displayStatus\":\"in-progress\","
            "\"parentCallSid\":null,\"conversationId\":\"42\",\"isFinal\":false,\"late\":false},"
            "\"seq\":1,\"epoch\":\"")));
    assert_true(cut_until(&rest, '"', &epoch) && epoch.n > 0);
    assert_true(cut_lit(&rest, STR(",\"call\":")));
    call = str_sub(str_from(call_json), 8, rest.n - 1);
    assert_true(str_eq(str_sub(rest, 0, rest.n - 1), call));
    leave(&v);
}

static void everybody_sees_everything_at_once(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    struct viewer v[20];
    int64_t last = 0;

    (void)state;
    for (size_t i = 0; i < LEN(v); i++)
        watch(r, &v[i], "");
    for (size_t i = 1; i <= 50; i++)
        last = publish(r, i % 7);
    for (size_t i = 0; i < LEN(v); i++) {
        expect_seqs(&v[i], 1, last);
        leave(&v[i]);
    }
    wait_events_sent(r, LEN(v) * (size_t)last);
    assert_int_equal(stats(r).last_seq, last);
}

static void who_names_no_point_starts_with_the_next_event(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    struct viewer v;

    (void)state;
    append(r, 5);
    dial(r, &v, "", 0);
    head(&v);
    expect_text(&v, "connected", "\"last_seq\":5,");
    publish(r, 1);
    expect_seqs(&v, 6, 6);
    leave(&v);
}

static void a_short_absence_costs_no_query(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    struct viewer stays, v;

    (void)state;
    watch(r, &stays, "");
    publish(r, RING - 1);
    expect_seqs(&stays, 1, RING - 1);
    for (int i = 0; i < 4; i++) { // each loop opens the project once
        watch(r, &v, "?last_seq=3");
        expect_seqs(&v, 4, RING - 1);
        leave(&v);
    }
    const struct hub_stats before = stats(r);
    watch(r, &v, "?last_seq=0");
    expect_seqs(&v, 1, RING - 1);
    assert_int_equal(stats(r).store_reads, before.store_reads);
    assert_int_equal(stats(r).ring_hits, before.ring_hits + 1);
    leave(&v);
    leave(&stays);
}

static void a_long_absence_is_fed_from_the_store_without_gap(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    struct viewer stays, v[8];
    int64_t last;

    (void)state;
    append(r, 3000);
    watch(r, &stays, "");
    for (size_t i = 0; i < LEN(v); i++)
        watch(r, &v[i], "?last_seq=10");
    // While they catch up, new events arrive.
    for (int i = 0; i < 200; i++)
        last = publish(r, 3);
    for (size_t i = 0; i < LEN(v); i++) {
        expect_seqs(&v[i], 11, last);
        leave(&v[i]);
    }
    expect_seqs(&stays, 3001, last);
    leave(&stays);
    assert_int_equal(stats(r).resyncs, 0);
    assert_int_equal(stats(r).slow_closed, 0);
}

static void a_restart_loses_nothing(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    struct viewer v;
    struct event event;

    (void)state;
    watch(r, &v, "");
    publish(r, 7);
    expect_seqs(&v, 1, 7);
    hub_down(r);
    assert_false(next(&v, &event));
    leave(&v);
    append(r, 5);
    hub_up(r);
    watch(r, &v, "?last_seq=7");
    expect_seqs(&v, 8, 12);
    publish(r, 1);
    expect_seqs(&v, 13, 13);
    leave(&v);
}

static void who_cannot_go_on_is_told_to_load_anew(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    static const struct {
        const char *query, *reason;
    } rows[] = {
        {"?last_seq=2",
         "\"reason\":\"too_old\",\"epoch\":\"E1\",\"first_seq\":201,\"last_seq\":300}"},
        {"?last_seq=999",
         "\"reason\":\"ahead\",\"epoch\":\"E1\",\"first_seq\":201,\"last_seq\":300}"},
        {"?last_seq=299&epoch=E0",
         "\"reason\":\"epoch_changed\",\"epoch\":\"E1\",\"first_seq\":201,\"last_seq\":300}"},
    };
    struct viewer v[LEN(rows)];

    (void)state;
    append(r, 300);
    sql(r, "DELETE FROM feed_events WHERE seq <= 200; UPDATE feed_heads SET epoch = 'E1'");
    for (size_t i = 0; i < LEN(rows); i++) {
        watch(r, &v[i], rows[i].query);
        expect_text(&v[i], "resync", rows[i].reason);
    }
    publish(r, 2);
    for (size_t i = 0; i < LEN(rows); i++) {
        expect_seqs(&v[i], 301, 302);
        leave(&v[i]);
    }
    assert_int_equal(stats(r).resyncs, LEN(rows));
    // The oldest that is kept is a place to start from, and so is the newest.
    watch(r, &v[0], "?last_seq=200&epoch=E1");
    expect_seqs(&v[0], 201, 302);
    watch(r, &v[1], "?last_seq=302");
    publish(r, 1);
    expect_seqs(&v[1], 303, 303);
    leave(&v[0]);
    leave(&v[1]);
}

static void who_has_seen_more_than_the_hub_is_not_sent_it_again(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    struct viewer stays, v;

    (void)state;
    watch(r, &stays, "");
    publish(r, 2);
    expect_seqs(&stays, 1, 2);
    append(r, 5); // committed, read by somebody through the API, and not announced yet
    watch(r, &v, "?last_seq=6");
    expect_seqs(&v, 7, 7);
    publish(r, 1);
    expect_seqs(&v, 8, 8);
    expect_seqs(&stays, 3, 8);
    assert_int_equal(stats(r).resyncs, 0);
    leave(&v);
    leave(&stays);
}

static void another_history_resets_those_who_watch(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up_with((struct hub_options){.poll = MILLISECONDS(5)});
    struct viewer v;

    (void)state;
    append(r, 10);
    watch(r, &v, "");
    sql(r, "UPDATE feed_heads SET epoch = 'restored', last_seq = 4;"
           "DELETE FROM feed_events WHERE seq > 4");
    expect_text(
        &v, "resync",
        "\"reason\":\"epoch_changed\",\"epoch\":\"restored\",\"first_seq\":1,\"last_seq\":4}");
    append(r, 2);
    expect_seqs(&v, 5, 6);
    sql(r, "UPDATE feed_heads SET last_seq = 1; DELETE FROM feed_events WHERE seq > 1");
    expect_text(&v, "resync", "\"reason\":\"ahead\",");
    append(r, 1);
    expect_seqs(&v, 2, 2);
    leave(&v);
}

/* PostgreSQL writes JSON in its own way: other blanks, other order. */
static void every_store_feeds_the_same_stream(void **state)
{
    (void)state;
    for (int engine = STORE_SQLITE; engine <= STORE_POSTGRES; engine++) {
        const struct hub_options options = {.ring = RING, .poll = MILLISECONDS(5)};
        _cleanup_(rig_downp) struct rig *r = rig_up_on((enum store_engine)engine, options);
        struct viewer v, late;
        if (!r)
            continue;
        watch(r, &v, "");
        append(r, 1); // announced by nobody
        expect_text(&v, "call.updated",
                    "{\"event\":\"call.updated\",\"data\":{\"callSid\":\"CA1\",\"status\":"
                    "\"ringing\",\"direction\":\"inbound\",\"from\":\"\\\"Ann, {1]\\\\\","
                    "\"to\":\"+16175006181\",\"duration\":null,"
                    "\"timestamp\":\"2027-01-15T08:00:00Z\",\"displayStatus\":\"in-progress\","
                    "\"parentCallSid\":null,\"conversationId\":\"42\",\"isFinal\":false,"
                    "\"late\":false},"
                    "\"seq\":1,");
        const int64_t last = publish(r, 1000);
        watch(r, &late, "?last_seq=0");
        expect_seqs(&late, 1, last);
        expect_seqs(&v, 2, last);
        leave(&late);
        leave(&v);
    }
}

static void other_nodes_need_not_announce(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up_with((struct hub_options){.poll = MILLISECONDS(5)});
    struct viewer v;

    (void)state;
    watch(r, &v, "");
    append(r, 4);
    expect_seqs(&v, 1, 4);
    leave(&v);
}

static void what_the_stream_does_not_show_leaves_no_gap(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    struct viewer v, later;

    (void)state;
    watch(r, &v, "");
    publish(r, 1);
    hub_announce(r->hub, r->project, append_as(r, 3, STR("tool.called"), STR("{}")));
    hub_announce(r->hub, r->project, append_as(r, 1, STR("call.ended"), STR("{\"call\":7}")));
    publish(r, 1);
    expect_seqs(&v, 1, 1);
    expect_seqs(&v, 6, 6);
    watch(r, &later, "?last_seq=3");
    expect_seqs(&later, 6, 6);
    leave(&later);
    leave(&v);
}

static void it_says_that_it_is_alive(void **state)
{
    _cleanup_(rig_downp) struct rig *r =
        rig_up_with((struct hub_options){.keepalive = MILLISECONDS(16)});
    struct viewer v;

    (void)state;
    watch(r, &v, "");
    expect_text(&v, "keepalive", "{\"event\":\"keepalive\",\"data\":{\"server_time\":\"");
    expect_text(&v, "keepalive", "server_time");
    leave(&v);
}

static void a_project_without_a_feed_is_refused(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    struct viewer v;

    (void)state;
    dial(r, &v, "?project=77", 0);
    assert_true(str_starts(head(&v), STR("HTTP/1.1 404 ")));
    leave(&v);
}

/* A node announces a part of what another has committed, and says no more. */
static void what_stands_behind_an_announcement_comes_with_it(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    struct viewer v;

    (void)state;
    watch(r, &v, "");
    append(r, 5 * RING);
    hub_announce(r->hub, r->project, 2);
    expect_seqs(&v, 1, 5 * RING);
    leave(&v);
}

static void what_the_stream_does_not_show_hides_no_keepalive(void **state)
{
    _cleanup_(rig_downp) struct rig *r =
        rig_up_with((struct hub_options){.keepalive = MILLISECONDS(16)});
    struct viewer v;

    (void)state;
    watch(r, &v, "");
    hub_announce(r->hub, r->project, append_as(r, 3, STR("tool.called"), STR("{}")));
    while (stats(r).last_seq < 3)
        (void)sched_yield();
    for (int i = 0; i < 3; i++)
        expect_text(&v, "keepalive", "server_time");
    leave(&v);
}

/* The hub's thread has gone already: who comes is sent away, who lags behind gets no page. */
static void who_comes_while_it_ends_is_refused(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up_with((struct hub_options){
        .n_loops = 1, .ring = RING, .keepalive = SECONDS(3600), .poll = SECONDS(3600)});
    struct viewer stays, late, v;
    struct event event;

    (void)state;
    append(r, 5 * RING);
    watch(r, &stays, "");
    mailbox_close(r->hub->mail);
    watch(r, &late, "?last_seq=2");
    dial(r, &v, "?view=1", 0);
    assert_true(str_starts(head(&v), STR("HTTP/1.1 503 ")));
    leave(&v);
    loop_call_wait(r->loops[0], station_close, &r->hub->stations[0]);
    dial(r, &v, "", 0);
    assert_true(str_starts(head(&v), STR("HTTP/1.1 503 ")));
    leave(&v);
    assert_false(next(&late, &event));
    leave(&late);
    leave(&stays);
}

static void ending_ends_every_stream(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    struct viewer v[30];
    struct event event;

    (void)state;
    append(r, 1000);
    for (size_t i = 0; i < LEN(v); i++)
        watch(r, &v[i], i % 2 ? "" : "?last_seq=1");
    rig_down(TAKE(r));
    for (size_t i = 0; i < LEN(v); i++) {
        while (next(&v[i], &event))
            assert_str(event.name, "call.updated");
        leave(&v[i]);
    }
}

TEST_MAIN(cmocka_unit_test(a_frame_is_what_the_description_says),
          cmocka_unit_test(everybody_sees_everything_at_once),
          cmocka_unit_test(who_names_no_point_starts_with_the_next_event),
          cmocka_unit_test(a_short_absence_costs_no_query),
          cmocka_unit_test(a_long_absence_is_fed_from_the_store_without_gap),
          cmocka_unit_test(a_restart_loses_nothing),
          cmocka_unit_test(who_cannot_go_on_is_told_to_load_anew),
          cmocka_unit_test(who_has_seen_more_than_the_hub_is_not_sent_it_again),
          cmocka_unit_test(another_history_resets_those_who_watch),
          cmocka_unit_test(every_store_feeds_the_same_stream),
          cmocka_unit_test(other_nodes_need_not_announce),
          cmocka_unit_test(what_the_stream_does_not_show_leaves_no_gap),
          cmocka_unit_test(it_says_that_it_is_alive),
          cmocka_unit_test(a_project_without_a_feed_is_refused),
          cmocka_unit_test(what_stands_behind_an_announcement_comes_with_it),
          cmocka_unit_test(what_the_stream_does_not_show_hides_no_keepalive),
          cmocka_unit_test(who_comes_while_it_ends_is_refused),
          cmocka_unit_test(ending_ends_every_stream))
