#ifndef STORE_POSTGRES_SESSION_H
#define STORE_POSTGRES_SESSION_H
/*
 * A connection's life: made closed, opened and set up at its next use, again and again. After two
 * failed attempts all connections of a use wait a little before the next one and fail at once
 * meanwhile.
 */
#include "base/err.h"

struct db;
struct db_ears;
struct store;

struct db *session_create(struct store *s);
void session_destroy(struct db *db);
/* Connects if it has to, and if it may: inside of a transaction a lost link is not replaced. */
bool session_ensure_open(struct db *db, struct err *e) CHECK_RESULT;
bool session_ping(struct db *db, struct err *e) CHECK_RESULT;
/* See db_hear(). */
bool session_hear(struct db *db, const struct db_ears *ears, struct err *e) CHECK_RESULT;

#endif
