#ifndef SIM_PROVIDER_H
#define SIM_PROVIDER_H
/*
 * Twilio, played by the sandbox (sandbox/twilio/): the same stories, callbacks and signatures, on
 * the world's clock and network.
 */
#include "base/form.h"

#include "sandbox/twilio/sim.h"
#include "sim/fiber.h"

void provider_start(struct process *outside);
/* Every call is over, everything that was to be sent was answered or given up. */
bool provider_is_quiet(void);
/* Whether the event is one that nobody could ever apply. */
bool provider_is_poison(const struct form *fields);
/* What it knows. */
const struct sim *provider_sim(void);

#endif
