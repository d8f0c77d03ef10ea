/*
 * Last-Event-ID as anything; and any data in a frame: a reader that follows the standard finds one
 * event whose lines are those of the data.
 */
#include "sse/sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_frame(struct str data)
{
    struct buf out;
    struct str line;

    buf_init(&out, SIZE_MAX);
    sse_frame_write_seq(&out, 1, STR("e"), data);
    struct str text = buf_view(&out);
    assert(str_starts(text, STR("id: 1\nevent: e\ndata: ")) && str_ends(text, STR("\n\n")));
    text = str_sub(text, strlen("id: 1\nevent: e\n"), text.n);
    while (cut_until(&text, '\n', &line)) {
        assert(str_find(line, '\r') == line.n);
        assert(text.n == 0 ? line.n == 0 : str_starts(line, STR("data: ")));
    }
    buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct str in = {(const char *)data, size};
    int64_t seq;

    if (sse_last_event_id_parse(in, &seq))
        assert(seq >= 0);
    check_frame(in);
    return 0;
}
