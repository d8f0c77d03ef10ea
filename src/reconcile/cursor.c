#include "base/arena.h"

#include "base/json.h"
#include "base/limits.h"
#include "reconcile/internal.h"

static void member_instant(struct json_writer *w, struct str key, usec_t t)
{
    if (t != TIME_NONE)
        json_member_time(w, key, t);
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
    if (c->n_ask > 0) {
        json_key(&w, STR("ask"));
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
    if (!json_get_int(o, "phase", &c.phase) || c.phase < 0 || c.began == TIME_NONE ||
        !is_written(c.next) || !parse_calls(json_get(o, "ask"), &c, a))
        return err_set(e, ERR_INVALID, "cursor: not one of a run");
    *ret = c;
    return true;
}
