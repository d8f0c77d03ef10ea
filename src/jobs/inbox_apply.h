#ifndef JOBS_INBOX_APPLY_H
#define JOBS_INBOX_APPLY_H
/*
 * The worker's work: received webhooks become changes, changes become log, snapshot and feed, in
 * one transaction with the completion of their inbox rows.
 */
#include "calls/change.h"
#include "queue/queue.h"

struct inbox_apply;

struct inbox_apply_options {
    struct call_rules_source rules;
    const struct clock *clock;
    /* The provider's translation; NULL for an unknown provider. */
    call_normalise_fn *(*normaliser_of)(struct str provider);
    /* After the commit, once per project of the batch: wakes the hub. Any thread. May be NULL. */
    void (*on_committed)(int64_t project, int64_t last_seq, void *arg);
    void *arg;
};

/* Immutable; shared by the workers; ends after them. Accepts NULL. */
struct inbox_apply *inbox_apply_create(const struct inbox_apply_options *o);
void inbox_apply_destroy(struct inbox_apply *ia);
struct queue_handler inbox_apply_handler(struct inbox_apply *ia);

/* The queries of the inbox as a queue. */
extern const struct queue_queries inbox_queue_queries;

#endif
