#include "providers/provider.h"

#include "providers/twilio/demo.h"
#include "providers/twilio/doors.h"
#include "providers/twilio/normalise.h"
#include "providers/twilio/recording.h"

const struct provider provider_twilio = {
    .name = "twilio",
    .doors = twilio_doors,
    .n_doors = LEN(twilio_doors),
    .normalise = twilio_normalise,
    .recording = twilio_recording,
    .demo = twilio_demo,
};
