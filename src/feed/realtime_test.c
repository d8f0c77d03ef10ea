/* The two views of /realtime/stream: topics, places, and what a client of a WebSocket says. */
#include "feed/viewer_kit.h"

#include <sched.h>
#include <stdatomic.h>

#include "base/limits.h"
#include "ws/ws_kit.h"

static struct rig *rig;

static int begin(void **state)
{
    (void)state;
    rig = NULL;
    return 0;
}

static void up_with(struct hub_options o)
{
    rig = rig_up_with(o);
}

static void up(void)
{
    rig = rig_up();
}

static int end(void **state)
{
    (void)state;
    rig_down(rig);
    return 0;
}

// --- as server-sent events -----------------------------------------------------------------------

/* The next message, which has this in its data. */
static struct event told(struct viewer *v, const char *part)
{
    struct event event;

    if (!next(v, &event))
        fail_msg("the stream ended before %s", part);
    assert_true(str_is_none(event.name));
    if (!str_contains(event.data, str_from(part)))
        fail_msg("%s is not in " STR_FMT, part, STR_ARG(event.data));
    return event;
}

static void watch_events(struct viewer *v, const char *query)
{
    dial(rig, v, query, 0);
    assert_true(str_starts(head(v), STR("HTTP/1.1 200 ")));
    assert_true(str_is_none(told(v, "{\"type\":\"feed.connected\",\"epoch\":\"").id));
}

/* "epoch:seq" */
static int64_t seq_of(struct event event)
{
    struct str epoch;
    int64_t seq;

    assert_true(cut_until(&event.id, ':', &epoch) && epoch.n > 0);
    assert_true(str_to_i64(event.id, &seq));
    return seq;
}

static void events_come_in_their_envelope(void **state)
{
    struct viewer v;

    (void)state;
    up();
    watch_events(&v, "?view=1");
    publish(rig, 2);
    assert_int_equal(seq_of(told(&v, "\"seq\":1,")), 1);
    const struct event event = told(&v, "\"type\":\"call.state_changed\"");
    assert_int_equal(seq_of(event), 2);
    assert_true(str_contains(event.data, STR("\"entity\":{\"type\":\"call\",\"id\":\"CA1\"}")));
    leave(&v);
}

static void topics_choose_and_places_are_told_all_the_same(void **state)
{
    struct viewer v, later;

    (void)state;
    up();
    watch_events(&v, "?view=1&topics=recording.*");
    publish(rig, 300);
    const int64_t seq = seq_of(told(&v, "{\"type\":\"feed.position\",\"seq\":"));
    assert_true(seq >= 256 && seq <= 300);
    hub_announce(rig->hub, rig->project,
                 append_as(rig, 1, STR("recording.ready"), str_from(call_json)));
    while (seq_of(told(&v, "\"seq\":")) < 301)
        ; // another place may have been told before
    leave(&v);

    watch_events(&later, str_z(str_fmt(rig->a, "?view=1&last_seq=%lld", (long long)seq), rig->a));
    assert_int_equal(seq_of(told(&later, "\"seq\":")), seq + 1);
    leave(&later);
}

/* From the store, a page at a time: what was not wanted moves the client on as well. */
static void topics_choose_in_pages_of_the_past(void **state)
{
    struct viewer v;

    (void)state;
    up();
    append(rig, 9);
    append_as(rig, 1, STR("recording.ready"), str_from(call_json));
    append(rig, 2000);
    watch_events(&v, "?view=1&topics=recording.*&last_seq=0");
    assert_int_equal(seq_of(told(&v, "\"type\":\"recording.ready\"")), 10);
    while (seq_of(told(&v, "{\"type\":\"feed.position\"")) < 1700)
        ;
    publish(rig, 1);
    hub_announce(rig->hub, rig->project,
                 append_as(rig, 1, STR("recording.ready"), str_from(call_json)));
    while (seq_of(told(&v, "\"seq\":")) < 2012)
        ;
    leave(&v);
}

static void a_keepalive_tells_the_place(void **state)
{
    struct viewer v;

    (void)state;
    up_with(
        (struct hub_options){.ring = RING, .keepalive = MILLISECONDS(40), .poll = SECONDS(3600)});
    watch_events(&v, "?view=1&topics=recording.*");
    told(&v, "{\"type\":\"feed.keepalive\",\"server_time\":");
    publish(rig, 3);
    struct event event;
    do
        assert_true(next(&v, &event));
    while (str_contains(event.data, STR("feed.keepalive")));
    assert_int_equal(seq_of(event), 3);
    leave(&v);
}

static void another_history_is_told(void **state)
{
    struct viewer v;

    (void)state;
    up();
    publish(rig, 3);
    watch_events(&v, "?view=1&last_seq=1&epoch=another");
    told(&v, "{\"type\":\"feed.resync\",\"reason\":\"epoch_changed\",");
    leave(&v);
}

/* However many views are open, a row is read once. */
static void views_share_what_is_read(void **state)
{
    struct viewer calls, events, more;

    (void)state;
    up();
    watch(rig, &calls, "");
    watch_events(&events, "?view=1");
    watch_events(&more, "?view=1&topics=call.*");
    const uint64_t before = stats(rig).store_reads;
    publish(rig, 1);
    expect_seqs(&calls, 1, 1);
    told(&events, "\"seq\":1,");
    told(&more, "\"seq\":1,");
    assert_int_equal(stats(rig).store_reads, before + 1);
    leave(&calls);
    leave(&events);
    leave(&more);
}

/* A view that was opened later stands further on: each gets what comes after its own place. */
static void views_may_stand_at_different_places(void **state)
{
    struct viewer events, calls;

    (void)state;
    up();
    watch_events(&events, "?view=1");
    append(rig, 5); // and nobody is told
    watch(rig, &calls, "");
    publish(rig, 1);
    for (int64_t seq = 1; seq <= 6; seq++)
        assert_int_equal(seq_of(told(&events, "\"type\":\"call.state_changed\"")), seq);
    expect_seqs(&calls, 6, 6);
    leave(&events);
    leave(&calls);
}

// --- as a WebSocket ------------------------------------------------------------------------------

static const char upgrade[] = "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

static void dial_socket(struct viewer *v, const char *query)
{
    dial_as(rig, v, query, upgrade, 0);
    assert_true(str_starts(head(v), STR("HTTP/1.1 101 ")));
}

static struct str cut_received(struct viewer *v, size_t n)
{
    while (v->in.n - v->read < n)
        if (!receive(v))
            fail_msg("the stream ended");
    v->read += n;
    return str_sub(buf_view(&v->in), v->read - n, n);
}

/* The payload of the next frame, which has this first byte. */
static struct str frame(struct viewer *v, unsigned first)
{
    const struct str head = cut_received(v, 2);
    size_t n = (unsigned char)head.p[1];

    assert_int_equal((unsigned char)head.p[0], first);
    if (n == 126) {
        const struct str length = cut_received(v, 2);
        n = (size_t)(unsigned char)length.p[0] << 8 | (unsigned char)length.p[1];
    }
    assert_true(n < 65536 && n != 127);
    return cut_received(v, n);
}

static void heard(struct viewer *v, const char *part)
{
    const struct str text = frame(v, FRAME_TEXT);

    if (!str_contains(text, str_from(part)))
        fail_msg("%s is not in " STR_FMT, part, STR_ARG(text));
}

static void say(const struct viewer *v, const char *text)
{
    struct buf out;

    buf_init(&out, SIZE_MAX);
    client_frame(&out, FRAME_TEXT, str_from(text));
    assert_int_equal(send(v->fd, out.p, out.n, MSG_NOSIGNAL), out.n);
    buf_finish(&out);
}

static void a_socket_hears_the_same(void **state)
{
    struct viewer v;

    (void)state;
    up();
    dial_socket(&v, "?view=2");
    heard(&v, "{\"type\":\"feed.connected\",\"epoch\":\"");
    publish(rig, 1);
    heard(&v, "\"type\":\"call.state_changed\"");
    leave(&v);
}

static void a_socket_subscribes_again_and_again(void **state)
{
    struct viewer v;

    (void)state;
    up();
    publish(rig, 5);
    dial_socket(&v, "?view=2&topics=recording.*");
    heard(&v, "feed.connected");
    say(&v, "{\"type\":\"subscribe\",\"topics\":[\"call.*\"],\"last_seq\":3}");
    heard(&v, "{\"type\":\"feed.subscribed\",\"topics\":[\"call.started\",\"call.state_changed\","
              "\"call.ended\"],\"seq\":3,\"epoch\":\"");
    heard(&v, "\"seq\":4,");
    heard(&v, "\"seq\":5,");
    say(&v, "{\"type\":\"subscribe\",\"topics\":[\"recording.ready\"]}");
    heard(&v, "{\"type\":\"feed.subscribed\",\"topics\":[\"recording.ready\"],\"seq\":5,");
    publish(rig, 1);
    hub_announce(rig->hub, rig->project,
                 append_as(rig, 1, STR("recording.ready"), str_from(call_json)));
    heard(&v, "\"seq\":7,");
    say(&v, "{\"type\":\"subscribe\",\"last_seq\":6,\"epoch\":\"another\"}");
    heard(&v, "{\"type\":\"feed.subscribed\",\"topics\":[\"*\"],\"seq\":6,");
    heard(&v, "{\"type\":\"feed.resync\",\"reason\":\"epoch_changed\",");
    say(&v, "{\"type\":\"subscribe\",\"last_seq\":100}");
    heard(&v, "feed.subscribed");
    heard(&v, "{\"type\":\"feed.resync\",\"reason\":\"ahead\",");
    leave(&v);
}

/* Each subscription asks for a page of the store; they are asked for one at a time. */
static void a_socket_subscribes_faster_than_it_is_served(void **state)
{
    enum { TIMES = 20 };
    struct viewer v;

    (void)state;
    up();
    append(rig, 1000);
    dial_socket(&v, "?view=2");
    heard(&v, "feed.connected");
    const uint64_t before = stats(rig).store_reads;
    for (int i = 0; i < TIMES; i++)
        say(&v, "{\"type\":\"subscribe\",\"last_seq\":0}");
    for (int i = 0; i < TIMES;)
        i += str_contains(frame(&v, FRAME_TEXT), STR("feed.subscribed"));
    for (int64_t seq = 1; seq <= 1000; seq++)
        heard(&v, str_z(str_fmt(rig->a, "\"seq\":%lld,", (long long)seq), rig->a));
    assert_true(stats(rig).store_reads - before <= TIMES + 10);
    leave(&v);
}

static void a_socket_may_not_talk_nonsense_for_ever(void **state)
{
    struct viewer v;

    (void)state;
    up();
    dial_socket(&v, "?view=2");
    heard(&v, "feed.connected");
    for (int i = 0; i < 3; i++) {
        say(&v, i == 1 ? "{\"type\":\"subscribe\",\"topics\":[\"nope\"]}" : "hello?");
        heard(&v, "{\"type\":\"feed.error\",\"error\":{\"code\":\"INVALID_REQUEST\",");
    }
    assert_true(str_eq(frame(&v, FRAME_CLOSE), STR("\x03\xf0messages that make no sense")));
    leave(&v);
}

static void a_socket_may_not_ask_for_more_topics_than_there_may_be(void **state)
{
    struct viewer v;
    struct buf out;

    (void)state;
    up();
    dial_socket(&v, "?view=2");
    heard(&v, "feed.connected");
    buf_init(&out, LIMIT_WS_MESSAGE);
    buf_str(&out, STR("{\"type\":\"subscribe\",\"topics\":[\"call.*\""));
    for (int i = 0; i < LIMIT_TOPICS; i++)
        buf_str(&out, STR(",\"call.*\""));
    buf_str(&out, STR("]}"));
    say(&v, str_z(buf_view(&out), rig->a));
    buf_finish(&out);
    heard(&v, "topics: a list of 1 to 32 names expected");
    leave(&v);
}

/* What waits is read again when the socket has room, and the socket's pages follow its topics. */
static void a_socket_catches_up_from_the_store(void **state)
{
    struct viewer v;

    (void)state;
    up();
    append(rig, 1000);
    dial_socket(&v, "?view=2&last_seq=0");
    heard(&v, "feed.connected");
    for (int64_t seq = 1; seq <= 1000; seq++)
        heard(&v, str_z(str_fmt(rig->a, "\"seq\":%lld,", (long long)seq), rig->a));
    leave(&v);
}

/* One that does not read is cut off, and goes on from what it has. */
static void a_slow_socket_is_cut_off_and_resumes(void **state)
{
    struct viewer slow;
    int64_t last = 0;

    (void)state;
    up_with((struct hub_options){.poll = SECONDS(3600)});
    dial_as(rig, &slow, "?view=2", upgrade, 4096);
    head(&slow);
    heard(&slow, "feed.connected");
    while (stats(rig).slow_closed == 0)
        last = publish(rig, 100);
    while (receive(&slow))
        ;
    leave(&slow);

    dial_socket(&slow, "?view=2&last_seq=0");
    heard(&slow, "feed.connected");
    for (int64_t seq = 1; seq <= last; seq++)
        heard(&slow, str_z(str_fmt(rig->a, "\"seq\":%lld,", (long long)seq), rig->a));
    leave(&slow);
}

/* An event that fits into no message is passed over, like one that nobody has asked for. */
static void an_event_that_is_too_large_leaves_its_place(void **state)
{
    struct viewer events, socket;

    (void)state;
    up();
    watch_events(&events, "?view=1");
    dial_socket(&socket, "?view=2");
    heard(&socket, "feed.connected");
    const struct str large = str_fmt(rig->a, "{\"call\":\"%0*d\"}", 1024 * 1024, 7);
    append_as(rig, 1, STR("call.ended"), large);
    publish(rig, 1);
    told(&events, "\"seq\":2,");
    heard(&socket, "\"seq\":2,");
    leave(&events);
    leave(&socket);
}

static void a_socket_is_told_that_the_server_ends(void **state)
{
    struct viewer v;

    (void)state;
    up();
    dial_socket(&v, "?view=2");
    heard(&v, "feed.connected");
    hub_down(rig);
    assert_true(str_eq(frame(&v, FRAME_CLOSE), STR("\x03\xe9the server is shutting down")));
    assert_false(receive(&v));
    leave(&v);
    hub_up(rig);
}

// --- who may -------------------------------------------------------------------------------------

static atomic_int asked;

/* The first question fails; then nobody of kind 13 may. */
static bool all_but_13(struct db *db, const struct hub_watcher *who, size_t n, usec_t now,
                       struct arena *a, bool *ret_may, struct err *e)
{
    (void)db;
    (void)now;
    (void)a;
    if (atomic_fetch_add(&asked, 1) == 0)
        return err_set(e, ERR_UNAVAILABLE, "for the test");
    for (size_t i = 0; i < n; i++) {
        ret_may[i] = who[i].kind != 13;
        assert(i == 0 || memcmp(&who[i - 1], &who[i], sizeof *who) != 0); // each once
    }
    return true;
}

static void who_may_no_longer_watch_is_told_and_gone(void **state)
{
    struct viewer calls, events, socket, same, other;
    struct event event;

    (void)state;
    up_with((struct hub_options){.ring = RING,
                                 .keepalive = SECONDS(3600),
                                 .poll = MILLISECONDS(10),
                                 .may_watch = all_but_13,
                                 .recheck = MILLISECONDS(10)});
    watch(rig, &calls, "?who=13");
    watch_events(&events, "?view=1&who=13");
    watch_events(&same, "?view=1&who=4");
    watch_events(&other, "?view=1&who=4");
    dial_socket(&socket, "?view=2&who=13");
    heard(&socket, "feed.connected");

    expect_text(&calls, "ended", "{\"event\":\"ended\",\"data\":{\"reason\":\"revoked\"}}");
    assert_false(next(&calls, &event));
    told(&events, "{\"type\":\"feed.ended\",\"reason\":\"revoked\"}");
    assert_false(next(&events, &event));
    heard(&socket, "{\"type\":\"feed.ended\",\"reason\":\"revoked\"}");
    assert_true(str_eq(frame(&socket, FRAME_CLOSE), STR("\x03\xf0revoked")));
    const int before = atomic_load(&asked);
    while (atomic_load(&asked) < before + 2)
        sched_yield(); // now all of them may
    publish(rig, 1);
    told(&same, "\"seq\":1,");
    told(&other, "\"seq\":1,");
    leave(&calls);
    leave(&events);
    leave(&socket);
    leave(&same);
    leave(&other);
}

/* It was told to go and stays: the end of the server does not wait for it. */
static void who_does_not_go_is_left_behind(void **state)
{
    struct viewer events, socket;

    (void)state;
    up_with((struct hub_options){.ring = RING,
                                 .keepalive = SECONDS(3600),
                                 .poll = MILLISECONDS(10),
                                 .may_watch = all_but_13,
                                 .recheck = MILLISECONDS(10)});
    watch_events(&events, "?view=1&who=13");
    dial_socket(&socket, "?view=2&who=13");
    heard(&socket, "feed.connected");
    told(&events, "feed.ended");
    heard(&socket, "feed.ended");
    hub_down(rig);
    leave(&events);
    leave(&socket);
    hub_up(rig);
}

/* It was told why, and stays: what the others hear from then on is not for it. */
static void who_was_told_to_go_hears_nothing_more(void **state)
{
    struct viewer stays, socket;
    struct event event;
    char byte;

    (void)state;
    up_with((struct hub_options){.n_loops = 1,
                                 .ring = RING,
                                 .keepalive = MILLISECONDS(16),
                                 .poll = MILLISECONDS(5),
                                 .may_watch = all_but_13,
                                 .recheck = MILLISECONDS(10)});
    watch(rig, &stays, "");
    dial_socket(&socket, "?view=2&who=13");
    heard(&socket, "feed.connected");
    struct str text;
    do
        text = frame(&socket, FRAME_TEXT);
    while (str_contains(text, STR("feed.keepalive")));
    assert_true(str_contains(text, STR("feed.ended")));
    assert_true(str_eq(frame(&socket, FRAME_CLOSE), STR("\x03\xf0revoked")));
    for (int i = 0; i < 3; i++)
        expect(&stays, "keepalive", &event);
    sql(rig, "UPDATE feed_heads SET epoch = 'restored'");
    next_but(&stays, "keepalive", &event);
    assert_str(event.name, "resync");
    for (int i = 0; i < 3; i++)
        expect(&stays, "keepalive", &event);
    assert_int_equal(socket.in.n, socket.read);
    assert_int_equal(recv(socket.fd, &byte, 1, MSG_DONTWAIT), -1);
    leave(&socket);
    leave(&stays);
}

static void clients_of_a_project_are_counted_in_all_views(void **state)
{
    struct viewer calls, events, socket;

    (void)state;
    up();
    watch(rig, &calls, "");
    watch_events(&events, "?view=1");
    dial_socket(&socket, "?view=2");
    heard(&socket, "feed.connected");
    assert_int_equal(hub_clients(rig->hub, rig->project), 3);
    assert_int_equal(hub_clients(rig->hub, rig->project + 1), 0);
    leave(&calls);
    leave(&events);
    leave(&socket);
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, begin, end)

TEST_MAIN(WITH_RIG(events_come_in_their_envelope),
          WITH_RIG(topics_choose_and_places_are_told_all_the_same),
          WITH_RIG(topics_choose_in_pages_of_the_past), WITH_RIG(a_keepalive_tells_the_place),
          WITH_RIG(another_history_is_told), WITH_RIG(views_share_what_is_read),
          WITH_RIG(views_may_stand_at_different_places), WITH_RIG(a_socket_hears_the_same),
          WITH_RIG(a_socket_subscribes_again_and_again),
          WITH_RIG(a_socket_subscribes_faster_than_it_is_served),
          WITH_RIG(a_socket_may_not_talk_nonsense_for_ever),
          WITH_RIG(a_socket_may_not_ask_for_more_topics_than_there_may_be),
          WITH_RIG(a_socket_catches_up_from_the_store),
          WITH_RIG(a_slow_socket_is_cut_off_and_resumes),
          WITH_RIG(an_event_that_is_too_large_leaves_its_place),
          WITH_RIG(a_socket_is_told_that_the_server_ends),
          WITH_RIG(who_may_no_longer_watch_is_told_and_gone),
          WITH_RIG(who_does_not_go_is_left_behind), WITH_RIG(who_was_told_to_go_hears_nothing_more),
          WITH_RIG(clients_of_a_project_are_counted_in_all_views))
