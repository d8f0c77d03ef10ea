#include "tenancy/connection.h"

#include "base/arena.h"
#include "tenancy/installation.h"

enum { PROJECTS_AT_ONCE = 500, ACCOUNTS_MAX = CONNECTIONS_MAX + 1 /* that of the configuration */ };

// --- versions ------------------------------------------------------------------------------------

static const struct str version_name = STR("connections");

static bool next_version(struct db *db, struct rng *rng, usec_t now, struct err *e)
{
    char version[ID_LEN + 1];

    id_make(now, rng, version);
    return installation_set(db, version_name, str_from(version), e) || err_trace(e);
}

bool connections_changed(const struct office *o, struct err *e)
{
    return next_version(o->db, o->rng, o->now, e) || err_trace(e);
}

bool connection_version(struct db *db, struct arena *a, struct str *ret, struct err *e)
{
    return installation_get(db, version_name, a, ret, e) || err_trace(e);
}

// --- settings ------------------------------------------------------------------------------------

static struct str or_preset(struct str value, struct str preset)
{
    return str_is_none(value) ? preset : value;
}

struct project_settings connection_in_force(const struct connection_presets *presets,
                                            int64_t project, const struct project_settings *own)
{
    const struct project_settings *preset = &presets->settings;
    struct project_settings s = *own;

    if (project != presets->project)
        return s;
    s.owned_numbers = or_preset(own->owned_numbers, preset->owned_numbers);
    s.region = or_preset(own->region, preset->region);
    s.sip_user = or_preset(own->sip_user, preset->sip_user);
    s.sip_domain = or_preset(own->sip_domain, preset->sip_domain);
    return s;
}

bool connection_settings(struct db *db, int64_t project, struct arena *a,
                         struct project_settings *ret, struct err *e)
{
    static const struct column columns[] = {
        {"name", COLUMN_STR, offsetof(struct project_settings, name)},
        {"owned_numbers", COLUMN_STR, offsetof(struct project_settings, owned_numbers)},
        {"region", COLUMN_STR, offsetof(struct project_settings, region)},
        {"sip_user", COLUMN_STR, offsetof(struct project_settings, sip_user)},
        {"sip_domain", COLUMN_STR, offsetof(struct project_settings, sip_domain)},
        {"time_zone", COLUMN_STR, offsetof(struct project_settings, time_zone)},
    };
    bool found;

    if (!db_query_one(db, Q_CONNECTION_SETTINGS, BINDS(bind_int("project", project)), columns,
                      LEN(columns), a, ret, &found, e))
        return err_trace(e);
    return found || err_set(e, ERR_NOT_FOUND, "there is no such thing here");
}

bool connection_set_settings(struct db *db, struct rng *rng, int64_t project,
                             const struct project_settings *s, usec_t now, struct err *e)
{
    return (db_exec(db, Q_CONNECTION_SET_SETTINGS,
                    BINDS(bind_int("project", project), bind_str("name", s->name),
                          bind_str("owned_numbers", s->owned_numbers),
                          bind_str("region", s->region), bind_str("sip_user", s->sip_user),
                          bind_str("sip_domain", s->sip_domain),
                          bind_str("time_zone", s->time_zone)),
                    NULL, e) &&
            next_version(db, rng, now, e)) ||
           err_trace(e);
}

// --- accounts ------------------------------------------------------------------------------------

bool connection_list(struct db *db, int64_t project, struct arena *a, struct connection **ret,
                     size_t *ret_n, struct err *e)
{
    static const struct column columns[] = {
        {"provider", COLUMN_STR, offsetof(struct connection, provider)},
        {"account_sid", COLUMN_STR, offsetof(struct connection, account)},
        {"has_secondary", COLUMN_BOOL, offsetof(struct connection, has_secondary)},
        {"created_at", COLUMN_TIME, offsetof(struct connection, created_at)},
        {"updated_at", COLUMN_TIME, offsetof(struct connection, updated_at)},
    };
    static const struct row_shape shape = ROW_SHAPE(struct connection, columns);
    struct rows *rows;

    if (!db_query(db, Q_CONNECTION_LIST, BINDS(bind_int("project", project)), a, &rows, e))
        return err_trace(e);
    *ret = rows_list(rows, &shape, CONNECTIONS_MAX, a, ret_n, e);
    return *ret || err_trace(e);
}

/* What sealed text is bound to: it opens in no other row and for no other purpose. */
static struct str context_of(int64_t project, struct str provider, struct str account,
                             const char *which, struct arena *a)
{
    return str_fmt(a, "provider_accounts %lld " STR_FMT " " STR_FMT " %s", (long long)project,
                   STR_ARG(provider), STR_ARG(account), which);
}

static bool has_room(struct db *db, int64_t project, const struct connection *c, struct arena *a,
                     struct err *e)
{
    struct connection *list;
    size_t n;

    if (!connection_list(db, project, a, &list, &n, e))
        return err_trace(e);
    for (size_t i = 0; i < n; i++)
        if (str_eq(list[i].provider, c->provider) && str_eq(list[i].account, c->account))
            return true;
    return n < CONNECTIONS_MAX ||
           err_set(e, ERR_LIMIT, "a project has %d accounts at most", CONNECTIONS_MAX);
}

static struct sealed_connection seal(const struct office *o, const struct vault *v, int64_t project,
                                     const struct connection *c, struct arena *a)
{
    struct sealed_connection sealed = {.provider = c->provider, .account = c->account};

    sealed.secret = vault_seal(v, o->rng, context_of(project, c->provider, c->account, "secret", a),
                               c->secret, a);
    if (!str_is_empty(c->secondary))
        sealed.secondary =
            vault_seal(v, o->rng, context_of(project, c->provider, c->account, "secondary", a),
                       c->secondary, a);
    return sealed;
}

/* *ret_n == 0: the account is another project's. */
static bool add_or_change(const struct office *o, int64_t project,
                          const struct sealed_connection *sealed, int64_t *ret_n, struct err *e)
{
    const struct binds binds =
        BINDS(bind_int("project", project), bind_str("provider", sealed->provider),
              bind_str("account_sid", sealed->account), bind_str("secret", sealed->secret),
              bind_str("secret_secondary", sealed->secondary), bind_time("now", o->now));

    if (!db_exec(o->db, Q_CONNECTION_ADD, binds, ret_n, e))
        return err_trace(e);
    return *ret_n > 0 || db_exec(o->db, Q_CONNECTION_CHANGE, binds, ret_n, e) || err_trace(e);
}

bool connection_put(const struct office *o, const struct vault *v, int64_t project,
                    const struct connection *c, struct arena *a, struct err *e)
{
    int64_t n;

    if (!has_room(o->db, project, c, a, e))
        return err_trace(e);
    const struct sealed_connection sealed = seal(o, v, project, c, a);
    if (!add_or_change(o, project, &sealed, &n, e) || !next_version(o->db, o->rng, o->now, e))
        return err_trace(e);
    return n > 0 || err_set(e, ERR_CONFLICT, "this account cannot be connected with this project");
}

bool connection_remove(const struct office *o, int64_t project, struct str provider,
                       struct str account, bool *ret_found, struct err *e)
{
    int64_t n;

    if (!db_exec(o->db, Q_CONNECTION_REMOVE,
                 BINDS(bind_int("project", project), bind_str("provider", provider),
                       bind_str("account_sid", account)),
                 &n, e) ||
        !next_version(o->db, o->rng, o->now, e))
        return err_trace(e);
    *ret_found = n > 0;
    return true;
}

// --- outages -------------------------------------------------------------------------------------

bool connection_outages(struct db *db, int64_t project, struct arena *a, struct outages *ret,
                        struct err *e)
{
    static const struct column columns[] = {
        {"provider", COLUMN_STR, offsetof(struct outage, provider)},
        {"account_sid", COLUMN_STR, offsetof(struct outage, account)},
        {"down_since", COLUMN_TIME, offsetof(struct outage, since)},
    };
    struct outage *all = arena_new(a, struct outage, ACCOUNTS_MAX);
    struct rows *rows;
    size_t n = 0;

    if (!db_query(db, Q_CONNECTION_OUTAGES, BINDS(bind_int("project", project)), a, &rows, e))
        return err_trace(e);
    while (n < ACCOUNTS_MAX && rows_next(rows)) {
        rows_read(rows, columns, LEN(columns), &all[n]);
        all[n++].code = err_code_named(rows_str(rows, "down_code"));
    }
    if (!rows_end(rows, e))
        return err_trace(e);
    *ret = (struct outages){all, n};
    return true;
}

const struct outage *outages_find(const struct outages *down, struct str provider,
                                  struct str account)
{
    for (size_t i = 0; i < down->n; i++)
        if (str_eq(down->p[i].provider, provider) && str_eq(down->p[i].account, account))
            return &down->p[i];
    return NULL;
}

bool connection_goes_down(struct db *db, int64_t project, const struct outage *o, usec_t changed_at,
                          bool *ret_first, struct err *e)
{
    int64_t n;

    if (!db_exec(db, Q_CONNECTION_GOES_DOWN,
                 BINDS(bind_int("project", project), bind_str("provider", o->provider),
                       bind_str("account_sid", o->account), bind_time("since", o->since),
                       bind_str("code", str_from(err_code_name(o->code))),
                       bind_time("changed_at", changed_at)),
                 &n, e))
        return err_trace(e);
    *ret_first = n > 0;
    return true;
}

bool connection_comes_up(struct db *db, int64_t project, const struct outage *o, bool *ret_first,
                         struct err *e)
{
    int64_t n;

    if (!db_exec(db, Q_CONNECTION_COMES_UP,
                 BINDS(bind_int("project", project), bind_str("provider", o->provider),
                       bind_str("account_sid", o->account), bind_time("since", o->since)),
                 &n, e))
        return err_trace(e);
    *ret_first = n > 0;
    return true;
}

// --- for a node ----------------------------------------------------------------------------------

bool connection_projects(struct db *db, int64_t after, int64_t limit, struct arena *a,
                         struct connected_project **ret, size_t *ret_n, struct err *e)
{
    static const struct column columns[] = {
        {"id", COLUMN_INT, offsetof(struct connected_project, project)},
        {"owned_numbers", COLUMN_STR, offsetof(struct connected_project, settings.owned_numbers)},
        {"region", COLUMN_STR, offsetof(struct connected_project, settings.region)},
        {"sip_user", COLUMN_STR, offsetof(struct connected_project, settings.sip_user)},
        {"sip_domain", COLUMN_STR, offsetof(struct connected_project, settings.sip_domain)},
    };
    static const struct row_shape shape = ROW_SHAPE(struct connected_project, columns);
    struct rows *rows;

    if (!db_query(db, Q_CONNECTION_LOAD_PROJECTS,
                  BINDS(bind_int("after", after), bind_int("limit", limit)), a, &rows, e))
        return err_trace(e);
    *ret = rows_list(rows, &shape, (size_t)limit, a, ret_n, e);
    return *ret || err_trace(e);
}

static bool open_one(const struct vault *v, int64_t project, const struct sealed_connection *sealed,
                     struct arena *a, struct opened_connection *ret, struct err *e)
{
    *ret = (struct opened_connection){
        .provider = sealed->provider, .account = sealed->account, .changed_at = sealed->changed_at};
    if (!vault_unseal(v, context_of(project, sealed->provider, sealed->account, "secret", a),
                      sealed->secret, &ret->secret, e))
        return err_trace(e);
    if (str_is_none(sealed->secondary) ||
        vault_unseal(v, context_of(project, sealed->provider, sealed->account, "secondary", a),
                     sealed->secondary, &ret->secondary, e))
        return true;
    secret_destroy(ret->secret);
    return err_trace(e);
}

bool connection_load(struct db *db, int64_t project, struct arena *a,
                     struct sealed_connections *ret, struct err *e)
{
    static const struct column columns[] = {
        {"provider", COLUMN_STR, offsetof(struct sealed_connection, provider)},
        {"account_sid", COLUMN_STR, offsetof(struct sealed_connection, account)},
        {"secret", COLUMN_STR, offsetof(struct sealed_connection, secret)},
        {"secret_secondary", COLUMN_STR, offsetof(struct sealed_connection, secondary)},
        {"updated_at", COLUMN_TIME, offsetof(struct sealed_connection, changed_at)},
    };
    static const struct row_shape shape = ROW_SHAPE(struct sealed_connection, columns);
    struct rows *rows;

    if (!db_query(db, Q_CONNECTION_LOAD_ACCOUNTS, BINDS(bind_int("project", project)), a, &rows, e))
        return err_trace(e);
    ret->p = rows_list(rows, &shape, CONNECTIONS_MAX, a, &ret->n, e);
    return ret->p || err_trace(e);
}

void connection_open_all(const struct vault *v, int64_t project,
                         const struct sealed_connections *sealed, struct arena *a,
                         struct opened_connections *ret)
{
    *ret = (struct opened_connections){.p = arena_new(a, struct opened_connection, sealed->n + 1)};
    for (size_t i = 0; i < sealed->n; i++) {
        struct err odd = {0};
        if (open_one(v, project, &sealed->p[i], a, &ret->p[ret->n], &odd))
            ret->n++;
        else
            ret->n_unreadable++;
    }
}

// --- another key ---------------------------------------------------------------------------------

static bool is_current(const struct vault *v, const struct sealed_connection *sealed)
{
    return vault_is_current(v, sealed->secret) &&
           (str_is_none(sealed->secondary) || vault_is_current(v, sealed->secondary));
}

static bool reseal_one(const struct office *o, const struct vault *v, int64_t project,
                       const struct sealed_connection *was, struct arena *a, struct resealing *ret,
                       struct err *e)
{
    struct opened_connection opened;
    int64_t changed;

    if (is_current(v, was))
        return true;
    if (!open_one(v, project, was, a, &opened, e)) {
        ret->project = project;
        ret->provider = was->provider;
        ret->account = was->account;
        return err_trace(e);
    }
    const struct connection c = {
        .provider = was->provider,
        .account = was->account,
        .secret = secret_reveal(opened.secret),
        .secondary = opened.secondary ? secret_reveal(opened.secondary) : STR_NONE,
    };
    const struct sealed_connection now = seal(o, v, project, &c, a);
    secret_destroy(opened.secret);
    secret_destroy(opened.secondary);
    if (!db_exec(o->db, Q_CONNECTION_RESEAL,
                 BINDS(bind_int("project", project), bind_str("provider", was->provider),
                       bind_str("account_sid", was->account), bind_str("was", was->secret),
                       bind_str("secret", now.secret), bind_str("secret_secondary", now.secondary)),
                 &changed, e))
        return err_trace(e);
    ret->n += changed;
    return true;
}

static bool reseal_project(const struct office *o, const struct vault *v, int64_t project,
                           struct arena *a, struct resealing *ret, struct err *e)
{
    struct sealed_connections sealed;

    if (!connection_load(o->db, project, a, &sealed, e))
        return err_trace(e);
    for (size_t i = 0; i < sealed.n; i++)
        if (!reseal_one(o, v, project, &sealed.p[i], a, ret, e))
            return err_trace(e);
    return true;
}

bool connections_reseal(const struct office *o, const struct vault *v, struct arena *a,
                        struct resealing *ret, struct err *e)
{
    struct connected_project *projects;
    int64_t after = 0;
    size_t n = PROJECTS_AT_ONCE;

    *ret = (struct resealing){0};
    while (n == PROJECTS_AT_ONCE) {
        if (!connection_projects(o->db, after, PROJECTS_AT_ONCE, a, &projects, &n, e))
            return err_trace(e);
        for (size_t i = 0; i < n; i++)
            if (!reseal_project(o, v, projects[i].project, a, ret, e))
                return err_trace(e);
        after = n > 0 ? projects[n - 1].project : after;
    }
    return next_version(o->db, o->rng, o->now, e) || err_trace(e);
}
