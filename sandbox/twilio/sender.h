#ifndef SANDBOX_TWILIO_SENDER_H
#define SANDBOX_TWILIO_SENDER_H
/*
 * Webhooks on their way: many at once over kept connections, a bounded number in flight, the rest
 * waits in line. Retried is only what the URL's overrides ask for, as a rule a failed connect, with
 * the same idempotency token. One thread uses it; sender_wake() may come from any.
 */
#include "base/err.h"
#include "base/time.h"
#include "sandbox/twilio/url.h"

struct arena;
struct sender;

struct sender_answer {
    int status; /* 0: none; `problem` says why */
    const char *problem;
    struct str body;
};

struct request {
    struct arena *a; /* its memory; the sender destroys it after on_answer */
    struct str url;  /* exactly as signed */
    struct url_overrides how;
    struct str body; /* STR_NONE: GET */
    struct str signature, token;
    /* Once. The answer is gone afterwards. */
    void (*on_answer)(struct request *rq, const struct sender_answer *answer);
    void *arg;
    /* The sender's own */
    struct request *next;
    uint32_t attempts;
};

struct sender *sender_create(size_t max_in_flight);
/* Drops what is on its way; no on_answer comes any more. */
void sender_destroy(struct sender *s);
void sender_submit(struct sender *s, struct request *rq);
/* Waits at most `wait` for the network, for `fd` to be readable or for sender_wake(); calls
 * on_answer for what has been answered. */
void sender_work(struct sender *s, usec_t wait, int fd);
void sender_wake(struct sender *s);
/* Requests that are not answered yet. */
size_t sender_pending(const struct sender *s);

#endif
