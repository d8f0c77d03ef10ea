#include "inbox/batch.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/limits.h"

enum { N_COLUMNS = 12, N_PLACES = 2 * LIMIT_GROUP };

struct batch {
    struct bind binds[N_COLUMNS];
    int64_t project[LIMIT_GROUP];
    usec_t received_at[LIMIT_GROUP];
    struct str provider[LIMIT_GROUP], source[LIMIT_GROUP], event_type[LIMIT_GROUP],
        call_sid[LIMIT_GROUP], recording_sid[LIMIT_GROUP], lane[LIMIT_GROUP],
        dedupe_key[LIMIT_GROUP], payload[LIMIT_GROUP], raw_body[LIMIT_GROUP], trace_id[LIMIT_GROUP];
    uint16_t places[N_PLACES]; /* open addressing by key: 1 + position of the item; 0: free */
};

struct batch *batch_create(void)
{
    return NEW(struct batch);
}

void batch_destroy(struct batch *b)
{
    free(b);
}

static void fill_columns(struct batch *b, const struct inbox_item *const *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct inbox_item *item = items[i];
        b->project[i] = item->project;
        b->received_at[i] = item->received_at;
        b->provider[i] = item->provider;
        b->source[i] = item->source;
        b->event_type[i] = item->event_type;
        b->call_sid[i] = item->call_sid;
        b->recording_sid[i] = item->recording_sid;
        b->lane[i] = item->lane;
        b->dedupe_key[i] = item->dedupe_key;
        b->payload[i] = item->payload;
        b->raw_body[i] = item->raw_body;
        b->trace_id[i] = item->trace_id;
    }
}

struct binds batch_fill(struct batch *b, const struct inbox_item *const *items, size_t n)
{
    const struct bind binds[] = {
        bind_ints("project", b->project, n),   bind_strs("provider", b->provider, n),
        bind_strs("source", b->source, n),     bind_strs("event_type", b->event_type, n),
        bind_strs("call_sid", b->call_sid, n), bind_strs("recording_sid", b->recording_sid, n),
        bind_strs("lane", b->lane, n),         bind_strs("dedupe_key", b->dedupe_key, n),
        bind_strs("payload", b->payload, n),   bind_strs("raw_body", b->raw_body, n),
        bind_strs("trace_id", b->trace_id, n), bind_times("received_at", b->received_at, n),
    };
    static_assert(LEN(binds) == N_COLUMNS, "every column is bound");

    assert(n <= LIMIT_GROUP);
    fill_columns(b, items, n);
    memcpy(b->binds, binds, sizeof(binds));
    return (struct binds){b->binds, N_COLUMNS};
}

// --- which were new ------------------------------------------------------------------------------

static size_t place_of(int64_t project, struct str key)
{
    return (str_hash(key) ^ (uint64_t)project * 0x9e3779b97f4a7c15u) % N_PLACES;
}

static void index_items(struct batch *b, const struct inbox_item *const *items, size_t n)
{
    memset(b->places, 0, sizeof(b->places));
    for (size_t i = 0; i < n; i++) {
        size_t at = place_of(items[i]->project, items[i]->dedupe_key);
        while (b->places[at])
            at = (at + 1) % N_PLACES;
        b->places[at] = (uint16_t)(i + 1);
    }
}

/* Equal keys lie in the order of their items, so the first that is found is the one that is new. */
static size_t find_item(const struct batch *b, const struct inbox_item *const *items,
                        int64_t project, struct str key)
{
    for (size_t at = place_of(project, key); b->places[at]; at = (at + 1) % N_PLACES) {
        const size_t i = b->places[at] - (size_t)1;
        if (items[i]->project == project && str_eq(items[i]->dedupe_key, key))
            return i;
    }
    return SIZE_MAX;
}

bool batch_read(struct batch *b, struct rows *rows, const struct inbox_item *const *items, size_t n,
                bool *ret_is_new, struct err *e)
{
    memset(ret_is_new, 0, n * sizeof(*ret_is_new));
    index_items(b, items, n);
    while (rows_next(rows)) {
        const size_t i =
            find_item(b, items, rows_int(rows, "project_id"), rows_str(rows, "dedupe_key"));
        if (i < n)
            ret_is_new[i] = true;
    }
    return rows_end(rows, e) || err_trace(e);
}
