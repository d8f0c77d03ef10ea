#ifndef STORE_SQLITE_CAPITALS_H
#define STORE_SQLITE_CAPITALS_H
/*
 * The SQL function capitals(text): a text as the search compares it, whatever its alphabet; ß is
 * SS. SQLite's own lower() and LIKE know the 26 letters of ASCII. On PostgreSQL migration 0002
 * makes a function of that name.
 */
#include <sqlite3.h>

/* Adds the function to a connection; an SQLite code. */
int capitals_add(sqlite3 *handle);

#endif
