#ifndef CALLS_INTERNAL_H
#define CALLS_INTERNAL_H
/* What the files of this room share: the inside of a batch, rows as snapshots, logs folded anew. */
#include "calls/batch.h"
#include "calls/read.h"

/* What a conversation shows of its latest call, and is filtered by (columns last_…). */
struct call_shown {
    enum call_direction direction;
    enum call_status status;
    bool is_recorded;
};

/* One call of the batch. */
struct call_slot {
    struct call_slot *next_in_bucket;
    struct call call;
    bool loaded;  /* asked for; call.id tells whether it was there */
    bool changed; /* is to be written */
    size_t told;  /* its last entry in the batch, from 1; 0: it has none */
    /* As it was in the store, to see whether its conversations are concerned. */
    struct str was_contact, was_parent;
    usec_t was_start;
    struct call_shown was_shown;
};

enum { CALL_BATCH_BUCKETS = 1024 };

struct call_project_rules {
    struct call_project_rules *next;
    int64_t project;
    struct call_rules rules;
};

struct call_batch {
    struct arena *a;
    struct call_rules_source rules;
    struct call_project_rules *known_rules; /* of the projects that it has met */
    usec_t now;
    call_news_fn *is_news; /* or NULL */
    void *news_arg;
    struct call_slot *buckets[CALL_BATCH_BUCKETS];
    struct call_slot **slots;
    size_t n_slots, cap_slots;
    struct call_pending *first, **last; /* what was added */
    size_t n_pending;
    bool tells_once;
    struct call_entry *entries;
    struct call_change *changes; /* of each entry; written when all are there */
    size_t n_entries;
};

/* NULL when the batch has no such call. */
struct call_slot *call_slot_find(const struct call_batch *b, int64_t project, struct str provider,
                                 struct str sid);
/* Those that have changed; the new ones get their ids. Their conversations have theirs. */
bool call_batch_write_calls(struct call_batch *b, struct db *db, struct err *e) CHECK_RESULT;

/* Whose conversation a snapshot is in: E.164, or STR_NONE for none. */
struct str call_conversation_key(const struct call *c);
struct call_shown call_shown_of(const struct call *c);

struct call_list {
    struct call *p;
    size_t n;
};

/* The current row of a query that gives all columns of `calls`. fold_state stays text. */
bool call_row(struct rows *rows, struct call *ret, struct err *e) CHECK_RESULT;
/* All the rows that are left. */
bool call_rows(struct rows *rows, struct arena *a, struct call_list *ret,
               struct err *e) CHECK_RESULT;

struct call_key {
    int64_t project;
    struct str provider, sid;
};
/* A call's log, folded anew up to the line numbered up_to (INT_NONE: to its end). updated_at is
 * when the last of these lines was written; TIME_NONE when there is none. */
bool call_refold(struct db *db, const struct call_key *key, int64_t up_to, struct arena *a,
                 struct call *ret, struct err *e) CHECK_RESULT;

/* Lists that are not paged end somewhere all the same. */
enum { CALL_ACTIVE_MAX = 5000 };

bool call_list_query(struct db *db, enum query q, struct binds binds, struct arena *a,
                     struct call_list *ret, struct err *e) CHECK_RESULT;
bool call_total_query(struct db *db, enum query q, struct binds binds, struct arena *a,
                      int64_t *ret, struct err *e) CHECK_RESULT;
bool call_active_query(const struct call_reader *r, struct arena *a, struct call_list *ret,
                       struct err *e) CHECK_RESULT;
int64_t call_page_offset(struct call_page page);

struct json_writer;
void call_list_value(struct json_writer *w, const struct call_list *calls);
/* total, page, limit */
void call_page_members(struct json_writer *w, int64_t total, struct call_page page);
/* Where a page of conversations has ended: the next one starts before it. */
struct call_place {
    usec_t time;
    int64_t id;
};
/* To and from text that is nobody's business but ours. STR_NONE is before everything. */
struct str call_place_text(struct call_place place, struct arena *a);
bool call_place_parse(struct str text, struct call_place *ret, struct err *e) CHECK_RESULT;
/* As call_json, inside of something larger. */
void call_json_value(struct json_writer *w, const struct call *c);
/* Seconds and counts; INT_NONE becomes null. */
void call_member_int(struct json_writer *w, struct str key, int64_t v);

/* A copy of a buf's text in the arena; finishes the buf. A buf that failed gives ERR_LIMIT. */
bool call_text_of(struct buf *b, struct arena *a, struct str *ret, struct err *e) CHECK_RESULT;

#endif
