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

// --- all of it -----------------------------------------------------------------------------------

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
    if (!call_batch_write_calls(b, db, e) || !recount_talks(&t, b->now, db, b->a, e) ||
        !show_calls(b, &t, db, e))
        return err_trace(e);
    tell_listed(b, &t);
    complete_entries(b);
    return true;
}
