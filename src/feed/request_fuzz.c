/*
 * Any bytes as what a client of a WebSocket says, and as the topics of a stream's address: refused
 * with a reason, or a set of topics that is written and read again as the same.
 */
#include "feed/request.h"

#include "base/arena.h"
#include "feed/topics.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void comes_back(feed_topics topics, struct arena *a)
{
    _cleanup_(buf_finish) struct buf out = {.max = LIMIT_API_BODY};
    struct feed_request again;
    struct json_writer w;
    struct err e = {0};

    buf_str(&out, STR("{\"type\":\"subscribe\",\"topics\":"));
    json_init(&w, &out);
    feed_topics_write(&w, topics);
    buf_str(&out, STR("}"));
    assert(topics != 0 && buf_ok(&out));
    if (topics != FEED_TOPICS_ALL)
        assert(feed_request_parse(buf_view(&out), a, &again, &e) && again.topics == topics);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct str text = {(const char *)data, size};
    struct feed_request rq;
    feed_topics topics;
    struct err e = {0};

    if (feed_request_parse(text, a, &rq, &e)) {
        comes_back(rq.topics, a);
        assert(rq.from.last_seq >= 0 && (rq.from.given || rq.from.last_seq == 0));
    } else {
        assert(e.code == ERR_INVALID && e.text[0]);
    }
    err_clear(&e);
    if (!feed_topics_parse(text, &topics, &e))
        assert(e.code == ERR_INVALID && e.text[0]);
    else if (topics != 0)
        comes_back(topics, a);
    return 0;
}
