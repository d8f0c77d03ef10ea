#ifndef SANDBOX_TWILIO_LEG_H
#define SANDBOX_TWILIO_LEG_H
/*
 * A call as Twilio's API knows it, that is one leg, and its recordings; and the list of all. Legs
 * are created by scenes and outlive them, so that the REST API can tell of them.
 */
#include "sandbox/twilio/flow.h"

#include "sandbox/twilio/params.h"

enum { SID_LEN = 34 };

enum leg_direction { LEG_INBOUND, LEG_OUTBOUND_API, LEG_OUTBOUND_DIAL, LEG_DIRECTION_COUNT };

struct leg {
    struct arena *a;
    struct str sid, parent_sid; /* no parent: STR_NONE */
    struct str account;
    enum leg_direction direction;
    struct str from, to;
    struct str caller_name, forwarded_from, sip_call_id;
    enum leg_status status;
    usec_t created, started, ended, updated; /* TIME_NONE: not yet */
    bool answered;                           /* was ever in progress */
    int sip_code;
    struct str callback; /* status callback, with its fragment; STR_NONE: none */
    unsigned events;     /* those it wants */
    bool callback_by_get;
    unsigned sequence;   /* of the next callback */
    struct scene *scene; /* while it plays */
};

struct recording {
    struct str sid;
    const struct leg *leg;
    usec_t started, ended; /* ended: TIME_NONE while it runs */
    bool dual;
    const char *source;
};

/* "CA" and the like, and 32 hex digits. */
struct str sid_new(const char prefix[3], struct rng *r, struct arena *a);

const char *leg_status_name(enum leg_status s);      /* as callbacks say it */
const char *leg_status_rest_name(enum leg_status s); /* as the API says it */
const char *leg_direction_name(enum leg_direction d);
bool leg_is_sip(struct str address);
/* As the API tells it: of a call that nobody answered, when it ended. TIME_NONE while it rings. */
usec_t leg_start_time(const struct leg *leg);
/* Seconds from start to end, 0 when it was not answered or is not over. */
int64_t leg_duration(const struct leg *leg);
/* Price in 0.00001 USD; 0: free. */
int64_t leg_price(const struct leg *leg);
/* Of a recording: seconds that were begun. 0 when it is not over. */
int64_t recording_duration(const struct recording *r);

/* The parameters that every request about this leg has. */
void leg_params(const struct leg *leg, struct params *p);
/* Those of a status callback beside them. */
void leg_status_params(const struct leg *leg, struct params *p);

// --- all of them, oldest first -------------------------------------------------------------------

struct world {
    struct leg **legs;
    size_t n_legs, room_legs;
    struct recording **recordings;
    size_t n_recordings, room_recordings;
};

void world_finish(struct world *w);
/* A zeroed leg with an arena and a sid of its own. The oldest ones are forgotten in time. */
struct leg *world_add_leg(struct world *w, struct rng *r);
struct recording *world_add_recording(struct world *w, struct leg *leg, struct rng *r);
/* NULL: unknown. */
struct leg *world_leg(const struct world *w, struct str sid);
struct recording *world_recording(const struct world *w, struct str sid);

#endif
