#ifndef PROVIDERS_TWILIO_CHECK_H
#define PROVIDERS_TWILIO_CHECK_H
/*
 * Is the account's token right, and do the calls of the project's numbers come to us? Asked of
 * Twilio's REST API (2010-04-01): the account itself, then its IncomingPhoneNumbers, page by page,
 * and the application of a number that has one.
 *
 * Of a number that does not come to us it is said where it goes instead: a trunk counts before an
 * application, an application before the URL, as Twilio has it.
 */
#include "providers/provider.h"

provider_check_fn twilio_check;

#endif
