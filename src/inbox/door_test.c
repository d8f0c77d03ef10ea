/* Doors behind a real server, a real inbox and a real store; requests over a socket. */
#include "test/store.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/limits.h"
#include "inbox/door.h"
#include "inbox/read.h"
#include "providers/provider.h"
#include "providers/twilio/twiml.h"

enum { LOOPS = 2, BURST = 5, CROWD = 50, ANSWER_MAX = 64 * 1024 };

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

static void on_header(const struct http_request *rq, struct http_decision *ret, void *arg)
{
    struct rig *r = arg;
    assert_true(doors_on_header(r->doors, rq, ret));
}

static void on_request(struct http_exchange *x, void *arg)
{
    struct rig *r = arg;
    assert_true(doors_handle(r->doors, x));
}

static bool takes(int64_t project, void *arg)
{
    const struct rig *r = arg;
    return project != r->closed;
}

static struct doors_options options(struct rig *r)
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

static void rig_up_with(struct rig *r, struct arena *a, const char *allowed)
{
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
}

static void rig_up(struct rig *r, struct arena *a)
{
    rig_up_with(r, a, NULL);
}

static void rig_down(struct rig *r)
{
    http_server_drain(r->server);
    inbox_stop(r->inbox);
    http_server_stop(r->server);
    for (size_t i = 0; i < LOOPS; i++)
        loop_stop(r->loops[i]);
    doors_close(r->doors);
    secret_destroy(r->first);
    secret_destroy(r->second);
}

// --- the sender ----------------------------------------------------------------------------------

/* Fields must be in the order of their names and distinct: then signing is one line. */
static struct str signature(const char *token, const char *url, struct str body, struct arena *a)
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

static int dial(struct rig *r)
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

static int send_raw(struct rig *r, struct str bytes)
{
    const int fd = dial(r);
    assert_int_equal(send(fd, bytes.p, bytes.n, MSG_NOSIGNAL), bytes.n);
    return fd;
}

/* The whole answer; the connection ends with it. */
static struct str receive(struct rig *r, int fd)
{
    char *p = arena_alloc(r->a, ANSWER_MAX);
    size_t n = 0;
    for (ssize_t got; (got = recv(fd, p + n, ANSWER_MAX - n, 0)) > 0;)
        n += (size_t)got;
    close(fd);
    return (struct str){p, n};
}

static int status_of(struct str answer)
{
    uint32_t status = 0;
    if (!cut_lit(&answer, STR("HTTP/1.1 ")) || !cut_u32(&answer, &status))
        fail_msg("no answer: " STR_FMT, STR_ARG(answer));
    return (int)status;
}

/* One of several on its connection. headers: whole lines. */
static struct str one_request(struct rig *r, const char *path, struct str headers, struct str body)
{
    return str_fmt(r->a,
                   "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: "
                   "application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n" STR_FMT
                   "\r\n" STR_FMT,
                   path, body.n, STR_ARG(headers), STR_ARG(body));
}

static struct str request(struct rig *r, const char *path, struct str headers, struct str body)
{
    return one_request(r, path, str_fmt(r->a, "Connection: close\r\n" STR_FMT, STR_ARG(headers)),
                       body);
}

static struct str signed_header(struct rig *r, const char *token, const char *path, struct str body)
{
    const struct str url = str_fmt(r->a, BASE "%s", path);
    return str_fmt(r->a, "X-Twilio-Signature: " STR_FMT "\r\n",
                   STR_ARG(signature(token, str_z(url, r->a), body, r->a)));
}

static struct str post(struct rig *r, const char *token, const char *path, const char *body)
{
    const struct str b = str_from(body);
    return receive(r, send_raw(r, request(r, path, signed_header(r, token, path, b), b)));
}

static struct str post_with(struct rig *r, const char *path, const char *headers, const char *body)
{
    return receive(r, send_raw(r, request(r, path, str_from(headers), str_from(body))));
}

static int64_t rows_of(struct rig *r, int64_t project)
{
    _cleanup_(db_closep) struct db *db = store_connect(r->store, STORE_READ);
    struct inbox_backlog b;
    struct err e;
    assert_ok(inbox_backlog(db, project, &b, &e), &e);
    return b.pending;
}

static uint64_t outcomes(struct rig *r, enum door_outcome outcome)
{
    struct doors_stats s;
    doors_stats(r->doors, &s);
    return s.outcomes[outcome];
}

// --- what is signed ------------------------------------------------------------------------------

static void a_signed_event_is_kept_and_acknowledged_once(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;

    (void)state;
    rig_up(&r, a);
    assert_int_equal(status_of(post(&r, "token-one", STATUS_DOOR, CALL)), 204);
    assert_int_equal(rows_of(&r, 1), 1);
    assert_int_equal(status_of(post(&r, "token-one", STATUS_DOOR, CALL)), 204);
    assert_int_equal(rows_of(&r, 1), 1);
    assert_int_equal(outcomes(&r, DOOR_STORED), 1);
    assert_int_equal(outcomes(&r, DOOR_DUPLICATE), 1);
    rig_down(&r);
}

static void a_new_call_is_kept_and_told_where_to_go(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;

    (void)state;
    rig_up(&r, a);
    const struct str answer = post(&r, "token-one", INBOUND_DOOR, CALL);
    assert_int_equal(status_of(answer), 200);
    assert_true(str_contains(answer, STR("text/xml")));
    assert_true(str_contains(answer, STR(">sip:desk@acme.sip.twilio.com</Sip>")));
    assert_int_equal(rows_of(&r, 1), 1);
    rig_down(&r);
}

static void both_tokens_of_a_rotation_open_and_no_other(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;

    (void)state;
    rig_up(&r, a);
    assert_int_equal(status_of(post(&r, "token-one", STATUS_DOOR, CALL "&x=1")), 204);
    assert_int_equal(status_of(post(&r, "token-two", STATUS_DOOR, CALL "&x=2")), 204);
    assert_int_equal(status_of(post(&r, "token-three", STATUS_DOOR, CALL "&x=3")), 403);
    // The account says which keys count, and whose event it is.
    assert_int_equal(status_of(post(&r, "token-two", STATUS_DOOR, "AccountSid=AC2&x=4")), 204);
    assert_int_equal(status_of(post(&r, "token-one", STATUS_DOOR, "AccountSid=AC2&x=5")), 403);
    assert_int_equal(rows_of(&r, 1), 2);
    assert_int_equal(rows_of(&r, 2), 1);
    rig_down(&r);
}

static void f070_fifty_copies_at_once_are_one_event(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;
    int fds[CROWD];

    (void)state;
    rig_up(&r, a);
    const struct str body = STR(CALL);
    const struct str all =
        request(&r, STATUS_DOOR, signed_header(&r, "token-one", STATUS_DOOR, body), body);
    for (size_t i = 0; i < CROWD; i++)
        fds[i] = send_raw(&r, all);
    for (size_t i = 0; i < CROWD; i++)
        assert_int_equal(status_of(receive(&r, fds[i])), 204);
    assert_int_equal(rows_of(&r, 1), 1);
    assert_int_equal(outcomes(&r, DOOR_STORED), 1);
    assert_int_equal(outcomes(&r, DOOR_DUPLICATE), CROWD - 1);
    rig_down(&r);
}

static void a_query_is_part_of_what_is_signed(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;

    (void)state;
    rig_up(&r, a);
    const struct str body = STR(CALL);
    const struct str header = signed_header(&r, "token-one", STATUS_DOOR "?tenant=7", body);
    assert_int_equal(
        status_of(receive(&r, send_raw(&r, request(&r, STATUS_DOOR "?tenant=7", header, body)))),
        204);
    assert_int_equal(
        status_of(receive(&r, send_raw(&r, request(&r, STATUS_DOOR "?tenant=8", header, body)))),
        403);
    rig_down(&r);
}

// --- what is not ---------------------------------------------------------------------------------

static void what_is_signed_for_another_address_of_ours_is_told_apart(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct str body = STR(CALL);
    struct doors_stats stats;
    struct rig r;

    (void)state;
    rig_up(&r, a);
    // "x" is the host that request() names; the scheme that a proxy took off is not known.
    const struct str right = signature("token-one", "https://x" STATUS_DOOR, body, a),
                     wrong = signature("wrong", "https://x" STATUS_DOOR, body, a);
    const struct str headers[] = {
        str_fmt(a, "X-Twilio-Signature: " STR_FMT "\r\n", STR_ARG(right)),
        str_fmt(a, "X-Twilio-Signature: " STR_FMT "\r\n", STR_ARG(wrong)),
    };
    for (size_t i = 0; i < LEN(headers); i++)
        assert_int_equal(
            status_of(receive(&r, send_raw(&r, request(&r, STATUS_DOOR, headers[i], body)))), 403);
    doors_stats(r.doors, &stats);
    assert_int_equal(stats.outcomes[DOOR_WRONG_URL], 1);
    assert_int_equal(stats.outcomes[DOOR_BAD_SIGNATURE], 1);
    assert_true(stats.last_refused[DOOR_WRONG_URL] != TIME_NONE);
    assert_true(stats.last_refused[DOOR_UNKNOWN_ACCOUNT] == TIME_NONE);
    assert_int_equal(rows_of(&r, 1), 0);
    rig_down(&r);
}

static void a_wrong_signature_is_refused_without_a_row(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;

    (void)state;
    rig_up(&r, a);
    const struct str answer = post(&r, "wrong", STATUS_DOOR, CALL);
    assert_int_equal(status_of(answer), 403);
    assert_true(str_contains(answer, STR("\"code\":\"FORBIDDEN\"")));
    assert_true(str_contains(answer, STR("\"trace_id\"")));
    assert_int_equal(status_of(post(&r, "token-one", STATUS_DOOR, "AccountSid=AC9&x=1")), 403);
    assert_int_equal(status_of(post(&r, "token-one", STATUS_DOOR, "x=1")), 403);
    assert_int_equal(rows_of(&r, 1), 0);
    assert_int_equal(outcomes(&r, DOOR_BAD_SIGNATURE), 1);
    assert_int_equal(outcomes(&r, DOOR_UNKNOWN_ACCOUNT), 2);
    rig_down(&r);
}

static void an_impossible_header_is_refused_without_reading_the_body(void **state)
{
    static const struct {
        const char *headers;
        enum door_outcome outcome;
    } rows[] = {
        {"", DOOR_NO_SIGNATURE},
        {"X-Twilio-Signature:\r\n", DOOR_MALFORMED_SIGNATURE},
        {"X-Twilio-Signature: nonsense\r\n", DOOR_MALFORMED_SIGNATURE},
        {"X-Twilio-Signature: LI27PLuy5Y9sVqJvzz74lGtCz0g=\r\n"
         "x-twilio-signature: LI27PLuy5Y9sVqJvzz74lGtCz0g=\r\n",
         DOOR_MALFORMED_SIGNATURE},
    };

    (void)state;
    FOR_EACH_ROW (row, rows) {
        _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
        struct rig r;
        rig_up(&r, a);
        const struct str head = str_fmt(a,
                                        "POST " STATUS_DOOR " HTTP/1.1\r\nHost: x\r\n"
                                        "Content-Length: 60000\r\n%s\r\n",
                                        row->headers); // and no body ever
        assert_row(status_of(receive(&r, send_raw(&r, head))) == 403, row->headers);
        assert_row(outcomes(&r, row->outcome) == 1, row->headers);
        rig_down(&r);
    }
}

static void a_body_beyond_the_limit_is_refused(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;

    (void)state;
    rig_up(&r, a);
    const struct str head = str_fmt(a,
                                    "POST " STATUS_DOOR " HTTP/1.1\r\nHost: x\r\n"
                                    "X-Twilio-Signature: LI27PLuy5Y9sVqJvzz74lGtCz0g=\r\n"
                                    "Content-Length: %d\r\n\r\n",
                                    LIMIT_WEBHOOK_BODY + 1);
    assert_int_equal(status_of(receive(&r, send_raw(&r, head))), 413);

    struct buf many;
    buf_init(&many, LIMIT_WEBHOOK_BODY);
    for (int i = 0; i <= LIMIT_FORM_FIELDS; i++)
        buf_str(&many, STR("a&"));
    const struct str too_many =
        request(&r, STATUS_DOOR, STR("X-Twilio-Signature: LI27PLuy5Y9sVqJvzz74lGtCz0g=\r\n"),
                buf_view(&many));
    assert_int_equal(status_of(receive(&r, send_raw(&r, too_many))), 413);
    assert_int_equal(outcomes(&r, DOOR_BAD_BODY), 1);
    buf_finish(&many);
    rig_down(&r);
}

static void noise_is_turned_away_and_costs_no_valid_event(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;
    uint64_t refused = 0, limited = 0;

    (void)state;
    rig_up(&r, a);
    for (int i = 0; i < 8 * BURST; i++) {
        const struct str answer =
            i % 2 ? post(&r, "wrong", STATUS_DOOR, CALL) : post_with(&r, STATUS_DOOR, "", CALL);
        refused += status_of(answer) == 403;
        limited += status_of(answer) == 429;
    }
    assert_int_equal(refused + limited, 8 * BURST);
    assert_in_range(refused, BURST, LOOPS * (BURST + 1)); // each loop has a budget of its own
    assert_int_equal(outcomes(&r, DOOR_OVER_BUDGET), limited);
    const struct str answer = post(&r, "wrong", STATUS_DOOR, CALL);
    if (status_of(answer) == 429)
        assert_true(str_contains(answer, STR("Retry-After: ")));
    for (int i = 0; i < 8; i++) {
        const struct str body = str_fmt(a, "%s&x=%d", CALL, i);
        assert_int_equal(status_of(post(&r, "token-one", STATUS_DOOR, str_z(body, a))), 204);
    }
    rig_down(&r);
}

/* A proxy brings the true and the false on the same connections. */
static void noise_costs_no_connection(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct str body = STR(CALL);
    struct rig r;

    (void)state;
    rig_up(&r, a);
    for (int i = 0; i < 8 * BURST; i++)
        (void)post(&r, "wrong", STATUS_DOOR, CALL);
    const struct str false_one =
        one_request(&r, STATUS_DOOR, signed_header(&r, "wrong", STATUS_DOOR, body), body);
    const struct str true_one =
        request(&r, STATUS_DOOR, signed_header(&r, "token-one", STATUS_DOOR, body), body);
    const struct str answers = receive(
        &r, send_raw(&r, str_fmt(a, STR_FMT STR_FMT, STR_ARG(false_one), STR_ARG(true_one))));

    assert_int_equal(status_of(answers), 429);
    assert_true(str_contains(answers, STR("HTTP/1.1 204")));
    rig_down(&r);
}

static void a_foreign_address_is_refused(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;

    (void)state;
    rig_up_with(&r, a, "192.0.2.0/24, 2001:db8::/32");
    assert_int_equal(status_of(post(&r, "token-one", STATUS_DOOR, CALL)), 403);
    assert_int_equal(outcomes(&r, DOOR_FOREIGN_PEER), 1);
    rig_down(&r);

    rig_up_with(&r, a, "192.0.2.0/24, 127.0.0.0/8");
    assert_int_equal(status_of(post(&r, "token-one", STATUS_DOOR, CALL)), 204);
    rig_down(&r);
}

// --- bad days ------------------------------------------------------------------------------------

static void when_ingestion_is_off_calls_are_still_steered(void **state)
{

    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;

    (void)state;
    rig_up(&r, a);
    r.closed = 1;
    const struct str answer = post(&r, "token-one", STATUS_DOOR, CALL);
    assert_int_equal(status_of(answer), 503);
    assert_true(str_contains(answer, STR("Retry-After: ")));
    assert_int_equal(status_of(post(&r, "token-one", INBOUND_DOOR, CALL)), 200);
    assert_int_equal(status_of(post(&r, "wrong", INBOUND_DOOR, CALL)), 403);
    assert_int_equal(rows_of(&r, 1), 0);
    assert_int_equal(status_of(post(&r, "token-two", STATUS_DOOR, OTHER_CALL)), 204); // another's
    r.closed = 0;
    assert_int_equal(status_of(post(&r, "token-one", STATUS_DOOR, CALL)), 204);
    doors_shut(r.doors);
    assert_int_equal(status_of(post(&r, "token-one", STATUS_DOOR, CALL "&x=1")), 503);
    rig_down(&r);
}

static void without_a_store_events_are_spooled_and_acknowledged(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;

    (void)state;
    rig_up(&r, a);
    fault_arm("store.send", 1, true);
    assert_int_equal(status_of(post(&r, "token-one", STATUS_DOOR, CALL)), 204);
    assert_int_equal(status_of(post(&r, "token-one", INBOUND_DOOR, CALL)), 200);
    assert_int_equal(outcomes(&r, DOOR_SPOOLED), 2);
    fault_disarm();
    rig_down(&r);
}

static void without_store_and_spool_only_live_calls_are_answered(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;

    (void)state;
    rig_up(&r, a);
    assert_int_equal(unlink(test_path(r.spool, "lock", a)), 0);
    assert_int_equal(rmdir(r.spool), 0);
    fault_arm("store.send", 1, true);
    const struct str answer = post(&r, "token-one", STATUS_DOOR, CALL);
    assert_int_equal(status_of(answer), 503);
    assert_true(str_contains(answer, STR("Retry-After: ")));
    assert_true(str_contains(post(&r, "token-one", INBOUND_DOOR, CALL), STR("<Dial ")));
    assert_int_equal(outcomes(&r, DOOR_UNAVAILABLE), 1);
    assert_int_equal(outcomes(&r, DOOR_UNRECORDED), 1);
    fault_disarm();
    rig_down(&r);
}

// --- other accounts ----------------------------------------------------------------

/* Accounts that own their secret. */
struct owned {
    struct secret *secret;
    int *n_forgotten;
};

static void forget(void *owner)
{
    struct owned *o = owner;

    (*o->n_forgotten)++;
    secret_destroy(o->secret);
    free(o);
}

static void set_account(struct rig *r, const char *sid, const char *token, int64_t project,
                        int *n_forgotten)
{
    struct owned *o = NEW(struct owned);
    struct err e = {0};

    *o = (struct owned){secret_create(str_from(token)), n_forgotten};
    const struct door_account account = {
        STR("twilio"), str_from(sid), project, {o->secret}, &routing, 0, 0};
    const struct door_accounts in = {&account, 1, forget, o};
    assert_ok(doors_set_accounts(r->doors, &in, &e), &e);
}

static void other_accounts_count_from_the_next_visit_on(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;
    struct err e = {0};
    int n_forgotten = 0;

    (void)state;
    rig_up(&r, a);
    assert_int_equal(status_of(post(&r, "token-one", STATUS_DOOR, CALL)), 204);
    assert_int_equal(doors_accounts(r.doors), 2);
    set_account(&r, "AC3", "token-three", 3, &n_forgotten);
    assert_int_equal(doors_accounts(r.doors), 1);
    assert_int_equal(status_of(post(&r, "token-one", STATUS_DOOR, CALL "&x=1")), 403);
    assert_int_equal(status_of(post(&r, "token-three", STATUS_DOOR, "AccountSid=AC3&x=2")), 204);
    assert_int_equal(rows_of(&r, 3), 1);
    // Many times at once: a loop that nobody visits has nothing to do for it.
    for (int i = 0; i < 20; i++)
        set_account(&r, "AC4", "token-four", 4, &n_forgotten);
    assert_in_range(n_forgotten, 18, 20); // one that was used, or two, and the last, may be held
    assert_int_equal(status_of(post(&r, "token-four", INBOUND_DOOR, "AccountSid=AC4&x=3")), 200);

    const struct door_account keyless = {STR("twilio"), STR("AC5"), 5, {NULL}, NULL, 0, 0};
    assert_refused(doors_set_accounts(r.doors, &(struct door_accounts){.p = &keyless, .n = 1}, &e),
                   &e, ERR_INVALID);
    assert_int_equal(status_of(post(&r, "token-four", STATUS_DOOR, "AccountSid=AC4&x=4")), 204);
    assert_ok(doors_set_accounts(r.doors, &(struct door_accounts){.n = 0}, &e), &e);
    assert_int_equal(status_of(post(&r, "token-four", STATUS_DOOR, "AccountSid=AC4&x=5")), 403);
    rig_down(&r);
    assert_int_equal(n_forgotten, 21);
}

// --- opening -------------------------------------------------------------------------------------

static void doors_without_keys_or_address_do_not_open(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(secret_destroyp) struct secret *empty = secret_create(STR(""));
    struct door_account account = {STR("twilio"), STR("AC1"), 1, {empty}, NULL, 0, 0};
    struct doors *d;
    struct rig r;
    struct err e;

    (void)state;
    rig_up(&r, a);
    struct doors_options o = options(&r);
    o.accounts = (struct door_accounts){.p = &account, .n = 1};
    assert_refused(doors_open(&o, &d, &e), &e, ERR_INVALID);
    account.secrets[0] = NULL;
    assert_refused(doors_open(&o, &d, &e), &e, ERR_INVALID);

    static const char *const urls[] = {"",         "calls.example.com", "https://",
                                       "ftp://x",  "https://x/?a",      "https://x/#b",
                                       "https:///"};
    FOR_EACH_ROW (url, urls) {
        o = options(&r);
        o.base_url = str_from(*url);
        assert_row(!doors_open(&o, &d, &e), *url);
    }
    o = options(&r);
    o.allowed_peers = STR("192.0.2.0/33");
    assert_refused(doors_open(&o, &d, &e), &e, ERR_INVALID);
    rig_down(&r);
}

// --- how much a project may bring in -------------------------------------------------------------

/* AC1 may bring in so many, and have so many that wait; AC2 as it likes. */
static void limit_first(struct rig *r, int64_t per_minute, int64_t waiting_max)
{
    const struct door_account accounts[] = {
        {STR("twilio"), STR("AC1"), 1, {r->first}, &routing, per_minute, waiting_max},
        {STR("twilio"), STR("AC2"), 2, {r->second}, &routing, 0, 0},
    };
    struct err e = {0};

    assert_ok(doors_set_accounts(r->doors,
                                 &(struct door_accounts){.p = accounts, .n = LEN(accounts)}, &e),
              &e);
}

static struct str a_call(struct rig *r, int i, const char *account)
{
    return str_fmt(r->a,
                   "AccountSid=%s&CallSid=CA%032d&CallStatus=ringing&From=%%2B1508&To=%%2B1617",
                   account, i);
}

/* It asks whether the way is open: what its project may bring in is another question. */
static void the_canary_is_answered_whatever_its_project_may(void **state)
{
    const char *canary = "AccountSid=AC1&CallSid=CA0&CallStatus=ringing&HookswitchCanary=1";
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct doors_stats stats;
    struct rig r;

    (void)state;
    rig_up(&r, a);
    limit_first(&r, 6, 0); // one in ten seconds
    for (int i = 0; i < 3; i++)
        assert_int_equal(status_of(post(&r, "token-one", STATUS_DOOR, canary)), 204);
    assert_int_equal(status_of(post(&r, "token-one", STATUS_DOOR, a_call(&r, 0, "AC1").p)), 204);
    assert_int_equal(status_of(post(&r, "token-one", STATUS_DOOR, a_call(&r, 1, "AC1").p)), 429);
    assert_int_equal(status_of(post(&r, "token-one", STATUS_DOOR, canary)), 204);
    r.closed = 1;
    assert_int_equal(status_of(post(&r, "token-one", STATUS_DOOR, canary)), 204);
    doors_shut(r.doors);
    assert_int_equal(status_of(post(&r, "token-one", STATUS_DOOR, canary)), 503);
    assert_int_equal(status_of(post(&r, "wrong", STATUS_DOOR, canary)), 403);
    doors_stats_of(r.doors, 1, false, &stats);
    assert_int_equal(stats.outcomes[DOOR_CANARY], 5);
    assert_int_equal(rows_of(&r, 1), 1);
    rig_down(&r);
}

static void a_project_over_its_rate_is_put_off_and_no_other_is(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct doors_stats one, two;
    struct rig r;

    (void)state;
    rig_up(&r, a);
    limit_first(&r, 6, 0); // one in ten seconds
    assert_int_equal(status_of(post(&r, "token-one", STATUS_DOOR, a_call(&r, 0, "AC1").p)), 204);
    const struct str answer = post(&r, "token-one", STATUS_DOOR, a_call(&r, 1, "AC1").p);
    assert_int_equal(status_of(answer), 429);
    assert_true(str_contains(answer, STR("Retry-After: 10\r\n")) ||
                str_contains(answer, STR("Retry-After: 9\r\n")));
    assert_int_equal(status_of(post(&r, "wrong", STATUS_DOOR, a_call(&r, 1, "AC1").p)), 403);
    assert_int_equal(status_of(post(&r, "token-one", INBOUND_DOOR, a_call(&r, 2, "AC1").p)), 200);
    for (int i = 3; i < 6; i++)
        assert_int_equal(status_of(post(&r, "token-two", STATUS_DOOR, a_call(&r, i, "AC2").p)),
                         204);
    assert_int_equal(rows_of(&r, 1), 2); // the voice request is kept as well
    assert_int_equal(rows_of(&r, 2), 3);

    doors_stats_of(r.doors, 1, false, &one);
    doors_stats_of(r.doors, 2, false, &two);
    assert_int_equal(one.outcomes[DOOR_STORED], 2);
    assert_int_equal(one.outcomes[DOOR_OVER_LIMIT], 1);
    assert_int_equal(one.outcomes[DOOR_BAD_SIGNATURE], 1);
    assert_int_equal(one.received, 4);
    assert_int_equal(two.outcomes[DOOR_STORED], 3);
    assert_int_equal(two.received, 3);
    assert_true(one.last_refused[DOOR_OVER_LIMIT] != TIME_NONE);
    assert_true(two.last_refused[DOOR_OVER_LIMIT] == TIME_NONE);
    rig_down(&r);
}

static void a_project_with_too_much_that_waits_is_put_off(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;

    (void)state;
    rig_up(&r, a);
    limit_first(&r, 0, 3);
    doors_set_waiting(r.doors, (struct inbox_waiting[]){{1, 1}, {2, 1000}, {99, 1}}, 3);
    for (int i = 0; i < 4; i++) // what came since counts, too
        assert_int_equal(status_of(post(&r, "token-one", STATUS_DOOR, a_call(&r, i, "AC1").p)),
                         i < 2 ? 204 : 429);
    assert_int_equal(status_of(post(&r, "token-one", INBOUND_DOOR, a_call(&r, 5, "AC1").p)), 200);
    assert_int_equal(status_of(post(&r, "token-two", STATUS_DOOR, a_call(&r, 6, "AC2").p)), 204);
    doors_set_waiting(r.doors, NULL, 0);
    assert_int_equal(status_of(post(&r, "token-one", STATUS_DOOR, a_call(&r, 7, "AC1").p)), 204);
    rig_down(&r);
}

static void what_names_nobodys_account_is_counted_for_no_project(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct doors_stats one, strangers;
    struct rig r;

    (void)state;
    rig_up(&r, a);
    assert_int_equal(status_of(post(&r, "token-one", STATUS_DOOR, a_call(&r, 0, "AC9").p)), 403);
    doors_stats_of(r.doors, 1, false, &one);
    doors_stats_of(r.doors, 1, true, &strangers);
    assert_int_equal(one.received, 0);
    assert_int_equal(strangers.outcomes[DOOR_UNKNOWN_ACCOUNT], 1);
    assert_int_equal(outcomes(&r, DOOR_UNKNOWN_ACCOUNT), 1);
    assert_int_equal(doors_accounts_of(r.doors, 1), 1);
    assert_int_equal(doors_accounts_of(r.doors, 9), 0);
    rig_down(&r);
}

TEST_MAIN(cmocka_unit_test(a_signed_event_is_kept_and_acknowledged_once),
          cmocka_unit_test(a_new_call_is_kept_and_told_where_to_go),
          cmocka_unit_test(both_tokens_of_a_rotation_open_and_no_other),
          cmocka_unit_test(f070_fifty_copies_at_once_are_one_event),
          cmocka_unit_test(a_query_is_part_of_what_is_signed),
          cmocka_unit_test(what_is_signed_for_another_address_of_ours_is_told_apart),
          cmocka_unit_test(a_wrong_signature_is_refused_without_a_row),
          cmocka_unit_test(an_impossible_header_is_refused_without_reading_the_body),
          cmocka_unit_test(a_body_beyond_the_limit_is_refused),
          cmocka_unit_test(noise_is_turned_away_and_costs_no_valid_event),
          cmocka_unit_test(noise_costs_no_connection),
          cmocka_unit_test(a_foreign_address_is_refused),
          cmocka_unit_test(when_ingestion_is_off_calls_are_still_steered),
          cmocka_unit_test(without_a_store_events_are_spooled_and_acknowledged),
          cmocka_unit_test(without_store_and_spool_only_live_calls_are_answered),
          cmocka_unit_test(other_accounts_count_from_the_next_visit_on),
          cmocka_unit_test(doors_without_keys_or_address_do_not_open),
          cmocka_unit_test(the_canary_is_answered_whatever_its_project_may),
          cmocka_unit_test(a_project_over_its_rate_is_put_off_and_no_other_is),
          cmocka_unit_test(a_project_with_too_much_that_waits_is_put_off),
          cmocka_unit_test(what_names_nobodys_account_is_counted_for_no_project))
