#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H
/* Everything that a peer could make large, and where it stops. Sizes in bytes. */

enum {
    LIMIT_WEBHOOK_BODY = 64 * 1024, /* Twilio sends about 1 KB; a long CallToken a few more */
    LIMIT_API_BODY = 1024 * 1024,   /* JSON sent to the REST API */
    LIMIT_HEADER_BLOCK = 16 * 1024, /* request line and header fields together */
    LIMIT_HEADERS = 100,            /* header fields */
    LIMIT_TARGET = 8 * 1024,        /* request target */
    LIMIT_FORM_FIELDS = 512,        /* fields of a form body */
    LIMIT_DEDUPE_KEY = 255,         /* longer keys are replaced by their digest */
    LIMIT_PAGE = 100,               /* rows of a list page */
    LIMIT_LONG_PAGE = 1000,         /* rows of a list that its first readers were given whole */
    LIMIT_FEED_PAGE = 1000,         /* events of a feed page */
    LIMIT_SSE_BACKLOG =
        256 * 1024, /* unsent bytes of one SSE client; what follows waits in the feed */
    LIMIT_SSE_LAG = 1024 * 1024,  /* bytes that a live SSE client may be late; then it is cut off */
    LIMIT_WS_MESSAGE = 16 * 1024, /* one message of a WebSocket client */
    LIMIT_TOPICS = 32,            /* topics of one subscription */
    LIMIT_GROUP = 512,            /* appends in one group commit */
    LIMIT_INBOX_WAITING = 16 * 1024, /* appends waiting for the writer before doors answer 503 */
};

#endif
