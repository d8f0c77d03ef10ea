#ifndef OPS_SERVE_H
#define OPS_SERVE_H
/*
 * `hookswitch serve`: wires the rooms together, runs until SIGTERM or SIGINT, drains, ends.
 *
 * A database that is down at start does not keep the process from starting: it listens at once,
 * answers 503 (but a caller gets his TwiML), and goes on by itself when the database is there.
 */
#include "ops/tools.h"

int serve(struct command *cmd);

#endif
