#ifndef PROVIDERS_TWILIO_CALLS_H
#define PROVIDERS_TWILIO_CALLS_H
/*
 * Twilio's REST API on calls and recordings (2010-04-01): what is asked for, and what its answers
 * say in the domain's words. Pure: `call_sources.c` sends and receives.
 */
#include "providers/provider.h"

extern const struct provider_calls twilio_calls;

#endif
