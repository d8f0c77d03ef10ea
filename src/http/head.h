#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H
/*
 * The head of a request, strictly (RFC 9112 sections 2, 3, 5, 6): request line and header fields.
 *
 * The parser is handed the bytes from the request's first one on, as many as there are, again and
 * again with more of them behind. It keeps offsets, so the bytes may move in between. It takes
 * whole lines and looks at no byte twice. Its verdict depends on the bytes only, never on how they
 * were cut into reads.
 */
#include "base/limits.h"
#include "http/http.h"

enum http_parse { HTTP_PARSE_MORE, HTTP_PARSE_DONE, HTTP_PARSE_REFUSED };

struct http_span {
    uint16_t at, n;
};
static_assert(LIMIT_HEADER_BLOCK <= UINT16_MAX, "offsets into a head are 16 bits wide");

struct http_field {
    struct http_span name, value;
};

struct http_head {
    uint32_t line;    /* where the next line starts; when done, the length of the head */
    uint32_t scanned; /* up to here there is no end of line */
    int status;       /* why it was refused */
    bool has_request_line, has_query, is_http_1_0;
    bool has_host, has_length, has_coding; /* fields that may come once */
    bool chunked, body_is_encoded, expects_continue;
    bool says_close, says_keep_alive;
    enum http_method method;
    struct http_span target, path, query, authority; /* a path of no bytes is "/" */
    uint64_t length;                                 /* Content-Length, or 0 */
    size_t n_fields;
    struct http_field fields[LIMIT_HEADERS];
};

void http_head_init(struct http_head *h);
enum http_parse http_head_parse(struct http_head *h, struct str in);
/* After HTTP_PARSE_DONE: whether the connection may serve another request. */
bool http_head_keeps_alive(const struct http_head *h);

static inline struct str http_span_of(struct str in, struct http_span s)
{
    return (struct str){in.p + s.at, s.n};
}

/* Bytes that a field value may hold: HTAB, SP, VCHAR, obs-text. */
static inline bool http_is_value_byte(unsigned char c)
{
    return (c >= 0x20 && c != 0x7f) || c == '\t';
}

bool http_is_token_byte(unsigned char c);

#endif
