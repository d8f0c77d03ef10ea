#ifndef TENANCY_CONNECTION_H
#define TENANCY_CONNECTION_H
/*
 * What connects a project with its providers: accounts, whose secrets are sealed in the store and
 * seen by nobody again, and the settings that say which numbers are its own and where its calls go.
 *
 * Every change makes a new version, by which the nodes notice that they have to look again.
 */
#include "tenancy/office.h"
#include "tenancy/vault.h"

enum { CONNECTIONS_MAX = 32 }; /* of a project */

/* Each but the name none: not set. */
struct project_settings {
    struct str name;
    struct str owned_numbers; /* comma list, E.164 */
    struct str region;        /* ISO 3166, two letters */
    struct str sip_user, sip_domain;
    struct str time_zone;
};

struct connection {
    struct str provider, account;
    struct str secret, secondary; /* in clear, or none: a list does not give them */
    bool has_secondary;
    usec_t created_at, updated_at;
};

/* What the configuration says of the default project; what the store keeps counts before it. */
struct connection_presets {
    int64_t project;
    struct project_settings settings; /* without name and time zone */
    struct connection account;        /* without its secrets; no account: none */
};

/* What counts for a project: its own, and by the configuration where it is the default one and says
 * nothing. */
struct project_settings connection_in_force(const struct connection_presets *presets,
                                            int64_t project, const struct project_settings *own);

bool connection_settings(struct db *db, int64_t project, struct arena *a,
                         struct project_settings *ret, struct err *e) CHECK_RESULT;
/* In the caller's transaction, as all that changes something here. */
bool connection_set_settings(struct db *db, struct rng *rng, int64_t project,
                             const struct project_settings *s, usec_t now,
                             struct err *e) CHECK_RESULT;

bool connection_list(struct db *db, int64_t project, struct arena *a, struct connection **ret,
                     size_t *ret_n, struct err *e) CHECK_RESULT;
/* Makes it, or gives it other secrets. ERR_CONFLICT: it belongs to another project. */
bool connection_put(const struct office *o, const struct vault *v, int64_t project,
                    const struct connection *c, struct arena *a, struct err *e) CHECK_RESULT;
bool connection_remove(const struct office *o, int64_t project, struct str provider,
                       struct str account, bool *ret_found, struct err *e) CHECK_RESULT;

/* A connection that is down: its provider refuses it, or does not answer. */
struct outage {
    struct str provider, account;
    usec_t since;
    enum err_code code; /* why, as it was when it went down */
};
/* Of all accounts of the project, that of the configuration among them. As a rule there is none. */
struct outages {
    struct outage *p;
    size_t n;
};
bool connection_outages(struct db *db, int64_t project, struct arena *a, struct outages *ret,
                        struct err *e) CHECK_RESULT;
/* NULL: it is not down. */
const struct outage *outages_find(const struct outages *down, struct str provider,
                                  struct str account);
/* changed_at: of what was asked with (TIME_NONE: the configuration's). *ret_first false: it was
 * down already, was changed since, or is not the project's. */
bool connection_goes_down(struct db *db, int64_t project, const struct outage *o, usec_t changed_at,
                          bool *ret_first, struct err *e) CHECK_RESULT;
/* *ret_first false: this outage was over already. */
bool connection_comes_up(struct db *db, int64_t project, const struct outage *o, bool *ret_first,
                         struct err *e) CHECK_RESULT;

/* --- for the doors and workers of a node --- */

/* Another thing that nodes keep by this version has changed: a new one. In its transaction. */
bool connections_changed(const struct office *o, struct err *e) CHECK_RESULT;
/* Changes with every change of any project; none: there never was one. */
bool connection_version(struct db *db, struct arena *a, struct str *ret,
                        struct err *e) CHECK_RESULT;

struct connected_project {
    int64_t project;
    struct project_settings settings;
};
/* By id, those after `after`; *ret_n less than `limit`: there are no more. */
bool connection_projects(struct db *db, int64_t after, int64_t limit, struct arena *a,
                         struct connected_project **ret, size_t *ret_n, struct err *e) CHECK_RESULT;
/* The accounts of a project, as they are kept. */
struct sealed_connection {
    struct str provider, account;
    struct str secret, secondary; /* sealed; the second may be none */
    usec_t changed_at;            /* tells these secrets from others */
};
struct sealed_connections {
    struct sealed_connection *p;
    size_t n;
};
bool connection_load(struct db *db, int64_t project, struct arena *a,
                     struct sealed_connections *ret, struct err *e) CHECK_RESULT;
/* The same with their secrets in clear, in memory that is wiped when it ends. What cannot be opened
 * is left out and counted. */
struct opened_connection {
    struct str provider, account;
    struct secret *secret, *secondary; /* the caller's to destroy; the second may be NULL */
    usec_t changed_at;
};
struct opened_connections {
    struct opened_connection *p;
    size_t n, n_unreadable;
};
void connection_open_all(const struct vault *v, int64_t project,
                         const struct sealed_connections *sealed, struct arena *a,
                         struct opened_connections *ret);

/* How many accounts; when it fails, which one could not be opened (account none: another failure).
 */
struct resealing {
    int64_t n, project;
    struct str provider, account;
};
/* In the caller's transaction: all that is not sealed with the present key is, and nodes look
 * again. */
bool connections_reseal(const struct office *o, const struct vault *v, struct arena *a,
                        struct resealing *ret, struct err *e) CHECK_RESULT;

#endif
