#ifndef BENCH_ANSWER_H
#define BENCH_ANSWER_H
/*
 * Just enough HTTP to know where a message ends. Not a parser to learn from: it trusts its peer,
 * which is always one of the servers under measurement, and refuses what they do not send.
 */
#include <stdbool.h>
#include <stddef.h>

/*
 * Length of the whole message (request or answer, head and body) that begins at p, which holds n
 * bytes and a terminating zero; 0 when more bytes are needed. *ret_status is the answer's status,
 * or 0 for a request.
 */
size_t answer_length(const char *p, size_t n, int *ret_status);
/* Length of the head alone, with its empty line; 0 when more bytes are needed. */
size_t answer_head_length(const char *p, size_t n);
/* Whether the peer closes the connection behind the answer of n bytes that begins at p. */
bool answer_closes(const char *p, size_t n);

#endif
