#ifndef PROVIDERS_TWILIO_CANARY_H
#define PROVIDERS_TWILIO_CANARY_H
/* A webhook of our own, signed as Twilio signs: it is told from a call's by a field that the
 * signature covers. */
#include "providers/provider.h"

provider_canary_fn twilio_canary;
/* For struct door. */
bool twilio_is_canary(const struct door_visit *v);

#endif
