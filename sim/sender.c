/*
 * The sandbox's sender on the world's network: what sandbox/twilio/post.c sends goes to a node, and
 * is sent again, a limited number of times and with growing waits, until it is acknowledged. Now
 * and then the same event comes once more with another parameter, and so another signature.
 */
#include "sandbox/twilio/sender.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "sandbox/twilio/params.h"
#include "sandbox/twilio/url.h"
#include "sim/fate.h"
#include "sim/net.h"
#include "sim/node.h"
#include "sim/oracle.h"
#include "sim/provider.h"
#include "sim/trace.h"

#define PATIENCE SECONDS(15)
#define LONGEST_WAIT SECONDS(60)

enum { N_HEADERS = 2, FIELDS_MAX = 200 };

struct attempt {
    struct net_request net;
    struct attempt *next; /* among those that are answered */
    struct sender *sender;
    struct request *rq; /* NULL: a second copy, whose answer is nobody's */
    struct http_header headers[N_HEADERS];
    struct sent *sent;
    bool poison;
    struct arena *a;
    uint32_t tries;
    int status;
    struct buf body;
};

struct sender {
    struct attempt *answered, **last;
    size_t n_pending;
    struct secret *token;
    struct hmac *key;
};

struct sender *sender_create(size_t max_in_flight)
{
    struct sender *s = NEW(struct sender);

    (void)max_in_flight;
    s->last = &s->answered;
    s->token = secret_create(STR(SIM_TOKEN));
    s->key = hmac_create(HMAC_SHA1, s->token);
    return s;
}

void sender_destroy(struct sender *s)
{
    (void)s; // the world ends with it
}

size_t sender_pending(const struct sender *s)
{
    return s->n_pending;
}

// --- one request ---------------------------------------------------------------------------------

static void on_given(struct net_request *r, int status, bool kept)
{
    const struct attempt *at = container_of(r, struct attempt, net);

    if (kept)
        oracle_acknowledged(at->sent);
    else if (status == 204)
        oracle_fail("a door answered 204 although nothing was kept");
}

static void go(void *arg)
{
    struct attempt *at = arg;

    net_send(&at->net, PATIENCE);
}

static bool is_final_answer(const struct attempt *at)
{
    return at->status / 100 == 2 || at->status / 100 == 4;
}

static usec_t pause_of(const struct attempt *at)
{
    const usec_t wait = SECONDS(1) << (at->tries < 6 ? at->tries : 6);

    return wait < LONGEST_WAIT ? wait : LONGEST_WAIT;
}

static void on_end(struct net_request *r, int status, struct str body)
{
    struct attempt *at = container_of(r, struct attempt, net);

    at->status = status;
    at->tries++;
    if (!is_final_answer(at) && at->tries <= fate_plan()->retries) {
        fate_struck(FATE_RETRY);
        net_after(pause_of(at), go, at);
        return;
    }
    buf_str(&at->body, body);
    *at->sender->last = at;
    at->sender->last = &at->next;
    fiber_wake_all(at->sender);
}

static struct str path_of(struct str url)
{
    (void)cut_lit(&url, STR(SIM_PUBLIC)); // or it is a URL of somebody else: refused
    return str_sub(url, 0, str_find(url, '?'));
}

static struct attempt *attempt_new(struct sender *s, struct request *rq, struct str body,
                                   struct str signature)
{
    struct arena *a = arena_create(0);
    struct attempt *at = arena_new(a, struct attempt, 1);
    struct form fields = {0};
    struct err e = {0};

    at->a = a;
    at->sender = s;
    at->rq = rq;
    buf_init(&at->body, SIZE_MAX);
    at->headers[0] = (struct http_header){STR("Content-Type"),
                                          STR("application/x-www-form-urlencoded; charset=UTF-8")};
    at->headers[1] = (struct http_header){STR("X-Twilio-Signature"), str_dup(signature, a)};
    at->net = (struct net_request){
        .rq =
            {
                .method = HTTP_POST,
                .target = str_dup(path_of(rq->url), a),
                .path = str_dup(path_of(rq->url), a),
                .query = STR_NONE,
                .headers = at->headers,
                .n_headers = N_HEADERS,
                .body = str_dup(body, a),
                .peer = STR("192.0.2.1"),
                .scheme = STR("https"),
            },
        .on_given = on_given,
        .on_end = on_end,
    };
    if (!form_parse(at->net.rq.body, FIELDS_MAX, a, &fields, &e))
        abort(); // we have written it ourselves
    at->poison = provider_is_poison(&fields);
    at->sent = oracle_sent(at->net.rq.path, &fields, at->poison);
    return at;
}

/* The same event, with something more in it. */
static void send_resigned(struct sender *s, struct request *rq)
{
    struct arena *a = arena_create(0);
    char signature[SIGNATURE_LEN + 1];
    struct form fields = {0};
    struct params p;
    struct err e = {0};

    params_init(&p, a);
    if (!form_parse(rq->body, FIELDS_MAX, a, &fields, &e))
        abort();
    for (size_t i = 0; i < fields.n; i++)
        params_add(&p, str_z(fields.fields[i].name, a), fields.fields[i].value);
    params_add(&p, "Again", STR("yes"));
    params_sign(&p.form, rq->url, s->key, signature);
    struct attempt *at = attempt_new(s, rq, params_encode(&p), str_from(signature));
    at->rq = NULL;
    s->n_pending++;
    fate_struck(FATE_RESIGNED);
    net_after(dice_between(&world.dice, 0, SECONDS(5)), go, at);
    arena_destroy(a);
}

void sender_submit(struct sender *s, struct request *rq)
{
    struct attempt *at = attempt_new(s, rq, rq->body, rq->signature);

    s->n_pending++;
    // Without a sid only its body tells an event from others: then another body is another event.
    if (!at->poison && (double)dice_below(&world.dice, 1000) < fate_plan()->resigned * 1000)
        send_resigned(s, rq);
    net_after(0, go, at);
}

// --- answers -------------------------------------------------------------------------------------

static void deliver(struct attempt *at)
{
    struct request *rq = at->rq;
    const struct sender_answer answer = {
        .status = at->status, .problem = "", .body = buf_view(&at->body)};

    at->sender->n_pending--;
    if (!rq)
        return;
    rq->attempts = at->tries;
    rq->on_answer(rq, &answer);
    arena_destroy(rq->a);
}

void sender_work(struct sender *s, usec_t wait, int fd)
{
    (void)fd;
    if (!s->answered)
        (void)fiber_wait(s, world.now + wait);
    while (s->answered) {
        struct attempt *at = s->answered;
        s->answered = at->next;
        if (!s->answered)
            s->last = &s->answered;
        deliver(at);
    }
}

void sender_wake(struct sender *s)
{
    fiber_wake_all(s);
}
