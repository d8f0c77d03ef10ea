#ifndef SANDBOX_TWILIO_FLOW_H
#define SANDBOX_TWILIO_FLOW_H
/*
 * What happens in a call, as tables. A story says who calls and which flow the call takes; a flow
 * is a list of steps with their waits; where our answer to a request for instructions decides, the
 * flow names the one that takes over.
 */
#include "base/clock.h"
#include "sandbox/twilio/twiml.h"

enum leg_status {
    LEG_QUEUED,
    LEG_INITIATED,
    LEG_RINGING,
    LEG_IN_PROGRESS,
    LEG_COMPLETED,
    LEG_BUSY,
    LEG_NO_ANSWER,
    LEG_CANCELED,
    LEG_FAILED,
    LEG_STATUS_COUNT
};

enum leg_role { PARENT, CHILD, LEG_ROLE_COUNT };

enum act {
    ACT_ASK,      /* the call's URL is asked for instructions; the answer decides */
    ACT_DIAL,     /* the document's target becomes the child leg */
    ACT_PROGRESS, /* the leg reaches `status` */
    ACT_RECORD,   /* a recording begins, if the story or the document wants one */
    ACT_END,      /* the leg ends as `status`, with the SIP code `sip` */
    ACT_REPORT,   /* the Dial's action URL is told how the child leg went */
    ACT_RECORDED, /* the recording is ready */
    ACT_COUNT
};

/* A step is left out when its leg does not exist, is over, or is past that status. */
struct step {
    enum act act;
    enum leg_role leg;
    enum leg_status status;
    int sip;
    struct {
        uint32_t least, most; /* milliseconds before it happens */
    } wait;
    bool rings; /* the wait is ringing: it is never longer than the Dial's timeout */
};

struct flow {
    const char *name;
    const struct step *steps;
    size_t n;
    /* After ACT_ASK: the flow that takes over; NULL: this one goes on. */
    const struct flow *on[TWIML_KIND_COUNT];
};

enum origin {
    FROM_OUTSIDE,  /* somebody calls the owned number */
    FROM_SIP_USER, /* our SIP user dials somebody */
    FROM_SIP_CODE, /* our SIP user dials what is no number */
    FROM_API,      /* placed with POST /Calls.json */
    ORIGIN_COUNT
};

struct story {
    const char *name;
    enum origin from;
    const struct flow *flow;
    unsigned weight; /* how often, relative to the others */
    bool recorded;
};

extern const struct story flow_stories[];
extern const size_t flow_n_stories;

/* A story by its weight. */
const struct story *flow_pick(struct rng *r);
/* What becomes of a call placed through the REST API; some numbers always fare the same. */
const struct flow *flow_of_number(struct str to, struct rng *r);

/* Ended from outside: POST /Calls/{sid} with Status=completed, =canceled, or a new document. */
extern const struct flow flow_ended, flow_canceled, flow_redirected;

static inline bool leg_status_is_final(enum leg_status s)
{
    return s >= LEG_COMPLETED;
}

#endif
