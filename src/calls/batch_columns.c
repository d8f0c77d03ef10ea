/*
 * The calls of a batch and the lines of its log as the columns of one statement each, which tables
 * name: a member of the snapshot or the entry, or what a function makes of it.
 */
#include "calls/internal.h"

#include "base/arena.h"
#include "base/limits.h"
#include "calls/fold.h"

// --- calls ---------------------------------------------------------------------------------------

static struct str direction_text(const struct call *c, struct arena *a)
{
    (void)a;
    return call_direction_name(c->direction);
}

static struct str status_text(const struct call *c, struct arena *a)
{
    (void)a;
    return call_status_name(c->status);
}

static struct str display_status_text(const struct call *c, struct arena *a)
{
    (void)a;
    return call_status_name(c->display_status);
}

static struct str visibility_text(const struct call *c, struct arena *a)
{
    (void)a;
    return call_visibility_name(c->visibility);
}

static struct str price_text(const struct call *c, struct arena *a)
{
    char text[CALL_PRICE_TEXT_MAX];

    if (c->price == INT_NONE)
        return STR_NONE;
    return str_dup((struct str){text, call_price_format(c->price, text)}, a);
}

static const struct {
    const char *name;
    size_t at;
    struct str (*of)(const struct call *c, struct arena *a); /* instead of `at` */
} text_columns[] = {
    {"parent", offsetof(struct call, parent_call_sid), NULL},
    {"from_number", offsetof(struct call, from_number), NULL},
    {"to_number", offsetof(struct call, to_number), NULL},
    {"from_e164", offsetof(struct call, from_e164), NULL},
    {"to_e164", offsetof(struct call, to_e164), NULL},
    {"price_unit", offsetof(struct call, price_unit), NULL},
    {"recording_url", offsetof(struct call, recording_url), NULL},
    {"metadata", offsetof(struct call, metadata), NULL},
    {"attributes", offsetof(struct call, attributes), NULL},
    {"direction", 0, direction_text},
    {"status", 0, status_text},
    {"display_status", 0, display_status_text},
    {"visibility", 0, visibility_text},
    {"price", 0, price_text},
};

static const struct {
    const char *name;
    size_t at;
} int_columns[] = {
    {"project", offsetof(struct call, project)},
    {"conversation", offsetof(struct call, conversation_id)},
    {"duration", offsetof(struct call, duration)},
    {"total_duration", offsetof(struct call, total_duration)},
    {"talk_time", offsetof(struct call, talk_time)},
    {"wait_time", offsetof(struct call, wait_time)},
    {"start_time", offsetof(struct call, start_time)},
    {"answered_at", offsetof(struct call, answered_at)},
    {"end_time", offsetof(struct call, end_time)},
    {"last_event_time", offsetof(struct call, last_event_time)},
    {"finalized_at", offsetof(struct call, finalized_at)},
};

static struct str text_of(const struct call *c, size_t column, struct arena *a)
{
    if (text_columns[column].of)
        return text_columns[column].of(c, a);
    return *(const struct str *)(const void *)((const char *)c + text_columns[column].at);
}

enum {
    KEY_COLUMNS = 2,  /* id, or provider and sid */
    OTHER_COLUMNS = 4 /* is_final, missed, fold_state, now */
};

struct columns {
    struct bind binds[LEN(text_columns) + LEN(int_columns) + OTHER_COLUMNS + KEY_COLUMNS];
    size_t n;
};

static void bind_texts(struct columns *to, struct call_slot **slots, size_t n, struct arena *a)
{
    for (size_t k = 0; k < LEN(text_columns); k++) {
        struct str *values = arena_new(a, struct str, n);

        for (size_t i = 0; i < n; i++)
            values[i] = text_of(&slots[i]->call, k, a);
        to->binds[to->n++] = bind_strs(text_columns[k].name, values, n);
    }
}

static void bind_integers(struct columns *to, struct call_slot **slots, size_t n, struct arena *a)
{
    for (size_t k = 0; k < LEN(int_columns); k++) {
        int64_t *values = arena_new(a, int64_t, n);

        for (size_t i = 0; i < n; i++)
            values[i] =
                *(const int64_t *)(const void *)((const char *)&slots[i]->call + int_columns[k].at);
        to->binds[to->n++] = bind_ints(int_columns[k].name, values, n);
    }
}

static bool bind_folds(struct columns *to, struct call_slot **slots, size_t n, struct arena *a,
                       struct err *e)
{
    struct str *folds = arena_new(a, struct str, n);
    struct buf text;

    for (size_t i = 0; i < n; i++) {
        buf_init(&text, LIMIT_API_BODY);
        call_fold_json(&text, slots[i]->call.fold);
        if (!call_text_of(&text, a, &folds[i], e))
            return err_trace(e);
    }
    to->binds[to->n++] = bind_strs("fold_state", folds, n);
    return true;
}

static bool bind_calls(struct columns *to, struct call_batch *b, struct call_slot **slots, size_t n,
                       struct err *e)
{
    bool *is_final = arena_new(b->a, bool, n), *missed = arena_new(b->a, bool, n);

    for (size_t i = 0; i < n; i++) {
        is_final[i] = slots[i]->call.is_final;
        missed[i] = slots[i]->call.missed;
    }
    bind_texts(to, slots, n, b->a);
    bind_integers(to, slots, n, b->a);
    to->binds[to->n++] = bind_bools("is_final", is_final, n);
    to->binds[to->n++] = bind_bools("missed", missed, n);
    to->binds[to->n++] = bind_time("now", b->now);
    return bind_folds(to, slots, n, b->a, e) || err_trace(e);
}

static bool take_new_ids(struct call_batch *b, size_t n, struct rows *rows, struct err *e)
{
    size_t n_taken = 0;

    for (; rows_next(rows); n_taken++) {
        const int64_t id = rows_int(rows, "id"), project = rows_int(rows, "project_id");
        const struct str provider = rows_str(rows, "provider"), sid = rows_str(rows, "twilio_sid");

        call_slot_find(b, project, provider, sid)->call.id = id;
    }
    if (!rows_end(rows, e))
        return err_trace(e);
    if (n_taken < n)
        return err_set(e, ERR_CONFLICT, "call: another worker heard of it at the same time");
    return true;
}

static bool insert_calls(struct call_batch *b, struct call_slot **slots, size_t n, struct db *db,
                         struct err *e)
{
    struct str *providers = arena_new(b->a, struct str, n), *sids = arena_new(b->a, struct str, n);
    struct columns c = {.n = 0};
    struct rows *rows;

    if (n == 0)
        return true;
    for (size_t i = 0; i < n; i++) {
        providers[i] = slots[i]->call.provider;
        sids[i] = slots[i]->call.twilio_sid;
    }
    if (!bind_calls(&c, b, slots, n, e))
        return err_trace(e);
    c.binds[c.n++] = bind_strs("provider", providers, n);
    c.binds[c.n++] = bind_strs("sid", sids, n);
    if (!db_query(db, Q_CALL_INSERT, (struct binds){c.binds, c.n}, b->a, &rows, e))
        return err_trace(e);
    return take_new_ids(b, n, rows, e) || err_trace(e);
}

static bool update_calls(struct call_batch *b, struct call_slot **slots, size_t n, struct db *db,
                         struct err *e)
{
    int64_t *ids = arena_new(b->a, int64_t, n);
    struct columns c = {.n = 0};

    if (n == 0)
        return true;
    for (size_t i = 0; i < n; i++)
        ids[i] = slots[i]->call.id;
    if (!bind_calls(&c, b, slots, n, e))
        return err_trace(e);
    c.binds[c.n++] = bind_ints("id", ids, n);
    return db_exec(db, Q_CALL_UPDATE, (struct binds){c.binds, c.n}, NULL, e) || err_trace(e);
}

bool call_batch_write_calls(struct call_batch *b, struct db *db, struct err *e)
{
    struct call_slot **fresh = arena_new(b->a, struct call_slot *, b->n_slots);
    struct call_slot **known = arena_new(b->a, struct call_slot *, b->n_slots);
    size_t n_fresh = 0, n_known = 0;

    for (size_t i = 0; i < b->n_slots; i++) {
        struct call_slot *s = b->slots[i];

        if (s->changed && s->call.id == 0)
            fresh[n_fresh++] = s;
        else if (s->changed)
            known[n_known++] = s;
    }
    if (!update_calls(b, known, n_known, db, e) || !insert_calls(b, fresh, n_fresh, db, e))
        return err_trace(e);
    return true;
}

// --- the log -------------------------------------------------------------------------------------

static const struct {
    const char *name;
    size_t at;
} log_texts[] =
    {
        {"provider", offsetof(struct call_entry, provider)},
        {"call_sid", offsetof(struct call_entry, call_sid)},
        {"event_type", offsetof(struct call_entry, event_type)},
        {"event_status", offsetof(struct call_entry, event_status)},
        {"source", offsetof(struct call_entry, source)},
        {"refusal", offsetof(struct call_entry, refusal)},
        {"change", offsetof(struct call_entry, change)},
        {"payload", offsetof(struct call_entry, payload)},
        {"trace_id", offsetof(struct call_entry, trace_id)},
},
  log_ints[] = {
      {"project", offsetof(struct call_entry, project)},
      {"seq", offsetof(struct call_entry, seq)},
      {"event_time", offsetof(struct call_entry, event_time)},
      {"inbox_id", offsetof(struct call_entry, inbox_id)},
};

static void bind_log_column(struct bind *to, const struct call_batch *b, const char *name,
                            size_t at, bool is_text)
{
    const size_t n = b->n_entries;
    struct str *texts = is_text ? arena_new(b->a, struct str, n) : NULL;
    int64_t *ints = is_text ? NULL : arena_new(b->a, int64_t, n);

    for (size_t i = 0; i < n; i++) {
        const void *member = (const char *)&b->entries[i] + at;

        if (is_text)
            texts[i] = *(const struct str *)member;
        else
            ints[i] = *(const int64_t *)member;
    }
    *to = is_text ? bind_strs(name, texts, n) : bind_ints(name, ints, n);
}

bool call_batch_save_log(struct call_batch *b, struct db *db, struct err *e)
{
    struct bind binds[LEN(log_texts) + LEN(log_ints) + 2]; /* and applied, now */
    bool *applied = arena_new(b->a, bool, b->n_entries);
    size_t n = 0;

    if (b->n_entries == 0)
        return true;
    for (size_t i = 0; i < b->n_entries; i++)
        applied[i] = b->entries[i].applied;
    for (size_t k = 0; k < LEN(log_texts); k++)
        bind_log_column(&binds[n++], b, log_texts[k].name, log_texts[k].at, true);
    for (size_t k = 0; k < LEN(log_ints); k++)
        bind_log_column(&binds[n++], b, log_ints[k].name, log_ints[k].at, false);
    binds[n++] = bind_bools("applied", applied, b->n_entries);
    binds[n++] = bind_time("now", b->now);
    return db_exec(db, Q_CALL_EVENT_INSERT, (struct binds){binds, n}, NULL, e) || err_trace(e);
}
