#ifndef INBOX_INTERNAL_H
#define INBOX_INTERNAL_H
/* The writer without its thread, for who drives it by hand: inbox_start() is this and a loop. */
#include "inbox/inbox.h"

bool inbox_create(const struct inbox_options *o, struct inbox **ret, struct err *e) CHECK_RESULT;
/* Nothing that was submitted waits. Accepts NULL. */
void inbox_destroy(struct inbox *in);
DEFINE_CLEANUP(struct inbox, inbox_destroy)
/* Takes what was submitted, waiting at most so long for it, and does what can be done now. */
void inbox_step(struct inbox *in, usec_t wait);
/* Whether something is waiting, sent or spooled. */
bool inbox_is_busy(const struct inbox *in);

#endif
