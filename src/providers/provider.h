#ifndef PROVIDERS_PROVIDER_H
#define PROVIDERS_PROVIDER_H
/*
 * What a provider's folder gives to the house. To add one: a folder, and one line in list.h.
 *
 * Each folder defines `const struct provider provider_<name>`. The house never asks which provider
 * it deals with; it calls what stands here.
 */
#include "calls/change.h"
#include "inbox/door.h"
#include "providers/asked.h"
#include "providers/finding.h"
#include "reconcile/source.h"

/* An account at a provider, with which a project asks for what is kept there. */
struct provider_account {
    struct str provider, account;
    int64_t project;
    const struct secret *secret;
    struct str base_url; /* of the provider's API */
    usec_t changed_at;   /* as in the book (account_book.h) */
};

/* Where a project's calls go. */
struct provider_routing {
    struct str sip_user, sip_domain; /* who answers calls from outside; may be none */
    struct str caller_id;            /* E.164, shown to those who are called; may be none */
};

/* A recording that is wanted. */
struct provider_wanted {
    const struct provider_account *account;
    const struct call_recording *recording;
    const _Atomic bool *ended; /* turns true when nobody wants it any more */
    struct asked_of *asked;    /* counts; NULL: nothing does */
};

/* The audio is appended to a buf, whose ceiling is how large it may be; its type as it was told. */
typedef bool provider_recording_fn(const struct provider_wanted *w, struct arena *a,
                                   struct buf *audio, struct str *ret_type, struct err *e);

/* Makes the provider's sandbox play calls to us. */
typedef bool provider_demo_fn(const struct provider_account *account, struct arena *a,
                              struct err *e);

/* A webhook of our own, signed as the account's are; its door keeps nothing of it. */
struct provider_canary {
    struct str url, form;
    const char *header; /* that carries the signature */
    struct str signature;
};
typedef void provider_canary_fn(const struct provider_account *account, struct str our_url,
                                struct arena *a, struct provider_canary *ret);

/* An account is asked whether its webhooks come to us. */
struct provider_check {
    const struct provider_account *account;
    struct str our_url;             /* by which the provider is to reach us; no slash at its end */
    const struct call_rules *rules; /* the project's own numbers */
    const _Atomic bool *ended;      /* as above */
    struct asked_of *asked;         /* as above */
};

/* Whether its secret is right, and where the calls of its numbers go. Blocks, for half a minute at
 * most. It cannot fail: what could not be found out is a finding. */
typedef void provider_check_fn(const struct provider_check *c, struct arena *a,
                               struct findings *findings);

/*
 * The provider's API on calls: the paths that are asked for, below the account's base_url, and its
 * answers (of status 200) as changes. An answer that is not as it should be: ERR_UPSTREAM.
 */
struct provider_calls {
    const char *peer; /* "Twilio", for sentences */
    /* STR_NONE: no call has such a sid. */
    struct str (*call_path)(const struct provider_account *account, struct str sid,
                            struct arena *a);
    bool (*read_call)(struct str body, usec_t now, struct arena *a, struct reconcile_found *ret,
                      struct err *e);
    /* The first page; those that follow are as `next` of the page before says. */
    struct str (*list_path)(const struct provider_account *account, const struct reconcile_query *q,
                            struct arena *a);
    /* next is a path of this account, or none. */
    bool (*read_list)(const struct provider_account *account, struct str body, usec_t now,
                      struct arena *a, struct reconcile_page *ret, struct err *e);
};

struct provider {
    const char *name;
    const struct door *doors;
    size_t n_doors;
    /* What answer() of its doors needs to know, made in the arena; NULL: nothing. */
    const void *(*routing)(const struct provider_routing *r, struct arena *a);
    /* One kept webhook into a canonical change. */
    call_normalise_fn *normalise;
    /* Fetches a recording: blocks, for a minute at most. NULL: there is no way to. */
    provider_recording_fn *recording;
    /* NULL: it does not tell of calls. */
    const struct provider_calls *calls;
    /* NULL: there is nothing to ask. */
    provider_check_fn *check;
    /* NULL: it has none. */
    provider_canary_fn *canary;
    /* NULL: there is no sandbox. Never called but beside one (DEMO_CALLS). */
    provider_demo_fn *demo;
};

/* All of them, in the order of list.h. */
extern const struct provider *const providers[];
extern const size_t n_providers;

/* All their doors; how many there are: no more than PROVIDER_DOORS_MAX. */
enum { PROVIDER_DOORS_MAX = 64 };
size_t provider_doors(const struct door *ret[PROVIDER_DOORS_MAX]);

/* NULL when there is none of that name. */
const struct provider *provider_find(struct str name);

#endif
