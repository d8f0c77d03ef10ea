#ifndef PROVIDERS_TWILIO_TWIML_H
#define PROVIDERS_TWILIO_TWIML_H
/*
 * TwiML: what Twilio shall do with a call that waits for our answer.
 *
 * A call from a SIP user goes out to the number it dialled, with our first owned number as the
 * caller; any other call goes to the SIP user who answers, and is rejected when there is none.
 * Callbacks are relative, so that they come back to the host that was asked.
 */
#include "base/buf.h"

/* Of an account: where its calls go. */
struct twilio_routing {
    struct str sip_user, sip_domain; /* who answers calls from outside */
    struct str caller_id;            /* E.164, shown to those who are called; may be none */
};

/* The answer to a new call. From and To as Twilio sends them; any bytes. */
void twiml_route(const struct twilio_routing *r, struct str from, struct str to, struct buf *out);
/* <Response/>: nothing more to do; ends the call after a Dial. */
void twiml_empty(struct buf *out);

#endif
