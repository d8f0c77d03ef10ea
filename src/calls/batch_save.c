/*
 * Writing a batch: conversations first, because a call names its own.
 *
 * Where a call appears, moves to another number, or moves in time, its conversation is locked and
 * counted anew, and takes over what it shows of its latest call. Where only what is shown of a call
 * has changed, it is locked too, and takes that over when the call is the latest (last_call_id).
 * Whether it came to be listed by that, or no longer is, the batch tells its caller.
 * All other events leave it alone. The order is what keeps this right between workers: all rows are
 * locked at once, in one order, then the calls are written, and only then statements of their own
 * read them, which therefore see everything that was committed by whoever held the lock before.
 */
#include "calls/internal.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/limits.h"
#include "calls/fold.h"
#include "calls/phone.h"

/* One conversation that the batch touches. */
struct talk {
    int64_t project;
    struct str number;
    int64_t contact, id; /* 0: not known yet */
    bool recounted;      /* not only shown otherwise */
    bool was_listed, is_listed;
};

struct talks {
    struct talk *p;
    size_t n;
};

// --- which conversations -------------------------------------------------------------------------

static bool conversation_stays(const struct call_slot *s)
{
    return s->call.id != 0 && str_eq(s->was_contact, call_conversation_key(&s->call)) &&
           s->was_start == s->call.start_time && str_eq(s->was_parent, s->call.parent_call_sid);
}

/* A leg beside its parent is no entry of the conversation: what it shows is nowhere to be seen. The
 * parents of all calls of a batch are in it. */
static bool is_entry(const struct call_batch *b, const struct call *c)
{
    const struct call_slot *parent =
        str_is_none(c->parent_call_sid)
            ? NULL
            : call_slot_find(b, c->project, c->provider, c->parent_call_sid);

    return !parent || !str_eq(call_conversation_key(&parent->call), call_conversation_key(c));
}

/* Of a call that stays in its conversation. */
static bool is_shown_otherwise(const struct call_batch *b, const struct call_slot *s)
{
    const struct call_shown was = s->was_shown, is = call_shown_of(&s->call);

    return (was.direction != is.direction || was.status != is.status ||
            was.is_recorded != is.is_recorded) &&
           is_entry(b, &s->call);
}

static int by_number(const void *a, const void *b)
{
    const struct talk *x = a, *y = b;
    const int order = (x->project > y->project) - (x->project < y->project);

    return order ? order : str_cmp(x->number, y->number);
}

static void add_talk(struct talks *t, int64_t project, struct str number, bool recounted)
{
    if (!str_is_none(number))
        t->p[t->n++] = (struct talk){.project = project, .number = number, .recounted = recounted};
}

static void add_talks_of(struct talks *t, const struct call_batch *b, const struct call_slot *s)
{
    const struct str number = call_conversation_key(&s->call);

    if (!conversation_stays(s)) {
        add_talk(t, s->call.project, s->was_contact, true);
        add_talk(t, s->call.project, number, true);
    } else if (is_shown_otherwise(b, s)) {
        add_talk(t, s->call.project, number, false);
    }
}

/* Each once, in one order. */
static void sort_talks(struct talks *t)
{
    size_t n = 0;

    qsort(t->p, t->n, sizeof *t->p, by_number);
    for (size_t i = 0; i < t->n; i++) {
        if (n == 0 || by_number(&t->p[n - 1], &t->p[i]) != 0)
            t->p[n++] = t->p[i];
        else
            t->p[n - 1].recounted |= t->p[i].recounted;
    }
    t->n = n;
}

static struct talks talks_of(const struct call_batch *b)
{
    struct talks t = {.p = arena_new(b->a, struct talk, 2 * b->n_slots)};

    for (size_t i = 0; i < b->n_slots; i++)
        if (b->slots[i]->changed)
            add_talks_of(&t, b, b->slots[i]);
    sort_talks(&t);
    return t;
}

static struct talk *find_talk(const struct talks *t, int64_t project, struct str number)
{
    const struct talk key = {.project = project, .number = number};

    return t->n ? bsearch(&key, t->p, t->n, sizeof *t->p, by_number) : NULL;
}

// --- finding or making them ----------------------------------------------------------------------

struct talk_columns {
    int64_t *projects, *contacts;
    struct str *numbers, *formatted, *subjects;
    size_t n;
};

static struct str subject_of(struct str display, struct arena *a)
{
    return str_fmt(a, "Calls with " STR_FMT, STR_ARG(display));
}

/* The conversations without an id (or the contacts: `at` says which member), as columns. */
static struct talk_columns columns_without(const struct talks *t, size_t at, struct arena *a)
{
    struct talk_columns c = {
        .projects = arena_new(a, int64_t, t->n),
        .contacts = arena_new(a, int64_t, t->n),
        .numbers = arena_new(a, struct str, t->n),
        .formatted = arena_new(a, struct str, t->n),
        .subjects = arena_new(a, struct str, t->n),
    };

    for (size_t i = 0; i < t->n; i++) {
        const struct talk *talk = &t->p[i];

        if (*(const int64_t *)(const void *)((const char *)talk + at) != 0 || talk->id != 0)
            continue;
        c.projects[c.n] = talk->project;
        c.contacts[c.n] = talk->contact;
        c.numbers[c.n] = talk->number;
        c.formatted[c.n] = phone_display(talk->number, STR("US"), a);
        c.subjects[c.n] = subject_of(c.formatted[c.n], a);
        c.n++;
    }
    return c;
}

#define WITHOUT_ID offsetof(struct talk, id)
#define WITHOUT_CONTACT offsetof(struct talk, contact)

/* The one that a row with project_id and a number is about. */
static struct talk *row_talk(struct rows *rows, const char *number, const struct talks *t)
{
    struct talk *talk = find_talk(t, rows_int(rows, "project_id"), rows_str(rows, number));

    assert(talk);
    return talk;
}

/* Rows of id, project_id and a number, into the member of the talk that they name. */
static bool take_ids(struct rows *rows, const char *number, size_t at, struct talks *t,
                     struct err *e)
{
    while (rows_next(rows))
        *(int64_t *)(void *)((char *)row_talk(rows, number, t) + at) = rows_int(rows, "id");
    return rows_end(rows, e) || err_trace(e);
}

static bool lock_talks(struct talks *t, struct db *db, struct arena *a, struct err *e)
{
    const struct talk_columns c = columns_without(t, WITHOUT_ID, a);
    struct rows *rows;

    if (c.n == 0)
        return true;
    if (!db_query(db, Q_CONVERSATION_LOCK,
                  BINDS(bind_ints("project", c.projects, c.n), bind_strs("number", c.numbers, c.n)),
                  a, &rows, e))
        return err_trace(e);
    while (rows_next(rows)) {
        struct talk *talk = row_talk(rows, "external_id", t);
        talk->id = rows_int(rows, "id");
        talk->was_listed = rows_bool(rows, "listed");
    }
    return rows_end(rows, e) || err_trace(e);
}

static bool load_contacts(struct talks *t, struct db *db, struct arena *a, struct err *e)
{
    const struct talk_columns c = columns_without(t, WITHOUT_CONTACT, a);
    struct rows *rows;

    if (c.n == 0)
        return true;
    if (!db_query(db, Q_CONTACT_LOAD,
                  BINDS(bind_ints("project", c.projects, c.n), bind_strs("number", c.numbers, c.n)),
                  a, &rows, e))
        return err_trace(e);
    return take_ids(rows, "phone_number", WITHOUT_CONTACT, t, e) || err_trace(e);
}

static bool insert_contacts(struct talks *t, usec_t now, struct db *db, struct arena *a,
                            struct err *e)
{
    const struct talk_columns c = columns_without(t, WITHOUT_CONTACT, a);
    struct rows *rows;

    if (c.n == 0)
        return true;
    if (!db_query(db, Q_CONTACT_INSERT,
                  BINDS(bind_ints("project", c.projects, c.n), bind_strs("number", c.numbers, c.n),
                        bind_strs("formatted", c.formatted, c.n), bind_time("now", now)),
                  a, &rows, e))
        return err_trace(e);
    return take_ids(rows, "phone_number", WITHOUT_CONTACT, t, e) || err_trace(e);
}

static bool insert_talks(struct talks *t, usec_t now, struct db *db, struct arena *a, struct err *e)
{
    const struct talk_columns c = columns_without(t, WITHOUT_ID, a);
    struct rows *rows;

    if (c.n == 0)
        return true;
    if (!db_query(db, Q_CONVERSATION_INSERT,
                  BINDS(bind_ints("project", c.projects, c.n), bind_strs("number", c.numbers, c.n),
                        bind_ints("contact", c.contacts, c.n),
                        bind_strs("subject", c.subjects, c.n), bind_time("now", now)),
                  a, &rows, e))
        return err_trace(e);
    return take_ids(rows, "external_id", WITHOUT_ID, t, e) || err_trace(e);
}

static bool all_found(const struct talks *t, struct err *e)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->p[i].id == 0)
            return err_set(e, ERR_CONFLICT, "conversation: it went while it was looked for");
    return true;
}

/* Steps that have nothing left to do cost nothing: as a rule the first one finds them all. The last
 * two are for the case that somebody else inserts the same ones at the same time. */
static bool hold_talks(struct talks *t, usec_t now, struct db *db, struct arena *a, struct err *e)
{
    if (t->n == 0)
        return true;
    if (!lock_talks(t, db, a, e) || !load_contacts(t, db, a, e) ||
        !insert_contacts(t, now, db, a, e) || !load_contacts(t, db, a, e) ||
        !insert_talks(t, now, db, a, e) || !lock_talks(t, db, a, e) || !all_found(t, e))
        return err_trace(e);
    return true;
}

static void enter_conversations(struct call_batch *b, const struct talks *t)
{
    for (size_t i = 0; i < b->n_slots; i++) {
        struct call_slot *s = b->slots[i];
        const struct str number = call_conversation_key(&s->call);

        if (s->changed && !conversation_stays(s))
            s->call.conversation_id =
                str_is_none(number) ? INT_NONE : find_talk(t, s->call.project, number)->id;
    }
}

static bool recount_talks(struct talks *t, usec_t now, struct db *db, struct arena *a,
                          struct err *e)
{
    int64_t *projects = arena_new(a, int64_t, t->n), *ids = arena_new(a, int64_t, t->n);
    struct rows *rows;
    size_t n = 0;

    for (size_t i = 0; i < t->n; i++) {
        if (!t->p[i].recounted)
            continue;
        projects[n] = t->p[i].project;
        ids[n++] = t->p[i].id;
    }
    if (n == 0)
        return true;
    if (!db_query(db, Q_CONVERSATION_REFRESH,
                  BINDS(bind_ints("project", projects, n), bind_ints("id", ids, n),
                        bind_time("now", now)),
                  a, &rows, e))
        return err_trace(e);
    while (rows_next(rows))
        row_talk(rows, "external_id", t)->is_listed = rows_bool(rows, "listed");
    return rows_end(rows, e) || err_trace(e);
}

static struct call_entry *entry_of(const struct call_batch *b, int64_t project)
{
    size_t i = 0;

    while (b->entries[i].project != project) { // one has changed a call of it
        i++;
        assert(i < b->n_entries);
    }
    return &b->entries[i];
}

/* Told with the feed's numbers: their row is written anyway, and after everything else. Those of
 * a project stand together. */
static void tell_listed(const struct call_batch *b, const struct talks *t)
{
    struct call_entry *entry = NULL;

    for (size_t i = 0; i < t->n; i++) {
        const struct talk *talk = &t->p[i];
        if (!talk->recounted || talk->was_listed == talk->is_listed)
            continue;
        if (!entry || entry->project != talk->project)
            entry = entry_of(b, talk->project);
        entry->listed += talk->is_listed ? 1 : -1;
    }
}

/* Of those that were not counted anew, which took it over with that. */
static bool show_calls(const struct call_batch *b, const struct talks *t, struct db *db,
                       struct err *e)
{
    int64_t *projects = arena_new(b->a, int64_t, b->n_slots),
            *ids = arena_new(b->a, int64_t, b->n_slots),
            *calls = arena_new(b->a, int64_t, b->n_slots);
    size_t n = 0;

    for (size_t i = 0; i < b->n_slots; i++) {
        const struct call_slot *s = b->slots[i];
        if (!s->changed || !conversation_stays(s) || !is_shown_otherwise(b, s))
            continue;
        const struct talk *talk = find_talk(t, s->call.project, call_conversation_key(&s->call));
        if (!talk || talk->recounted)
            continue;
        projects[n] = talk->project;
        ids[n] = talk->id;
        calls[n++] = s->call.id;
    }
    if (n == 0)
        return true;
    return db_exec(db, Q_CONVERSATION_SHOW,
                   BINDS(bind_ints("project", projects, n), bind_ints("id", ids, n),
                         bind_ints("call", calls, n), bind_time("now", b->now)),
                   NULL, e) ||
           err_trace(e);
}

// --- calls ---------------------------------------------------------------------------------------

/* The columns of the table by the names of their parameters: members of the snapshot, or what a
 * function makes of it. */

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

static bool write_calls(struct call_batch *b, struct db *db, struct err *e)
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

/* What an entry shows of the call beyond the fold: its ids are known only now. */
static void complete_entries(struct call_batch *b)
{
    for (size_t i = 0; i < b->n_entries; i++) {
        struct call_entry *entry = &b->entries[i];
        const struct call *c =
            &call_slot_find(b, entry->project, entry->provider, entry->call_sid)->call;
        const struct str number = call_conversation_key(&entry->after);

        entry->after.id = c->id;
        if (str_is_none(number))
            entry->after.conversation_id = INT_NONE;
        else if (str_eq(number, call_conversation_key(c)))
            entry->after.conversation_id = c->conversation_id;
    }
}

bool call_batch_save_snapshots(struct call_batch *b, struct db *db, struct err *e)
{
    struct talks t = talks_of(b);

    if (!hold_talks(&t, b->now, db, b->a, e))
        return err_trace(e);
    enter_conversations(b, &t);
    if (!write_calls(b, db, e) || !recount_talks(&t, b->now, db, b->a, e) ||
        !show_calls(b, &t, db, e))
        return err_trace(e);
    tell_listed(b, &t);
    complete_entries(b);
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
