#ifndef SSE_SSE_H
#define SSE_SSE_H
/*
 * Server-sent events on the wire (WHATWG HTML, section 9.2): text/event-stream.
 *
 * One frame is `id:`, `event:`, one `data:` line per line of the data, and an empty line. Data is
 * UTF-8; each of CR, LF and CRLF ends a line, so no text can break out of its frame.
 */
#include "base/buf.h"

#define SSE_CONTENT_TYPE STR("text/event-stream; charset=utf-8")

/* id and event may be none. An id with CR, LF or NUL, or an event with CR or LF, is a bug. */
void sse_frame_write(struct buf *out, struct str id, struct str event, struct str data);
/* The same for a frame that is numbered. */
void sse_frame_write_seq(struct buf *out, int64_t seq, struct str event, struct str data);
/* `event: keepalive` with the data; it has no id, so the client's last one stays. */
void sse_keepalive_write(struct buf *out, struct str data);

/* Last-Event-ID (or last_seq) as a number: 0 … INT64_MAX in decimal, blanks around it allowed. */
bool sse_last_event_id_parse(struct str value, int64_t *ret) CHECK_RESULT;

#endif
