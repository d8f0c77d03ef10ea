#ifndef PROVIDERS_ACCOUNT_BOOK_H
#define PROVIDERS_ACCOUNT_BOOK_H
/*
 * Which accounts at which providers the projects have, with their secrets, and which numbers are
 * their own: a book that is written once and then only read; another one takes its place on the
 * shelf. Who reads in it holds it (counted, from any thread), so that a secret lives as long as
 * somebody works with it.
 */
#include "calls/change.h"
#include "providers/provider.h"
#include "tenancy/quota.h"

struct account_book;
struct account_shelf;

struct account_book *account_book_create(void);
struct account_book *account_book_hold(struct account_book *b);
/* Accepts NULL. The last one ends it and wipes its secrets. */
void account_book_drop(struct account_book *b);
DEFINE_CLEANUP(struct account_book, account_book_drop)

/* --- writing, before it is put onto the shelf; everything but secrets is copied --- */

struct book_project {
    int64_t project;
    struct str owned_numbers, region; /* see call_rules_parse() */
    struct provider_routing routing;
    struct quotas quotas;
};
/* Before its accounts. Fails when a number is none. */
bool account_book_add_project(struct account_book *b, const struct book_project *p,
                              struct err *e) CHECK_RESULT;

struct book_account {
    int64_t project; /* which was added */
    struct str provider, account, base_url;
    usec_t changed_at; /* see struct sealed_connection; TIME_NONE: the configuration's */
    struct secret *secrets[DOOR_SECRETS]; /* the book's from now on; the second may be NULL */
};
/* The first of an account's name counts; one of an unknown provider is left out. */
void account_book_add_account(struct account_book *b, const struct book_account *in);

/* --- reading --- */

/* The project's account there; NULL when it has none. */
const struct provider_account *account_book_find(const struct account_book *b, int64_t project,
                                                 struct str provider);
/* Anybody's account there, that of the oldest project; NULL when there is none. */
const struct provider_account *account_book_any(const struct account_book *b, struct str provider);
/* All of the project's, by provider and account. */
struct book_accounts {
    const struct provider_account **p;
    size_t n;
};
struct book_accounts account_book_list(const struct account_book *b, int64_t project,
                                       struct arena *a);
/* The project that owns an account; *ret_found false when nobody does. */
bool account_book_owner(const struct account_book *b, struct str provider, struct str account,
                        int64_t *ret);
/* Without any for a project that is not in it. */
const struct call_rules *account_book_rules(const struct account_book *b, int64_t project);
/* NULL for a project that is not in it. */
const struct quotas *account_book_quotas(const struct account_book *b, int64_t project);
/* For the doors; they hold the book by this. */
struct door_accounts account_book_doors(struct account_book *b);

/* --- the shelf: the present book --- */

struct account_shelf *account_shelf_create(void);
void account_shelf_destroy(struct account_shelf *s);
/* The book is the shelf's from now on. */
void account_shelf_put(struct account_shelf *s, struct account_book *b);
/* Held for the caller, who drops it; an empty one at first. */
struct account_book *account_shelf_take(struct account_shelf *s);
/* The rules of each project by the present book. */
struct call_rules_source account_shelf_rules(struct account_shelf *s);

#endif
