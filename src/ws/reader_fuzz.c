/*
 * What a peer says, whole and cut in two: the first byte says where. Both must give the same
 * messages, the same answers, and end or not end alike; a message is UTF-8 and within its limit.
 */
#include "ws/reader.h"

#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MESSAGE_MAX = 1024 };

struct outcome {
    struct buf said, answers;
    bool more;
};

static void on_text(struct str message, void *arg)
{
    struct outcome *o = arg;

    assert(message.n <= MESSAGE_MAX && str_is_utf8(message));
    buf_str(&o->said, message);
    buf_char(&o->said, '\n');
}

static void run(struct str in, size_t cut, struct outcome *ret)
{
    usec_t now = SECONDS(1800000000);
    const struct clock clock = clock_fixed(&now);
    struct ws_reader *r = ws_reader_create(&(struct ws_reader_options){
        .clock = &clock, .max_message = MESSAGE_MAX, .on_text = on_text, .arg = ret});

    buf_init(&ret->said, SIZE_MAX);
    buf_init(&ret->answers, SIZE_MAX);
    ret->more = ws_read(r, str_sub(in, 0, cut), &ret->answers);
    if (ret->more)
        ret->more = ws_read(r, str_sub(in, cut, in.n), &ret->answers);
    ws_reader_destroy(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outcome whole, cut;

    if (size == 0)
        return 0;
    const struct str in = {(const char *)data + 1, size - 1};
    run(in, in.n, &whole);
    run(in, in.n * data[0] / 255, &cut);
    assert(whole.more == cut.more);
    assert(str_eq(buf_view(&whole.said), buf_view(&cut.said)));
    assert(str_eq(buf_view(&whole.answers), buf_view(&cut.answers)));
    buf_finish(&whole.said);
    buf_finish(&whole.answers);
    buf_finish(&cut.said);
    buf_finish(&cut.answers);
    return 0;
}
