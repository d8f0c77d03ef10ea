#ifndef SANDBOX_TWILIO_RESOURCE_H
#define SANDBOX_TWILIO_RESOURCE_H
/* Calls and recordings as the REST API shows them: nearly every value a text, or null. */
#include "base/json.h"
#include "sandbox/twilio/sim.h"

void resource_leg(struct json_writer *w, const struct sim *sim, const struct leg *leg);
void resource_recording(struct json_writer *w, const struct sim *sim, const struct recording *r);

#endif
