#ifndef INBOX_DOOR_H
#define INBOX_DOOR_H
/*
 * The doors: where a provider's webhooks come in. Verify, append, answer; nothing else.
 *
 * A provider declares its doors (struct door): where each is, how a request is read, how its
 * signature is checked, how it becomes an inbox item, what is answered. This room does the rest,
 * the same for all: size and address limits, the budget of wrong requests per client, the way from
 * the account to its project and keys, the durable append, refusals and their counting. A request
 * is answered with 2xx only when the inbox has made it durable; a door that tells the provider what
 * to do with a live call (DOOR_STEER) answers that always, so that no caller is dropped.
 *
 * What a door sees first it decides first: by the header alone, without reading the body, what can
 * not be valid. A client that sends too many invalid requests gets 429; a well-formed signature is
 * still verified then, so a valid event is never the victim of someone else's noise.
 *
 * Nor is it the victim of another project's flood: each project may bring in so many events a
 * minute, and have so many that wait. What is beyond gets 429 before it is acknowledged, so that
 * nothing is lost that we said we have; but not at a DOOR_STEER, for which a caller waits.
 */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/form.h"
#include "base/metric.h"
#include "http/http.h"
#include "inbox/inbox.h"
#include "trace/trace.h"

struct door;
struct doors;

/* One request at a door, as the provider's functions see it. Lives in the exchange's arena. */
struct door_visit {
    const struct door *door;
    const struct http_request *rq;
    struct str base_url; /* as the provider knows us: scheme, authority, perhaps a path */
    struct arena *a;
    /* Filled by read(). */
    struct str account; /* the account that it claims to come from */
    struct form fields; /* the decoded body */
    struct str json;    /* the body, when it was JSON; else none */
    /* Filled by the room once the account is known. */
    int64_t project;
    const void *config; /* of the account */
};

enum door_kind {
    DOOR_ACK,   /* 204 once it is durable, 503 when it cannot be */
    DOOR_STEER, /* 200 with answer(): a live call waits for it, so it is given in any case */
};

struct door {
    struct str path; /* exact */
    const char *provider;
    const char *source, *event_type; /* as the inbox keeps them */
    enum door_kind kind;
    struct str signature_header;
    enum hmac_kind mac;
    int refusal; /* status for a bad signature: 403, 401 */
    /* Whether the header's value has the form of a signature at all. */
    bool (*plausible)(struct str signature);
    /* Decodes the body; fills account, fields, json. False: it cannot be read (ERR_LIMIT, …). */
    bool (*read)(struct door_visit *v, struct err *e);
    /* Whether the request was signed with this key. Called for each key of the account. */
    bool (*verify)(const struct door_visit *v, struct str signature, struct hmac *key);
    /* Fills the item's sids, lane, dedupe_key, payload, raw_body. Never fails, drops nothing. */
    void (*describe)(const struct door_visit *v, struct inbox_item *item);
    /* Whether we sent it ourselves, to see whether the way is open: answered whatever the project
     * may bring in, and not kept. NULL: nobody does. */
    bool (*is_canary)(const struct door_visit *v);
    /* Writes what a DOOR_STEER answers, of type text/xml; NULL for DOOR_ACK. */
    void (*answer)(const struct door_visit *v, struct buf *out);
};

enum { DOOR_SECRETS = 2 };

/* An account that may knock: its project, and one key, or two while they are rotated. */
struct door_account {
    struct str provider, account;
    int64_t project;
    const struct secret *secrets[DOOR_SECRETS]; /* the second may be NULL */
    const void *config;                         /* what answer() needs; may be NULL */
    /* How much all accounts of the project may bring in together: webhooks a minute, and events
     * that wait. 0: as much as comes. */
    int64_t per_minute, waiting_max;
};

/* Accounts, and what owns their secrets and configs: forget() is called once nobody uses them any
 * more, from any thread; NULL: they outlive the doors. */
struct door_accounts {
    const struct door_account *p; /* copied; secrets and configs are borrowed */
    size_t n;
    void (*forget)(void *owner);
    void *owner;
};

struct doors_options {
    const struct door *const *doors;
    size_t n_doors;
    struct door_accounts accounts;
    bool accounts_are_old;    /* an account may have another project by now: each event's is looked
                               * up when it is stored */
    struct str base_url;      /* public, e.g. https://calls.example.com */
    struct str allowed_peers; /* comma list of addresses and CIDR blocks; none: all */
    struct inbox *inbox;
    const struct clock *clock;
    struct tracer *tracer;     /* NULL: no traces */
    struct loop *const *loops; /* of the server */
    size_t n_loops;
    /* Whether events of a project are kept now; NULL: all are. On the loops: must not wait. */
    bool (*takes)(int64_t project, void *arg);
    void *arg;
    size_t invalid_burst;      /* invalid requests a client may send at once; 0: 60 */
    size_t invalid_per_minute; /* … and in the long run; 0: 60 */
};

/* What became of a request at a door; each is counted. */
#define DOOR_OUTCOMES(X)                                                                           \
    X(CANARY, "canary") /* of our own: answered, not kept */                                       \
    X(STORED, "stored")                                                                            \
    X(DUPLICATE, "duplicate")                                                                      \
    X(SPOOLED, "spooled")                                                                          \
    X(UNAVAILABLE, "unavailable") /* 503: not durable, or ingestion is switched off */             \
    X(UNRECORDED, "unrecorded")   /* a call was steered, but its event could not be kept */        \
    X(OVER_LIMIT, "over_limit")   /* 429: valid, and more than its project may bring in */         \
    X(NO_SIGNATURE, "no_signature")                                                                \
    X(MALFORMED_SIGNATURE, "malformed_signature") /* of impossible form, or given twice */         \
    X(BAD_SIGNATURE, "bad_signature")                                                              \
    X(WRONG_URL, "wrong_url") /* signed with our key, for another address than base_url */         \
    X(UNKNOWN_ACCOUNT, "unknown_account")                                                          \
    X(BAD_BODY, "bad_body")                                                                        \
    X(FOREIGN_PEER, "foreign_peer") /* not on the list of allowed addresses */                     \
    X(OVER_BUDGET, "over_budget")   /* 429: invalid, and too many before it */

enum door_outcome {
#define X(name, label) DOOR_##name,
    DOOR_OUTCOMES(X)
#undef X
        DOOR_OUTCOME_COUNT
};

struct doors_stats {
    struct histogram_view
        answer_time;   /* from the request's first byte to its answer, of valid ones */
    uint64_t received; /* requests whose fate is decided; the sum of the outcomes */
    uint64_t outcomes[DOOR_OUTCOME_COUNT];
    usec_t last_refused[DOOR_OUTCOME_COUNT]; /* when; TIME_NONE: never, or it is no refusal */
};

/* Fails when an account has no key: an empty secret never switches verification off. */
bool doors_open(const struct doors_options *o, struct doors **ret, struct err *e) CHECK_RESULT;
/* After the server and the inbox have stopped. Accepts NULL. */
void doors_close(struct doors *d);
DEFINE_CLEANUP(struct doors, doors_close)

/* The door at that path, or NULL. */
const struct door *doors_find(const struct doors *d, struct str path);
/* For http_server_options.on_header: false when the path is no door's, then *ret is untouched. */
bool doors_on_header(struct doors *d, const struct http_request *rq, struct http_decision *ret);
/* Takes a request to a door's path, on its loop, and sees that it is answered (another method than
 * POST with 405). False: no door's. */
bool doors_handle(struct doors *d, struct http_exchange *x) CHECK_RESULT;
/* Of a request that was answered: what became of it; DOOR_OUTCOME_COUNT: it came to no door. Not of
 * one that another room has taken. */
enum door_outcome doors_outcome(const struct http_exchange *x);
/* Other accounts from now on, from any thread; a visit that is under way ends with those that it
 * began with. Fails like doors_open, and then nothing has changed. */
bool doors_set_accounts(struct doors *d, const struct door_accounts *in,
                        struct err *e) CHECK_RESULT;
/* From any thread: nothing is kept any more, as if no project's events were taken. What is validly
 * signed is then answered 503 by a DOOR_ACK, and a DOOR_STEER steers without recording. */
void doors_shut(struct doors *d);

/* What came in altogether. */
void doors_stats(const struct doors *d, struct doors_stats *ret);
/* What came in with the accounts of one project; and what named nobody's, for who is to see it. */
void doors_stats_of(const struct doors *d, int64_t project, bool with_strangers,
                    struct doors_stats *ret);
/* How many accounts may knock, of anybody and of one project; without any, all is refused. */
size_t doors_accounts(const struct doors *d);
size_t doors_accounts_of(const struct doors *d, int64_t project);

/* So many events of these projects wait to be processed, and none of others: told every now and
 * then by who counts them (inbox/read.h), from any thread. */
struct inbox_waiting;
void doors_set_waiting(struct doors *d, const struct inbox_waiting *counted, size_t n);
const char *door_outcome_name(enum door_outcome outcome);
/* Whether the outcome is a refusal of an invalid request (webhook_invalid_signature_total). */
bool door_outcome_is_invalid(enum door_outcome outcome);
/* The same, or of a valid one too many. */
bool door_outcome_is_refusal(enum door_outcome outcome);

#endif
