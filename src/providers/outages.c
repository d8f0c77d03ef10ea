#include "providers/outages.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "feed/feed.h"

enum { PAYLOAD_MAX = 1024 };

struct heard_all outages_listen(const struct book_accounts *accounts, struct arena *a)
{
    struct heard_all ret = {arena_new(a, struct heard, accounts->n), accounts->n};

    for (size_t i = 0; i < accounts->n; i++)
        ret.p[i] = (struct heard){.provider = accounts->p[i]->provider,
                                  .account = str_dup(accounts->p[i]->account, a),
                                  .changed_at = accounts->p[i]->changed_at};
    return ret;
}

void outages_hear(struct heard *h, const struct err *why)
{
    const enum err_code code = why ? why->code : ERR_NONE;

    if (code != ERR_NONE && code != ERR_INTEGRATION_AUTH && code != ERR_INTEGRATION_TIMEOUT)
        return;
    h->anything = true;
    h->code = code;
}

// --- news ----------------------------------------------------------------------------------------

/* An outage that begins or is over. */
struct turn {
    struct outage outage;
    usec_t changed_at;
    bool up;
};

/* One that is down stays so for the reason that it went down for. */
static size_t find_turns(const struct outages_teller *t, const struct outages *down,
                         struct heard_all all, struct turn *ret)
{
    size_t n = 0;

    for (size_t i = 0; i < all.n; i++) {
        const struct heard *h = &all.p[i];
        const struct outage *known = outages_find(down, h->provider, h->account);
        if (!h->anything || (h->code != ERR_NONE) == (known != NULL))
            continue;
        ret[n++] = known ? (struct turn){*known, h->changed_at, .up = true}
                         : (struct turn){{h->provider, h->account, t->now, h->code},
                                         h->changed_at,
                                         .up = false};
    }
    return n;
}

// --- telling -------------------------------------------------------------------------------------

static struct str payload_of(const struct outage *o, struct arena *a)
{
    struct json_writer w;
    struct buf out;

    buf_init(&out, PAYLOAD_MAX);
    json_init(&w, &out);
    json_open_object(&w);
    json_member_str(&w, STR("provider"), o->provider);
    json_member_str(&w, STR("account"), o->account);
    json_member_str(&w, STR("code"), str_from(err_code_name(o->code)));
    json_member_time(&w, STR("since"), o->since);
    json_close_object(&w);
    const struct str payload = str_dup(buf_view(&out), a);
    buf_finish(&out);
    return payload;
}

static struct feed_item item_of(const struct outages_teller *t, const struct turn *turn)
{
    const struct outage *o = &turn->outage;

    return (struct feed_item){
        .project = t->project,
        .type = turn->up ? STR("integration.up") : STR("integration.down"),
        .ts = t->now,
        .entity_type = STR("integration"),
        .entity_id = str_fmt(t->a, STR_FMT "/" STR_FMT, STR_ARG(o->provider), STR_ARG(o->account)),
        .payload = payload_of(o, t->a),
        .trace_id = t->trace_id,
    };
}

/* *ret_seq: of the last that was told; 0 when others were first with all of them. */
static bool keep_within(const struct outages_teller *t, const struct turn *turns, size_t n,
                        int64_t *ret_seq, struct err *e)
{
    struct feed_item *items = arena_new(t->a, struct feed_item, n);
    size_t n_items = 0;

    for (size_t i = 0; i < n; i++) {
        const struct outage *o = &turns[i].outage;
        bool first;
        const bool ok = turns[i].up ? connection_comes_up(t->db, t->project, o, &first, e)
                                    : connection_goes_down(t->db, t->project, o,
                                                           turns[i].changed_at, &first, e);
        if (!ok)
            return err_trace(e);
        if (first)
            items[n_items++] = item_of(t, &turns[i]);
    }
    if (!feed_append(t->db, items, n_items, t->now, t->a, e))
        return err_trace(e);
    *ret_seq = n_items > 0 ? items[n_items - 1].seq : 0;
    return true;
}

static bool keep(const struct outages_teller *t, const struct turn *turns, size_t n, struct err *e)
{
    int64_t seq;

    if (!db_begin(t->db, e) || !db_end(t->db, keep_within(t, turns, n, &seq, e), e))
        return err_trace(e);
    if (seq > 0 && t->on_committed)
        t->on_committed(t->project, seq, t->arg);
    return true;
}

static bool heard_anything(struct heard_all all)
{
    for (size_t i = 0; i < all.n; i++)
        if (all.p[i].anything)
            return true;
    return false;
}

bool outages_tell(const struct outages_teller *t, struct heard_all all, struct err *e)
{
    struct outages down;

    if (!heard_anything(all))
        return true;
    if (!connection_outages(t->db, t->project, t->a, &down, e))
        return err_trace(e);
    struct turn *turns = arena_new(t->a, struct turn, all.n);
    const size_t n = find_turns(t, &down, all, turns);
    return n == 0 || keep(t, turns, n, e) || err_trace(e);
}
