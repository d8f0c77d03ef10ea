#ifndef PROVIDERS_TWILIO_SIGNATURE_H
#define PROVIDERS_TWILIO_SIGNATURE_H
/*
 * X-Twilio-Signature: base64 of an HMAC-SHA1 over the URL and the sorted form fields.
 *
 * The URL is the one that the sender requested: our public base URL and the raw request target,
 * never `Host`. Accepted are the forms that the vendor's own library accepts, and no others: the
 * URL without and with its port; then, for senders that sign an escaped form, the same two after
 * normalisation (WHATWG URL), and those two with the query string decoded and encoded anew.
 *
 * A body is always covered. As a rule it is a form whose fields are signed; when the URL has a
 * parameter bodySHA256 the fields are not signed, and the raw body must have that digest.
 */
#include "base/crypto.h"
#include "base/form.h"

struct twilio_signed {
    struct str base;           /* scheme://authority, perhaps with a path */
    struct str target;         /* raw path and query; may be empty */
    const struct form *fields; /* the decoded body */
    struct str body;           /* its raw bytes */
};

/* 28 characters of padded base64 for 20 bytes: what does not look so cannot be valid. */
bool twilio_signature_plausible(struct str signature);
/* h: HMAC_SHA1 keyed with an auth token. Compares in constant time. */
bool twilio_signature_valid(const struct twilio_signed *rq, struct str signature, struct hmac *h,
                            struct arena *a);

#endif
