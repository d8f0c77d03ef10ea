#ifndef SANDBOX_TWILIO_SCENE_H
#define SANDBOX_TWILIO_SCENE_H
/*
 * A scene plays one flow: a call with its legs, from the first ring to the last callback.
 *
 * It walks the flow's steps; each has a function. Asking for a document is the only step that
 * waits for somebody else. A scene has dice of its own, drawn from the seed and its number, so that
 * what happens in it does not depend on what goes on beside it. It frees itself at its end.
 */
#include "sandbox/twilio/sim.h"

/* The next scene of the mix. */
void scene_start(struct sim *sim);

/* A call as POST /Calls.json orders it. Texts are copied. */
struct scene_order {
    struct str to, from;
    struct str url, twiml; /* one of them */
    bool url_by_get;
    struct str callback, recording_callback;
    unsigned events;
    bool callback_by_get;
    bool record;
    uint64_t timeout; /* seconds */
};
struct leg *scene_place(struct sim *sim, const struct scene_order *order);

/* What POST /Calls/{sid}.json asks of a call that is not over. */
void scene_end(struct scene *scene);
void scene_cancel(struct scene *scene);
void scene_redirect(struct scene *scene, struct str url, struct str twiml);

/* Breaks off every scene. */
void scene_destroy_all(struct sim *sim);

#endif
