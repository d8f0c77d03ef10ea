#ifndef TENANCY_AUDIT_H
#define TENANCY_AUDIT_H
/*
 * Who did what: one log per organisation, append-only, each entry chained to the one before it.
 *
 * An entry's hash is the SHA-256 of the hash before it and of all that the entry says, each piece
 * with its length, so that no entry can be changed, left out or put between others without the rest
 * of the chain saying so. Its end is noted beside it, so that none can be cut off. `hookswitch
 * verify` walks the chains. Who can write to the database can still build a whole new chain, or
 * take one away with its head where nobody has signed in since: what proves against that is a head
 * kept elsewhere.
 */
#include "base/clock.h"
#include "store/store.h"
#include "tenancy/actor.h"
#include "tenancy/office.h"

struct audit_entry {
    const struct actor *who;
    struct str address;   /* the client's, or none */
    struct str trace_id;  /* or none */
    int64_t project;      /* 0: of the organisation itself */
    const char *action;   /* "role.granted" */
    const char *entity;   /* "user" */
    struct str entity_id; /* its id, as text */
    struct str details;   /* a JSON object: what was before, what is after; no secrets */
};

/* Within the caller's transaction, so that the entry is there if and only if the deed is. Entries
 * of one organisation wait for each other: append last, commit soon. */
bool audit_append(struct db *db, int64_t org, const struct audit_entry *in, usec_t now,
                  struct arena *a, struct err *e) CHECK_RESULT;
/* In every organisation that somebody belongs to (of more than 64 in those), and in the first one
 * for who belongs to none or is not known (user 0), there without saying who it was: for what is
 * done to no project, such as signing in. */
bool audit_append_everywhere(struct db *db, int64_t user, const struct audit_entry *in, usec_t now,
                             struct arena *a, struct err *e) CHECK_RESULT;

/* In the first organisation: for what concerns nobody who is known. */
bool audit_append_first(struct db *db, const struct audit_entry *in, usec_t now, struct arena *a,
                        struct err *e) CHECK_RESULT;

/* {"before": …, "after": …} of one text, for an entry's details. */
struct str audit_change(struct str before, struct str after, struct arena *a);

struct audit_row {
    int64_t seq, project, actor_id;
    usec_t ts;
    struct str actor_kind, actor_name, action, entity_type, entity_id, details, address, trace_id;
    struct str entity_name; /* the e-mail address of a person who is there, else none */
};

struct audit_filter {
    int64_t org;
    int64_t project;                  /* INT_NONE: of all */
    struct str action, actor, entity; /* or none */
    usec_t since, until;              /* TIME_NONE: not narrowed */
    struct list_page page;            /* from below this seq; INT_NONE: from the newest */
};

/* Newest first. */
bool audit_list(struct db *db, const struct audit_filter *f, struct arena *a,
                struct audit_row **ret, size_t *ret_n, struct err *e) CHECK_RESULT;

/* Walks every chain; tell() is given each break in words. False: it could not be read. */
bool audit_verify(struct db *db, void (*tell)(struct str what, void *arg), void *arg,
                  int64_t *ret_entries, struct err *e) CHECK_RESULT;

#endif
