#ifndef FEED_HUB_KIT_H
#define FEED_HUB_KIT_H
/* For tests of the hub: one behind a real server on real loops. */
#include "test/store.h"

#include "feed/hub.h"
#include "http/query.h"
#include "tenancy/project.h"

enum { LOOPS = 2, RING = 64 };

struct rig {
    struct arena *a;
    struct store *store;
    struct str url;
    struct db *db;
    int64_t project;
    struct loop *loops[LOOPS];
    struct hub *hub;
    struct http_server *server;
    struct hub_options options;
};

// --- the server ----------------------------------------------------------------------------------

/* "/?last_seq=7&epoch=x&project=2&view=1&topics=call.*&who=4&sees=1" */
static inline void on_request(struct http_exchange *x, void *arg)
{
    struct rig *r = arg;
    struct hub_subscriber s = {.who.project = r->project, .topics = FEED_TOPICS_ALL};
    struct form query;
    struct err e = {0};
    int64_t number;

    assert_ok(http_query_parse(http_request_of(x), http_arena(x), &query, &e), &e);
    s.from.epoch = form_get(&query, STR("epoch"));
    s.from.given = str_to_i64(form_get(&query, STR("last_seq")), &s.from.last_seq);
    if (str_to_i64(form_get(&query, STR("project")), &number))
        s.who.project = number;
    if (str_to_i64(form_get(&query, STR("view")), &number))
        s.view = (enum feed_view)number;
    if (str_to_i64(form_get(&query, STR("who")), &number))
        s.who.kind = (int)number;
    s.who.sees_progress = !str_is_none(form_get(&query, STR("sees")));
    if (!str_is_none(form_get(&query, STR("topics"))))
        assert_ok(feed_topics_parse(form_get(&query, STR("topics")), &s.topics, &e), &e);
    hub_subscribe(r->hub, x, &s);
}

static inline void hub_up(struct rig *r)
{
    struct err e = {0};

    for (size_t i = 0; i < LOOPS; i++)
        assert_ok(loop_start("loop", &r->loops[i], &e), &e);
    r->options.store = r->store;
    r->options.clock = &clock_system;
    r->options.loops = r->loops;
    if (r->options.n_loops == 0)
        r->options.n_loops = LOOPS;
    assert_ok(hub_start(&r->options, &r->hub, &e), &e);
    assert_ok(http_server_start(&(struct http_server_options){.address = STR("127.0.0.1"),
                                                              .loops = r->loops,
                                                              .n_loops = r->options.n_loops,
                                                              .on_request = on_request,
                                                              .arg = r},
                                &r->server, &e),
              &e);
}

static inline void hub_down(struct rig *r)
{
    http_server_drain(r->server);
    hub_stop(r->hub);
    http_server_stop(r->server);
    for (size_t i = 0; i < LOOPS; i++)
        loop_stop(r->loops[i]);
}

static inline void rig_down(struct rig *r)
{
    if (!r)
        return;
    hub_down(r);
    db_close(r->db);
    arena_destroy(r->a);
}
DEFINE_CLEANUP(struct rig, rig_down)

/* In an arena of its own. NULL: there is no such engine to test with. */
static inline struct rig *rig_up_on(enum store_engine engine, struct hub_options options)
{
    struct arena *a = arena_create(0);
    struct rig *r = arena_new(a, struct rig, 1);
    struct rng rng = rng_seeded(7);
    struct err e = {0};
    int n;

    *r = (struct rig){.a = a, .options = options};
    r->store = test_store_empty(engine, &clock_system, a, &r->url);
    if (!r->store) {
        arena_destroy(a);
        return NULL;
    }
    assert_ok(store_migrate_up(r->store, &n, &e), &e);
    r->db = store_connect(r->store, STORE_WORK);
    assert_ok(project_bootstrap(r->db,
                                &(struct project_bootstrap){.rng = &rng,
                                                            .now = clock_wall(&clock_system),
                                                            .provider = STR("twilio")},
                                &r->project, &e),
              &e);
    hub_up(r);
    return r;
}

static inline struct rig *rig_up_with(struct hub_options options)
{
    return rig_up_on(STORE_SQLITE, options);
}

/* A hub that hears of news by announcement only, and never says that it is alive. */
static inline struct rig *rig_up(void)
{
    return rig_up_with(
        (struct hub_options){.ring = RING, .keepalive = SECONDS(3600), .poll = SECONDS(3600)});
}

// --- what happens --------------------------------------------------------------------------------

static const char call_json[] =
    "{\"call\":{\"id\":\"5\",\"conversation_id\":\"42\",\"provider\":\"twilio\","
    "\"twilio_sid\":\"CA1\",\"parent_call_sid\":null,\"direction\":\"inbound\","
    "\"status\":\"ringing\",\"display_status\":\"in-progress\",\"visibility\":\"visible\","
    "\"from_number\":\"\\\"Ann, {1]\\\\\",\"to_number\":\"+16175006181\",\"duration\":null,"
    "\"metadata\":{\"status\":\"not this one\",\"list\":[1,{\"is_final\":true}]},"
    "\"is_final\":false},\"event\":{\"status\":\"nor this\"}}";

/* Appends n events of a type and payload; their last number. */
static inline int64_t append_as(struct rig *r, size_t n, struct str type, struct str payload)
{
    struct feed_item *items = arena_new(r->a, struct feed_item, n);
    struct err e = {0};

    for (size_t i = 0; i < n; i++)
        items[i] = (struct feed_item){.project = r->project,
                                      .type = type,
                                      .ts = SECONDS(1800000000),
                                      .entity_type = STR("call"),
                                      .entity_id = STR("CA1"),
                                      .payload = payload};
    assert_ok(db_begin(r->db, &e), &e);
    assert_ok(feed_append(r->db, items, n, SECONDS(1800000000), r->a, &e), &e);
    assert_ok(db_commit(r->db, &e), &e);
    return n > 0 ? items[n - 1].seq : 0;
}

static inline int64_t append(struct rig *r, size_t n)
{
    return append_as(r, n, STR("call.state_changed"), str_from(call_json));
}

static inline int64_t publish(struct rig *r, size_t n)
{
    const int64_t last = append(r, n);

    hub_announce(r->hub, r->project, last);
    return last;
}

static inline void sql(struct rig *r, const char *text)
{
    if (!test_sql(r->url, str_z(str_fmt(r->a, "BEGIN IMMEDIATE; %s; COMMIT", text), r->a)))
        fail_msg("%s", text);
}

static inline struct hub_stats stats(struct rig *r)
{
    struct hub_stats s;

    hub_stats(r->hub, &s);
    return s;
}

#endif
