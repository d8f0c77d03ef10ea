#ifndef PROVIDERS_ASKED_H
#define PROVIDERS_ASKED_H
/*
 * How often providers were asked, how they answered, and how long that took: for /metrics. Counted
 * is each request that was sent, whoever sent it (calls, recordings, checks); what waits for its
 * turn and is given up is none. From any thread.
 */
#include "base/buf.h"
#include "http/fetch.h"

struct provider;
struct asked;
/* One provider's share of it. */
struct asked_of;

/* Of these providers, of which only the names count (providers[], n_providers). */
struct asked *asked_create(const struct provider *const *list, size_t n);
/* Nobody is asked any more. Accepts NULL. */
void asked_destroy(struct asked *all);

/* For http_fetch.arg. NULL: there is no such provider, or nothing is counted (all is NULL). */
struct asked_of *asked_of(struct asked *all, struct str provider);
/* For http_fetch.on_asked; its arg may be NULL. */
http_asked_fn asked_note;

/* Every outcome of every provider has its line, those that never were as well. */
void asked_write(const struct asked *all, struct buf *out);

#endif
