/* Any bytes as a spool file: read to the end, and what was read is written back the same. */
#include "inbox/record.h"

#include <stdlib.h>

#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_round_trip(const struct inbox_item *item)
{
    struct inbox_item back;
    struct buf out;
    buf_init(&out, RECORD_HEAD + RECORD_MAX);
    record_write(&out, item);
    check(buf_ok(&out));

    struct str in = buf_view(&out);
    check(record_next(&in, &back) == RECORD_ITEM && in.n == 0);
    check(back.project == item->project && back.received_at == item->received_at);
    check(str_eq(back.payload, item->payload) && str_eq(back.dedupe_key, item->dedupe_key));
    check(str_is_none(back.raw_body) == str_is_none(item->raw_body));
    buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = {(const char *)data, size};
    struct inbox_item item;
    for (size_t left = in.n + 1;; left = in.n) {
        const enum record_found found = record_next(&in, &item);
        check(in.n < left || found == RECORD_END);
        if (found == RECORD_ITEM)
            check_round_trip(&item);
        if (found == RECORD_END)
            return 0;
    }
}
