#ifndef WS_READER_H
#define WS_READER_H
/*
 * What a peer says, as bytes come: messages are assembled and given out, Ping and Close get their
 * answer, and whoever breaks the rules is told with a Close. Knows no connection.
 */
#include "base/clock.h"

struct buf;
struct ws_reader;

struct ws_reader_options {
    const struct clock *clock;
    size_t max_message;
    void (*on_text)(struct str message, void *arg); /* whole, and UTF-8 */
    void *arg;
};

struct ws_reader *ws_reader_create(const struct ws_reader_options *o);
void ws_reader_destroy(struct ws_reader *r);
/* False: the peer has said Close, or was in the wrong; it is not to be read any more. `out` gets
 * what it is to be answered, a Close last. */
bool ws_read(struct ws_reader *r, struct str bytes, struct buf *out) CHECK_RESULT;

#endif
