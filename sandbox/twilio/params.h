#ifndef SANDBOX_TWILIO_PARAMS_H
#define SANDBOX_TWILIO_PARAMS_H
/* The parameters of a webhook, and the signature over them. */
#include "base/crypto.h"
#include "base/form.h"
#include "base/time.h"

enum { PARAMS_MAX = 80, SIGNATURE_LEN = 28 };

struct params {
    struct form form;
    struct arena *a;
};

void params_init(struct params *p, struct arena *a);
/* Copies the value. STR_NONE adds nothing; the empty text is a parameter without a value. */
void params_add(struct params *p, const char *name, struct str value);
void params_add_number(struct params *p, const char *name, int64_t value);
/* As Twilio writes instants: RFC 2822. */
void params_add_time(struct params *p, const char *name, usec_t at);
/* The form body, in the arena. */
struct str params_encode(const struct params *p);

/*
 * X-Twilio-Signature: base64 of HMAC-SHA1 over the URL exactly as requested and the parameters,
 * sorted by name. h is an HMAC_SHA1 keyed with the auth token.
 */
void params_sign(const struct form *f, struct str url, struct hmac *h, char ret[SIGNATURE_LEN + 1]);

#endif
