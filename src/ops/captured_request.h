#ifndef OPS_CAPTURED_REQUEST_H
#define OPS_CAPTURED_REQUEST_H
/* A request as an engineer has captured it: its lines end as HTTP has it, or as an editor does. */
#include "http/http.h"

/* Everything behind the empty line is the body, line ends and all. *ret borrows from the text and
 * the arena; *ret_announced is the length that the head says, or INT_NONE. */
bool captured_request_parse(struct str text, struct arena *a, struct http_request *ret,
                            int64_t *ret_announced, struct err *e) CHECK_RESULT;

#endif
