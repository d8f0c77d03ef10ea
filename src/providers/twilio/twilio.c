#include "providers/provider.h"

#include "providers/twilio/calls.h"
#include "providers/twilio/canary.h"
#include "providers/twilio/check.h"
#include "providers/twilio/demo.h"
#include "providers/twilio/doors.h"
#include "providers/twilio/normalise.h"
#include "providers/twilio/recording.h"
#include "providers/twilio/twiml.h"
#include "base/arena.h"

static const void *routing(const struct provider_routing *in, struct arena *a)
{
    struct twilio_routing *r = arena_new(a, struct twilio_routing, 1);

    *r = (struct twilio_routing){in->sip_user, in->sip_domain, in->caller_id};
    return r;
}

const struct provider provider_twilio = {
    .name = "twilio",
    .doors = twilio_doors,
    .n_doors = LEN(twilio_doors),
    .routing = routing,
    .normalise = twilio_normalise,
    .recording = twilio_recording,
    .calls = &twilio_calls,
    .check = twilio_check,
    .canary = twilio_canary,
    .demo = twilio_demo,
};
