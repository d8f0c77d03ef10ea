#ifndef INBOX_DOOR_KIT_H
#define INBOX_DOOR_KIT_H
/* For tests of doors: some behind a real server, a real inbox and a real store; requests over a
 * socket. */
#include "test/store.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "inbox/door.h"
#include "inbox/read.h"
#include "providers/provider.h"
#include "providers/twilio/twiml.h"

enum { LOOPS = 2, BURST = 5, ANSWER_MAX = 64 * 1024 };

#define BASE "https://calls.example.com"
#define STATUS_DOOR "/webhooks/twilio/voice-status"
#define INBOUND_DOOR "/webhooks/twilio/voice-inbound"
#define OTHER_CALL "AccountSid=AC2&CallSid=CA1&CallStatus=ringing&From=%2B1508&To=%2B1617"
#define CALL "AccountSid=AC1&CallSid=CA1&CallStatus=ringing&From=%2B1508&To=%2B1617"

static const struct twilio_routing routing = {{"desk", 4}, {"acme.sip.twilio.com", 19}, {NULL, 0}};

struct rig {
    struct arena *a;
    struct store *store;
    struct loop *loops[LOOPS];
    struct inbox *inbox;
    struct doors *doors;
    struct http_server *server;
    struct secret *first, *second;
    const char *spool;
    _Atomic int64_t closed; /* this project's events are not taken */
};

static inline void on_header(const struct http_request *rq, struct http_decision *ret, void *arg)
{
    struct rig *r = arg;
    assert_true(doors_on_header(r->doors, rq, ret));
}

static inline void on_request(struct http_exchange *x, void *arg)
{
    struct rig *r = arg;
    assert_true(doors_handle(r->doors, x));
}

static inline bool takes(int64_t project, void *arg)
{
    const struct rig *r = arg;
    return project != r->closed;
}

static inline struct doors_options options(struct rig *r)
{
    static const struct door *all[8];
    static struct door_account accounts[2];
    const struct provider *p = provider_find(STR("twilio"));
    for (size_t i = 0; i < p->n_doors; i++)
        all[i] = &p->doors[i];
    accounts[0] =
        (struct door_account){STR("twilio"), STR("AC1"), 1, {r->first, r->second}, &routing, 0, 0};
    accounts[1] = (struct door_account){STR("twilio"), STR("AC2"), 2, {r->second}, &routing, 0, 0};
    return (struct doors_options){.doors = all,
                                  .n_doors = p->n_doors,
                                  .accounts = {.p = accounts, .n = LEN(accounts)},
                                  .base_url = STR(BASE "/"),
                                  .inbox = r->inbox,
                                  .clock = &clock_system,
                                  .loops = r->loops,
                                  .n_loops = LOOPS,
                                  .takes = takes,
                                  .arg = r,
                                  .invalid_burst = BURST,
                                  .invalid_per_minute = 1};
}

/* In an arena of its own. allowed: addresses; NULL, all. */
static inline struct rig *rig_up_with(const char *allowed)
{
    struct arena *a = arena_create(0);
    struct rig *r = arena_new(a, struct rig, 1);
    struct err e;
    *r = (struct rig){.a = a,
                      .first = secret_create(STR("token-one")),
                      .second = secret_create(STR("token-two"))};
    r->store = test_store(STORE_SQLITE, &clock_system, a);
    r->spool = test_path(test_tmpdir(a), "spool", a);
    for (size_t i = 0; i < LOOPS; i++)
        assert_ok(loop_start("loop", &r->loops[i], &e), &e);
    assert_ok(inbox_start(&(struct inbox_options){.store = r->store,
                                                  .clock = &clock_system,
                                                  .spool_path = str_from(r->spool)},
                          &r->inbox, &e),
              &e);
    struct doors_options o = options(r);
    o.allowed_peers = str_from(allowed);
    assert_ok(doors_open(&o, &r->doors, &e), &e);
    assert_ok(http_server_start(&(struct http_server_options){.address = STR("127.0.0.1"),
                                                              .loops = r->loops,
                                                              .n_loops = LOOPS,
                                                              .on_header = on_header,
                                                              .on_request = on_request,
                                                              .arg = r},
                                &r->server, &e),
              &e);
    return r;
}

static inline struct rig *rig_up(void)
{
    return rig_up_with(NULL);
}

static inline void rig_down(struct rig *r)
{
    if (!r)
        return;
    http_server_drain(r->server);
    inbox_stop(r->inbox);
    http_server_stop(r->server);
    for (size_t i = 0; i < LOOPS; i++)
        loop_stop(r->loops[i]);
    doors_close(r->doors);
    secret_destroy(r->first);
    secret_destroy(r->second);
    arena_destroy(r->a);
}
DEFINE_CLEANUP(struct rig, rig_down)

// --- the sender ----------------------------------------------------------------------------------

/* Fields must be in the order of their names and distinct: then signing is one line. */
static inline struct str signature(const char *token, const char *url, struct str body,
                                   struct arena *a)
{
    _cleanup_(secret_destroyp) struct secret *key = secret_create(str_from(token));
    _cleanup_(hmac_destroyp) struct hmac *h = hmac_create(HMAC_SHA1, key);
    unsigned char digest[SHA1_LEN];
    struct form fields;
    struct buf text;
    struct err e;

    assert_ok(form_parse(body, LIMIT_FORM_FIELDS, a, &fields, &e), &e);
    hmac_begin(h);
    hmac_add(h, str_from(url));
    for (size_t i = 0; i < fields.n; i++) {
        hmac_add(h, fields.fields[i].name);
        hmac_add(h, fields.fields[i].value);
    }
    hmac_end(h, digest);
    buf_init(&text, 64);
    buf_base64(&text, digest, sizeof(digest));
    const struct str s = str_dup(buf_view(&text), a);
    buf_finish(&text);
    return s;
}

static inline int dial(struct rig *r)
{
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons(http_server_port(r->server)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval deadline = {.tv_sec = 20};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline)), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

static inline int send_raw(struct rig *r, struct str bytes)
{
    const int fd = dial(r);
    assert_int_equal(send(fd, bytes.p, bytes.n, MSG_NOSIGNAL), bytes.n);
    return fd;
}

/* The whole answer; the connection ends with it. */
static inline struct str receive(struct rig *r, int fd)
{
    char *p = arena_alloc(r->a, ANSWER_MAX);
    size_t n = 0;
    for (ssize_t got; (got = recv(fd, p + n, ANSWER_MAX - n, 0)) > 0;)
        n += (size_t)got;
    close(fd);
    return (struct str){p, n};
}

static inline int status_of(struct str answer)
{
    uint32_t status = 0;
    if (!cut_lit(&answer, STR("HTTP/1.1 ")) || !cut_u32(&answer, &status))
        fail_msg("no answer: " STR_FMT, STR_ARG(answer));
    return (int)status;
}

/* One of several on its connection. headers: whole lines. */
static inline struct str one_request(struct rig *r, const char *path, struct str headers,
                                     struct str body)
{
    return str_fmt(r->a,
                   "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: "
                   "application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n" STR_FMT
                   "\r\n" STR_FMT,
                   path, body.n, STR_ARG(headers), STR_ARG(body));
}

static inline struct str request(struct rig *r, const char *path, struct str headers,
                                 struct str body)
{
    return one_request(r, path, str_fmt(r->a, "Connection: close\r\n" STR_FMT, STR_ARG(headers)),
                       body);
}

static inline struct str signed_header(struct rig *r, const char *token, const char *path,
                                       struct str body)
{
    const struct str url = str_fmt(r->a, BASE "%s", path);
    return str_fmt(r->a, "X-Twilio-Signature: " STR_FMT "\r\n",
                   STR_ARG(signature(token, str_z(url, r->a), body, r->a)));
}

static inline struct str post(struct rig *r, const char *token, const char *path, const char *body)
{
    const struct str b = str_from(body);
    return receive(r, send_raw(r, request(r, path, signed_header(r, token, path, b), b)));
}

static inline struct str post_with(struct rig *r, const char *path, const char *headers,
                                   const char *body)
{
    return receive(r, send_raw(r, request(r, path, str_from(headers), str_from(body))));
}

static inline int64_t rows_of(struct rig *r, int64_t project)
{
    _cleanup_(db_closep) struct db *db = store_connect(r->store, STORE_READ);
    struct inbox_backlog b;
    struct err e;
    assert_ok(inbox_backlog(db, project, &b, &e), &e);
    return b.pending;
}

static inline uint64_t outcomes(struct rig *r, enum door_outcome outcome)
{
    struct doors_stats s;
    doors_stats(r->doors, &s);
    return s.outcomes[outcome];
}

#endif
