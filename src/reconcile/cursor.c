/*
 * The text of a cursor outlives the program that wrote it, and during a rolling restart it is read
 * by the version before. So what a phase has come to mean since stands under names of its own, and
 * a phase keeps its number: `unseen` and `list` are passed over by a version that does not know
 * them, and it begins that phase anew, which does no harm.
 */
#include "base/arena.h"

#include "base/json.h"
#include "base/limits.h"
#include "reconcile/internal.h"

enum { REST_MAX = 16 * 1024 }; /* of a cursor, without its calls */

static void member_instant(struct json_writer *w, struct str key, usec_t t)
{
    if (t != TIME_NONE)
        json_member_time(w, key, t);
}

/* While lists are asked for, what stands in `ask` is not asked for yet. */
static struct str name_of_calls(const struct reconcile_cursor *c)
{
    return c->list > 0 ? STR("unseen") : STR("ask");
}

bool reconcile_cursor_text(const struct reconcile_cursor *c, struct arena *a, struct str *ret,
                           struct err *e)
{
    _cleanup_(buf_finish) struct buf out = {.max = LIMIT_API_BODY};
    struct json_writer w;

    json_init(&w, &out);
    json_open_object(&w);
    json_member_int(&w, STR("phase"), c->phase);
    member_instant(&w, STR("began"), c->began);
    member_instant(&w, STR("from"), c->from);
    member_instant(&w, STR("to"), c->to);
    if (!str_is_none(c->next))
        json_member_str(&w, STR("next"), c->next);
    if (c->list > 0) {
        json_member_int(&w, STR("list"), c->list);
        json_member_int(&w, STR("pages"), c->n_pages);
    }
    if (c->n_ask > 0) {
        json_key(&w, name_of_calls(c));
        json_open_array(&w);
        for (size_t i = 0; i < c->n_ask; i++)
            json_str(&w, c->ask[i]);
        json_close_array(&w);
    }
    json_close_object(&w);
    if (!buf_ok(&out))
        return err_set(e, ERR_LIMIT, "cursor: more than %zu bytes", out.max);
    *ret = str_dup(buf_view(&out), a);
    return true;
}

size_t reconcile_cursor_room(const struct str *sids, size_t n)
{
    _cleanup_(buf_finish) struct buf text = {.max = LIMIT_API_BODY - REST_MAX};
    struct json_writer w;
    size_t fit = 0;

    json_init(&w, &text);
    json_open_array(&w);
    while (fit < n) {
        json_str(&w, sids[fit]);
        if (!buf_ok(&text))
            break;
        fit++;
    }
    return fit;
}

static usec_t instant(struct json_object *o, const char *key)
{
    usec_t t;

    return time_parse_rfc3339(json_get_str(o, key), &t) ? t : TIME_NONE;
}

/* What the writer wrote: it replaces U+0000, so a text with it came from elsewhere. */
static bool is_written(struct str s)
{
    return str_find(s, '\0') == s.n;
}

static bool parse_calls(struct json_object *list, struct reconcile_cursor *c, struct arena *a)
{
    if (!list)
        return true;
    if (!json_list_length(list, &c->n_ask))
        return false;
    c->ask = arena_new(a, struct str, c->n_ask);
    for (size_t i = 0; i < c->n_ask; i++) {
        c->ask[i] = json_list_str(list, i);
        if (str_is_none(c->ask[i]) || !is_written(c->ask[i]))
            return false;
    }
    return true;
}

bool reconcile_cursor_parse(struct str text, struct arena *a, struct reconcile_cursor *ret,
                            struct err *e)
{
    struct reconcile_cursor c = {0};
    struct json_object *o;

    if (!json_parse(text, a, &o, e))
        return err_trace(e);
    c.began = instant(o, "began");
    c.from = instant(o, "from");
    c.to = instant(o, "to");
    c.next = json_get_str(o, "next");
    (void)json_get_int(o, "list", &c.list); // absent, both of them: no list is asked for
    (void)json_get_int(o, "pages", &c.n_pages);
    if (!json_get_int(o, "phase", &c.phase) || c.phase < 0 || c.list < 0 || c.n_pages < 0 ||
        c.began == TIME_NONE || !is_written(c.next) ||
        !parse_calls(json_get(o, name_of_calls(&c).p), &c, a))
        return err_set(e, ERR_INVALID, "cursor: not one of a run");
    *ret = c;
    return true;
}
