#ifndef SIM_TRACE_H
#define SIM_TRACE_H
/*
 * What happened in a run: a hash always, so that two runs can be compared, and lines for people
 * when a run is traced. The tail is kept for the report of a failure.
 */
#include "base/compiler.h"

#include <stdbool.h>
#include <stdint.h>

enum trace { TRACE_OFF, TRACE_TAIL, TRACE_ALL };

void trace_begin(enum trace how);
bool trace_on(void);
void trace_hash(uint64_t v);
uint64_t trace_hashed(void);
/* A line: hashed by its event and numbers whether or not it is printed. */
void trace_note(const char *event, int64_t a, int64_t b);
/* Only for people. */
void trace_text(const char *format, ...) PRINTF_LIKE(1, 2);
/* The last lines, oldest first, to stderr. */
void trace_print_tail(void);

#endif
