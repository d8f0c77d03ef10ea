#ifndef PROVIDERS_TWILIO_URL_H
#define PROVIDERS_TWILIO_URL_H
/*
 * The forms of one URL that a signature may have been made over.
 *
 * A request's URL is a configured base and a raw target. It is split without changing a byte, so
 * that it can be hashed with or without a port. The escaped forms repeat what the vendor's library
 * inherits from its platform: the URL as the WHATWG URL standard prints it, and the query string
 * taken apart and put together again by Node's `querystring`.
 */
#include "base/str.h"

struct arena;

/* The pieces, in order, are the URL; each may be empty. */
struct twilio_url {
    struct str scheme;   /* "https://" */
    struct str userinfo; /* "user:password@" */
    struct str host;
    struct str port;   /* ":8443" */
    struct str rest;   /* path and query, as far as they stand in the first argument … */
    struct str target; /* … and those of the second */
};

/* False when the base does not start with a scheme and "://". */
bool twilio_url_split(struct str base, struct str target, struct twilio_url *ret) CHECK_RESULT;
/* The port that is added to a URL without one: ":443" to https, ":80" to all others. */
struct str twilio_url_default_port(const struct twilio_url *u);
/* The whole text, in the arena. */
struct str twilio_url_join(const struct twilio_url *u, struct arena *a);

/*
 * As `new URL(url).toString()` of an http, https, ws or wss URL: dot segments resolved, default
 * port dropped, host in lower case, unsafe bytes escaped. STR_NONE for what cannot be normalised
 * here (other schemes, a fragment, blanks and control characters). Host names are taken as ASCII.
 */
struct str twilio_url_normalise(const struct twilio_url *u, struct arena *a);
/* The query string decoded, grouped by name and encoded again; the same URL when it has none.
 * STR_NONE when a name or value is not UTF-8. */
struct str twilio_url_requery(struct str url, struct arena *a);

#endif
