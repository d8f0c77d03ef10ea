#ifndef PROVIDERS_RECORDINGS_H
#define PROVIDERS_RECORDINGS_H
/*
 * Recordings, from the providers that keep them: with whose account, and not too many at once, nor
 * of one project, so that slow ones do not take every thread.
 */
#include "providers/account_book.h"

struct places;
struct recordings;

struct recordings_options {
    struct account_shelf *accounts;
    struct places *places; /* borrowed */
    struct asked *asked;   /* the same; NULL: nothing is counted */
};

bool recordings_open(const struct recordings_options *o, struct recordings **ret,
                     struct err *e) CHECK_RESULT;
/* What is under way fails within a second, and nothing begins any more. */
void recordings_stop(struct recordings *r);
/* Nobody fetches any more. Accepts NULL. */
void recordings_close(struct recordings *r);

/* Whose recording, and which. */
struct recordings_wanted {
    int64_t project;
    struct str provider;
    const struct call_recording *recording;
};

/*
 * The audio is appended to a buf, whose ceiling is how large it may be; *ret_type is audio/…
 * ERR_UNAVAILABLE: enough are under way, or the provider cannot be reached now.
 * ERR_INTEGRATION_TIMEOUT: it did not answer in time. ERR_INTEGRATION_AUTH: it refuses our
 * credentials. ERR_CONFLICT: we have no account there, or it is kept elsewhere. ERR_NOT_FOUND: it
 * was deleted. ERR_LIMIT: too large. ERR_UPSTREAM: the provider does not give it.
 */
bool recordings_fetch(struct recordings *r, const struct recordings_wanted *w, struct arena *a,
                      struct buf *audio, struct str *ret_type, struct err *e) CHECK_RESULT;

#endif
