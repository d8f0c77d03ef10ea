#ifndef SANDBOX_TWILIO_POST_H
#define SANDBOX_TWILIO_POST_H
/*
 * The post office: signs what Twilio sends, hands it to the sender, keeps the books.
 *
 * Chaos happens here. Status callbacks may be lost, delayed, or held back until the next one of
 * their scene has left; anything may arrive twice, with the same token; and beside anything a
 * forged copy may come, which has to be refused.
 */
#include "sandbox/twilio/sim.h"

struct sender_answer;

/* A scene's own: its dice, and the callback that is held back. */
struct post_slip {
    struct rng rng;
    struct request *held;
};

struct letter {
    struct str url; /* absolute, with its fragment */
    bool get;
    const struct params *params;
    /* Of a request for a document; NULL: a callback, whose answer concerns only the books. */
    void (*on_answer)(const struct sender_answer *answer, void *arg);
    void *arg;
};

struct post_books {
    uint64_t sent, acknowledged, refused, unanswered;
    uint64_t lost;                        /* by chaos */
    uint64_t forged, forged_acknowledged; /* the latter must stay 0 */
};

bool post_create(struct sim *sim, struct post **ret, struct err *e) CHECK_RESULT;
/* Drops what is on its way. */
void post_destroy(struct post *post);
void post_send(struct post *post, struct post_slip *slip, const struct letter *letter);
/* Sends what is held back: the scene is over. */
void post_flush(struct post_slip *slip);
/* Forgets it: the scene is broken off. */
void post_drop(struct post_slip *slip);
/* As sender_work, sender_wake. */
void post_work(struct post *post, usec_t wait, int fd);
void post_wake(struct post *post);
/* Nothing on its way, nothing delayed. */
bool post_is_idle(const struct post *post);
const struct post_books *post_books(const struct post *post);

#endif
