#include "api/canary.h"

#include "base/json.h"

bool canary_was_lost(const struct node *n)
{
    return n->canary_at != TIME_NONE && n->canary_us == INT_NONE;
}

static bool says_more(const struct node *n, const struct node *than)
{
    if (!than || canary_was_lost(n) != canary_was_lost(than))
        return !than || canary_was_lost(n);
    return n->canary_at > than->canary_at;
}

const struct node *canary_of(const struct node *nodes, size_t n)
{
    const struct node *best = NULL;

    for (size_t i = 0; i < n; i++)
        if (nodes[i].canary_at != TIME_NONE && nodes[i].silent <= NODE_SILENT &&
            says_more(&nodes[i], best))
            best = &nodes[i];
    return best;
}

void canary_write(struct json_writer *w, const struct node *n)
{
    json_key(w, STR("canary"));
    if (!n || n->canary_at == TIME_NONE) {
        json_null(w);
        return;
    }
    json_open_object(w);
    json_member_time(w, STR("at"), n->canary_at);
    json_member_bool(w, STR("came_through"), !canary_was_lost(n));
    if (canary_was_lost(n))
        json_member_null(w, STR("took_ms"));
    else
        json_member_int(w, STR("took_ms"), n->canary_us / 1000);
    json_close_object(w);
}
