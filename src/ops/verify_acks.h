#ifndef OPS_VERIFY_ACKS_H
#define OPS_VERIFY_ACKS_H
/*
 * Holds a store against an acknowledgement log: what a generator of events was told, and what
 * clients of the feed saw. A line is a word and its arguments, separated by one space:
 *
 *     ack PROJECT KEY                  the event of this dedupe key was acknowledged
 *     from PROJECT CLIENT EPOCH SEQ    the client follows the feed from behind SEQ on
 *     saw PROJECT CLIENT EPOCH SEQ     the client saw this event; FIRST-LAST says many at once
 *     end PROJECT CLIENT               the client has seen all that there is
 *
 * PROJECT is the number of a project or the account of a provider; KEY is the rest of the line.
 * A line that begins with # and an empty line mean nothing. A last line without its end was torn
 * off with the generator and is passed over; any other line that cannot be read is a failure.
 *
 * The generator writes `ack` when the answer has arrived, never before, and the lines of one client
 * in the order of what it saw. In another epoch than that of the store a client is only held
 * against itself: that history was replaced.
 *
 * Where the retention has deleted received webhooks of a project, one that is absent may have been
 * among them: a key does not say how old it is. It is counted, and no finding.
 *
 * Memory: a page of lines and a few hundred bytes for each client and project, however long the
 * log.
 */
#include <stdio.h>

#include "store/store.h"

struct verify_acks {
    FILE *log;
    void (*on_finding)(struct str what, void *arg);
    void *arg;
    int64_t acked, seen, clients, findings; /* filled in */
    int64_t unknown; /* acknowledged and not there, where the retention has deleted: not judged */
};

/* May run beside a server; what only its spool holds counts as missing. */
bool verify_acks(struct db *db, struct verify_acks *v, struct err *e) CHECK_RESULT;

#endif
