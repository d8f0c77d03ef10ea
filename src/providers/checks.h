#ifndef PROVIDERS_CHECKS_H
#define PROVIDERS_CHECKS_H
/*
 * Does what the providers know of a project's connections lead here? Our own address, the secrets
 * of its accounts, and each of its numbers. It asks others and waits for them, so only a few at a
 * time, and fewer of one project.
 */
#include "providers/account_book.h"

struct checks;

struct places;

struct checks_options {
    struct account_shelf *accounts;
    struct places *places; /* borrowed */
    struct asked *asked;   /* the same; NULL: nothing is counted */
    struct str our_url;    /* WEBHOOK_BASE_URL */
    bool is_near;          /* the provider is a sandbox of this machine, and reaches any address */
};

/* After http_fetch_init(). */
struct checks *checks_open(const struct checks_options *o);
/* What is under way ends within a second. */
void checks_stop(struct checks *c);
/* Nobody checks any more. Accepts NULL. */
void checks_close(struct checks *c);

/* ERR_UNAVAILABLE: no place is free. What is wrong is no failure but a finding. */
bool checks_run(struct checks *c, int64_t project, struct arena *a, struct findings *ret,
                struct err *e) CHECK_RESULT;

#endif
