#ifndef HTTP_CHUNKED_H
#define HTTP_CHUNKED_H
/*
 * The chunked transfer coding, strictly (RFC 9112 section 7.1): sizes are hex digits and nothing
 * else, every line ends in CRLF, extensions and trailer fields are checked, bounded and dropped.
 */
#include "base/buf.h"
#include "http/head.h"

enum http_chunked_state {
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    CHUNK_TRAILER,
    CHUNK_TRAILER_NAME,
    CHUNK_TRAILER_VALUE,
    CHUNK_TRAILER_LF,
    CHUNK_END_LF,
    CHUNK_END
};

struct http_chunked {
    enum http_chunked_state state;
    unsigned n_digits;
    uint64_t left;  /* of the current chunk */
    size_t framing; /* bytes of extensions and trailers so far */
    int status;     /* why it was refused */
};

/* Takes from *in what belongs to the body and appends its data to out, at most max bytes in all. */
enum http_parse http_chunked_feed(struct http_chunked *d, struct str *in, size_t max,
                                  struct buf *out);

#endif
