#ifndef PROVIDERS_TWILIO_DEMO_H
#define PROVIDERS_TWILIO_DEMO_H
/* Asks the sandbox for calls, at an address that Twilio does not have: there nothing can happen. */
#include "providers/provider.h"

bool twilio_demo(const struct provider_account *account, struct arena *a,
                 struct err *e) CHECK_RESULT;

#endif
