#ifndef SANDBOX_TWILIO_URL_H
#define SANDBOX_TWILIO_URL_H
/* Webhook URLs: resolved against the document that names them; the fragment says how to connect. */
#include "base/str.h"

struct arena;

/* The absolute http(s) URL, fragment included; STR_NONE when there is none. */
struct str url_resolve(struct str base, struct str reference, struct arena *a);

enum { RETRY_CONNECT = 1, RETRY_READ = 2, RETRY_4XX = 4, RETRY_5XX = 8 };

/* How a webhook is delivered. */
struct url_overrides {
    uint32_t connect_ms, read_ms, total_ms;
    uint32_t retries;
    unsigned retry_on;
};

/* Cuts the fragment off (it is neither sent nor signed) and reads it: ct, rt, tt, rc, rp. What is
 * out of range or unknown leaves the default: 5 s, 15 s, 15 s, one retry, on connect failures. */
struct url_overrides url_cut_overrides(struct str *url);

#endif
