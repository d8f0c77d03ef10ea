#ifndef PROVIDERS_TWILIO_NORMALISE_H
#define PROVIDERS_TWILIO_NORMALISE_H
/*
 * What Twilio sends, in the domain's words: a form field map (a JSON object; repeated names are
 * arrays, of which the first counts) becomes a call_change. Text borrows from the arena.
 */
#include "calls/change.h"

/*
 * event_type: call-inbound, call-status, recording-complete or dial-action. Refuses (ERR_INVALID)
 * another type, a payload that is not an object, and one without a CallSid; everything else that is
 * odd is kept as it is and never refused. (A call_normalise_fn: event_type, payload, received_at …)
 */
call_normalise_fn twilio_normalise;

#endif
