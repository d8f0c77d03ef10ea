#include "tenancy/people.h"

#include "base/arena.h"
#include "tenancy/project.h"
#include "tenancy/session.h"
#include "tenancy/token.h"

enum { EMAIL_MAX = 254, MEMBERS_MAX = 100, ROLES_PER_MEMBER = 64 };

// --- addresses -----------------------------------------------------------------------------------

static bool is_address_char(char c)
{
    return (unsigned char)c > ' ' && c != 0x7f && c != '<' && c != '>' && c != '"' && c != ',';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool email_normalise(struct str email, struct arena *a, struct str *ret, struct err *e)
{
    const struct str text = str_trim(email);
    struct str rest = text, local;
    bool ok = text.n <= EMAIL_MAX && str_is_utf8(text) && cut_until(&rest, '@', &local) &&
              local.n > 0 && rest.n > 0 && !str_contains(rest, STR("@"));
    char *p = arena_alloc(a, text.n + 1);

    for (size_t i = 0; ok && i < text.n; i++) {
        ok = is_address_char(text.p[i]);
        p[i] = lower(text.p[i]);
    }
    if (!ok)
        return err_set(e, ERR_INVALID, "email: an address like name@example.com expected");
    *ret = (struct str){p, text.n};
    return true;
}

// --- one person ----------------------------------------------------------------------------------

static const struct column person_columns[] = {
    {"id", COLUMN_INT, offsetof(struct person, id)},
    {"email", COLUMN_STR, offsetof(struct person, email)},
    {"is_guest", COLUMN_BOOL, offsetof(struct person, is_guest)},
    {"name", COLUMN_STR, offsetof(struct person, name)},
    {"password_hash", COLUMN_STR, offsetof(struct person, password_hash)},
    {"language", COLUMN_STR, offsetof(struct person, language)},
    {"theme", COLUMN_STR, offsetof(struct person, theme)},
    {"time_zone", COLUMN_STR, offsetof(struct person, time_zone)},
    {"created_at", COLUMN_TIME, offsetof(struct person, created_at)},
    {"disabled_at", COLUMN_TIME, offsetof(struct person, disabled_at)},
};

static bool person_load(struct db *db, enum query q, struct binds binds, struct arena *a,
                        struct person *ret, bool *ret_found, struct err *e)
{
    return db_query_one(db, q, binds, person_columns, LEN(person_columns), a, ret, ret_found, e) ||
           err_trace(e);
}

bool person_by_email(struct db *db, struct str email, struct arena *a, struct person *ret,
                     bool *ret_found, struct err *e)
{
    return person_load(db, Q_USER_BY_EMAIL, BINDS(bind_str("email", email)), a, ret, ret_found,
                       e) ||
           err_trace(e);
}

bool person_by_id(struct db *db, int64_t id, struct arena *a, struct person *ret, bool *ret_found,
                  struct err *e)
{
    return person_load(db, Q_USER_BY_ID, BINDS(bind_int("user", id)), a, ret, ret_found, e) ||
           err_trace(e);
}

/* Nobody else changes them until the transaction ends; *ret: how they can sign in now. */
static bool hold_user(struct db *db, int64_t user, struct arena *a, struct person *ret,
                      bool *ret_found, struct err *e)
{
    static const struct column columns[] = {
        {"password_hash", COLUMN_STR, offsetof(struct person, password_hash)},
        {"disabled_at", COLUMN_TIME, offsetof(struct person, disabled_at)},
    };

    return db_query_one(db, Q_USER_HOLD, BINDS(bind_int("user", user)), columns, LEN(columns), a,
                        ret, ret_found, e) ||
           err_trace(e);
}

bool person_hold(struct db *db, const struct person *p, struct arena *a, bool *ret_still,
                 struct err *e)
{
    struct person now;
    bool found;

    if (!hold_user(db, p->id, a, &now, &found, e))
        return err_trace(e);
    *ret_still = found && now.disabled_at == TIME_NONE &&
                 str_is_none(now.password_hash) == str_is_none(p->password_hash) &&
                 str_eq(now.password_hash, p->password_hash);
    return true;
}

static const struct column id_columns[] = {{"id", COLUMN_INT, 0}};

bool person_ensure(const struct office *o, struct str email, struct str name, struct arena *a,
                   int64_t *ret, bool *ret_made, struct err *e)
{
    struct person known;
    bool found;

    if (!db_query_one(o->db, Q_USER_ADD,
                      BINDS(bind_str("email", email), bind_str("name", name),
                            bind_str("password_hash", STR_NONE), bind_time("now", o->now)),
                      id_columns, LEN(id_columns), a, ret, ret_made, e))
        return err_trace(e);
    if (*ret_made)
        return true;
    if (!person_by_email(o->db, email, a, &known, &found, e))
        return err_trace(e);
    *ret = known.id;
    return found || err_set(e, ERR_CONFLICT, "this address was taken at this moment");
}

bool person_account(struct db *db, struct str email, struct arena *a, enum account *ret,
                    struct err *e)
{
    static const struct column columns[] = {{"has_password", COLUMN_BOOL, 0}};
    bool has_password, found;

    if (!db_query_one(db, Q_USER_ACCOUNT, BINDS(bind_str("email", email)), columns, LEN(columns), a,
                      &has_password, &found, e))
        return err_trace(e);
    *ret = !found ? ACCOUNT_NONE : has_password ? ACCOUNT_WITH_PASSWORD : ACCOUNT_WITHOUT_PASSWORD;
    return true;
}

/* Of two who settle at once the second is told by the store: that is no words for a person. */
bool person_settle(struct db *db, int64_t guest, struct arena *a, struct err *e)
{
    bool settled;
    int64_t id;

    if (!db_exec(db, Q_USER_MAKE_WAY, BINDS(bind_int("user", guest)), NULL, e))
        return err_trace(e);
    const bool ok = db_query_one(db, Q_USER_SETTLE, BINDS(bind_int("user", guest)), id_columns,
                                 LEN(id_columns), a, &id, &settled, e);
    if (ok && settled)
        return true;
    if (!ok && e->code != ERR_CONFLICT)
        return err_trace(e);
    err_clear(e);
    err_set(e, ERR_CONFLICT, "this address got an account at this moment");
    return err_fix(e, "try again, with its password");
}

/* As whoever gives or takes roles does: the organisation, then people. */
static bool hold_guest(struct db *db, int64_t guest, struct arena *a, int64_t *ret_org,
                       struct err *e)
{
    static const struct column columns[] = {{"org_id", COLUMN_INT, 0}};
    struct person now;
    int64_t org = 0;
    bool found;

    if (!db_query_one(db, Q_GUEST_ORG, BINDS(bind_int("guest", guest)), columns, LEN(columns), a,
                      &org, &found, e) ||
        (found && !org_hold(db, org, a, e)) || !hold_user(db, guest, a, &now, &found, e))
        return err_trace(e);
    *ret_org = org;
    return true;
}

bool person_join(struct db *db, int64_t guest, const struct person *account, struct arena *a,
                 int64_t *ret_org, bool *ret_still, struct err *e)
{
    if (!hold_guest(db, guest, a, ret_org, e) || !person_hold(db, account, a, ret_still, e))
        return err_trace(e);
    return !*ret_still ||
           (db_exec(db, Q_ROLES_MOVE,
                    BINDS(bind_int("guest", guest), bind_int("user", account->id)), NULL, e) &&
            db_exec(db, Q_ROLES_DROP, BINDS(bind_int("guest", guest)), NULL, e)) ||
           err_trace(e);
}

bool person_guest(struct db *db, struct str email, struct arena *a, int64_t *ret, bool *ret_found,
                  struct err *e)
{
    return db_query_one(db, Q_USER_GUEST_LAST, BINDS(bind_str("email", email)), id_columns,
                        LEN(id_columns), a, ret, ret_found, e) ||
           err_trace(e);
}

bool person_set_password(struct db *db, int64_t id, struct str hash, usec_t now, struct err *e)
{
    return db_exec(
               db, Q_USER_SET_PASSWORD,
               BINDS(bind_int("user", id), bind_str("password_hash", hash), bind_time("now", now)),
               NULL, e) ||
           err_trace(e);
}

bool person_set_preferences(struct db *db, int64_t id, const struct preferences *p, struct err *e)
{
    return db_exec(db, Q_USER_SET_PREFERENCES,
                   BINDS(bind_int("user", id), bind_str("name", p->name),
                         bind_str("language", p->language), bind_str("theme", p->theme),
                         bind_str("time_zone", p->time_zone)),
                   NULL, e) ||
           err_trace(e);
}

bool person_owner(struct db *db, struct arena *a, int64_t *ret, bool *ret_found, struct err *e)
{
    return db_query_one(db, Q_USER_OWNER_ANY, NO_BINDS, id_columns, LEN(id_columns), a, ret,
                        ret_found, e) ||
           err_trace(e);
}

// --- who is within reach -------------------------------------------------------------------------

struct reach reach_of(const struct actor *who)
{
    const bool whole = (who->org_rights & (1u << RIGHT_USERS_MANAGE)) != 0;

    return (struct reach){
        .org = who->org,
        .project = whole ? INT_NONE : who->project,
        .rights = whole ? who->org_rights : who->rights,
    };
}

/* Whether a role at a place may be given or taken by who has this reach. */
static bool covers(const struct reach *r, int64_t project, enum user_role role)
{
    return (r->project == INT_NONE || r->project == project) &&
           (user_role_rights(role) & ~r->rights) == 0;
}

static bool out_of_reach(struct err *e)
{
    err_set(e, ERR_FORBIDDEN, "this role reaches further than your own");
    return err_fix(e, "ask an owner of the organisation");
}

// --- members -------------------------------------------------------------------------------------

static const struct column member_columns[] = {
    {"id", COLUMN_INT, offsetof(struct member, id)},
    {"email", COLUMN_STR, offsetof(struct member, email)},
    {"name", COLUMN_STR, offsetof(struct member, name)},
    {"created_at", COLUMN_TIME, offsetof(struct member, created_at)},
    {"disabled_at", COLUMN_TIME, offsetof(struct member, disabled_at)},
    {"seen_at", COLUMN_TIME, offsetof(struct member, seen_at)},
    {"has_password", COLUMN_BOOL, offsetof(struct member, has_password)},
    {"has_come", COLUMN_BOOL, offsetof(struct member, has_come)},
};
static const struct row_shape member_shape = ROW_SHAPE(struct member, member_columns);

static bool read_role(struct rows *rows, struct member_role *ret)
{
    *ret = (struct member_role){
        .id = rows_int(rows, "id"),
        .user = rows_int(rows, "user_id"),
        .project = rows_int(rows, "project_id"),
        .project_name = rows_str(rows, "project_name"),
    };
    return user_role_parse(rows_str(rows, "role"), &ret->role);
}

static void share_out(struct member *members, size_t n, struct member_role *roles, size_t n_roles,
                      struct arena *a)
{
    for (size_t m = 0; m < n; m++) {
        struct member_role *own = arena_new(a, struct member_role, ROLES_PER_MEMBER);
        for (size_t i = 0; i < n_roles && members[m].n_roles < ROLES_PER_MEMBER; i++)
            if (roles[i].user == members[m].id)
                own[members[m].n_roles++] = roles[i];
        members[m].roles = own;
    }
}

/* The roles that the members have in the organisation, as far as they are within reach. */
static bool load_roles(struct db *db, const struct reach *r, struct member *members, size_t n,
                       struct arena *a, struct err *e)
{
    int64_t *users = arena_new(a, int64_t, n + 1), *orgs = arena_new(a, int64_t, n + 1);
    struct member_role *roles = arena_new(a, struct member_role, n * ROLES_PER_MEMBER + 1);
    struct rows *rows;
    size_t n_roles = 0;

    for (size_t i = 0; i < n; i++) {
        users[i] = members[i].id;
        orgs[i] = r->org;
        members[i].n_roles = 0;
    }
    if (n == 0)
        return true;
    if (!db_query(db, Q_USER_ROLES_IN_ORG,
                  BINDS(bind_ints("user", users, n), bind_ints("org", orgs, n)), a, &rows, e))
        return err_trace(e);
    while (rows_next(rows) && n_roles < n * ROLES_PER_MEMBER) {
        struct member_role role;
        const bool known = read_role(rows, &role);
        const bool shown =
            r->project == INT_NONE || role.project == INT_NONE || role.project == r->project;
        if (known && shown)
            roles[n_roles++] = role;
    }
    if (!rows_end(rows, e))
        return err_trace(e);
    share_out(members, n, roles, n_roles, a);
    return true;
}

/* Ids of members: after the first, up to the last. */
struct span {
    int64_t after, until, limit;
};

static bool load_members(struct db *db, const struct reach *r, struct span ids, struct arena *a,
                         struct member **ret, size_t *ret_n, struct err *e)
{
    struct member *list;
    struct rows *rows;
    size_t n;

    if (!db_query(db, Q_USER_LIST,
                  BINDS(bind_int("org", r->org), bind_int("project", r->project),
                        bind_int("after", ids.after), bind_int("until", ids.until),
                        bind_int("limit", ids.limit)),
                  a, &rows, e))
        return err_trace(e);
    list = rows_list(rows, &member_shape, (size_t)ids.limit, a, &n, e);
    if (!list || !load_roles(db, r, list, n, a, e))
        return err_trace(e);
    *ret = list;
    *ret_n = n;
    return true;
}

bool member_list(struct db *db, const struct reach *r, struct list_page page, struct arena *a,
                 struct member **ret, size_t *ret_n, struct err *e)
{
    const int64_t most = page.limit < MEMBERS_MAX ? page.limit : MEMBERS_MAX;
    const struct span ids = {page.from, INT64_MAX, most};

    return load_members(db, r, ids, a, ret, ret_n, e) || err_trace(e);
}

bool member_find(struct db *db, const struct reach *r, int64_t user, struct arena *a,
                 struct member *ret, struct err *e)
{
    struct member *list;
    size_t n;

    if (!load_members(db, r, (struct span){user - 1, user, 1}, a, &list, &n, e))
        return err_trace(e);
    if (n == 0)
        return err_set(e, ERR_NOT_FOUND, "there is no such thing here");
    *ret = list[0];
    return true;
}

bool member_ensure(const struct office *o, const struct invitation *in, struct arena *a,
                   int64_t *ret, bool *ret_made, struct err *e)
{
    bool known;

    if (!org_hold(o->db, in->org, a, e) ||
        !db_query_one(o->db, Q_MEMBER_BY_EMAIL,
                      BINDS(bind_int("org", in->org), bind_str("email", in->email)), id_columns,
                      LEN(id_columns), a, ret, &known, e))
        return err_trace(e);
    *ret_made = !known;
    return known ||
           db_query_one(o->db, Q_USER_INVITE,
                        BINDS(bind_str("key", token_create(o->rng, a)),
                              bind_str("email", in->email), bind_str("name", in->name),
                              bind_time("now", o->now)),
                        id_columns, LEN(id_columns), a, ret, ret_made, e) ||
           err_trace(e);
}

// --- roles ---------------------------------------------------------------------------------------

/* Of what is about to be taken: whether another owner is left. */
static bool keeps_owner(struct db *db, const struct reach *r, int64_t user, struct arena *a,
                        struct err *e)
{
    struct rows *rows;
    bool another = false;

    if (!db_query(db, Q_ORG_OWNERS, BINDS(bind_int("org", r->org)), a, &rows, e))
        return err_trace(e);
    while (rows_next(rows))
        another |= rows_int(rows, "user_id") != user;
    if (!rows_end(rows, e))
        return err_trace(e);
    if (another)
        return true;
    err_set(e, ERR_CONFLICT, "the organisation would be without an owner");
    return err_fix(e, "make somebody else an owner first");
}

static bool may_leave(struct db *db, const struct reach *r, const struct member_role *role,
                      struct arena *a, struct err *e)
{
    if (!covers(r, role->project, role->role))
        return out_of_reach(e);
    if (role->role == USER_ROLE_OWNER && role->project == INT_NONE)
        return keeps_owner(db, r, role->user, a, e) || err_trace(e);
    return true;
}

static bool find_role(struct db *db, enum query q, struct binds binds, struct arena *a,
                      struct member_role *ret, bool *ret_found, struct err *e)
{
    struct rows *rows;

    if (!db_query(db, q, binds, a, &rows, e))
        return err_trace(e);
    *ret_found = rows_next(rows);
    if (*ret_found && !read_role(rows, ret))
        return err_set(e, ERR_CONFLICT, "this role is of a newer version");
    while (*ret_found && rows_next(rows))
        ;
    return rows_end(rows, e) || err_trace(e);
}

/* A project that is out of reach, of another organisation or not, is answered like one that is not
 * there. */
static bool is_place(struct db *db, const struct reach *r, int64_t project, struct arena *a,
                     struct err *e)
{
    int64_t id;
    bool found = project == INT_NONE || r->project == INT_NONE || project == r->project;

    if (found && project != INT_NONE &&
        !db_query_one(db, Q_PROJECT_IN_ORG,
                      BINDS(bind_int("project", project), bind_int("org", r->org)), id_columns,
                      LEN(id_columns), a, &id, &found, e))
        return err_trace(e);
    return found || err_set(e, ERR_NOT_FOUND, "there is no such thing here");
}

static bool belongs_elsewhere(struct db *db, const struct reach *r, int64_t user, struct arena *a,
                              bool *ret, struct err *e)
{
    int64_t n;

    if (!db_count(db, Q_USER_ORGS_ELSEWHERE, BINDS(bind_int("user", user), bind_int("org", r->org)),
                  a, &n, e))
        return err_trace(e);
    *ret = n > 0;
    return true;
}

/* Until the transaction ends, somebody is shut out nowhere who is about to become something here,
 * and becomes nothing elsewhere who is about to be shut out. After the organisation, in one order.
 */
static bool hold_roles_of(struct db *db, int64_t user, struct arena *a, struct err *e)
{
    struct person now;
    bool found;

    return hold_user(db, user, a, &now, &found, e) || err_trace(e);
}

bool role_grant(const struct office *o, const struct reach *r, const struct role_wish *wish,
                struct arena *a, enum user_role *ret_before, struct err *e)
{
    struct member_role before;
    struct rows *rows;
    bool found;

    if (!org_hold(o->db, r->org, a, e) || !hold_roles_of(o->db, wish->user, a, e) ||
        !is_place(o->db, r, wish->project, a, e))
        return err_trace(e);
    if (!covers(r, wish->project, wish->role))
        return out_of_reach(e);
    if (!find_role(o->db, Q_ROLE_AT,
                   BINDS(bind_int("user", wish->user), bind_int("org", r->org),
                         bind_int("project", wish->project)),
                   a, &before, &found, e) ||
        (found && before.role != wish->role && !may_leave(o->db, r, &before, a, e)) ||
        !db_query(o->db, Q_ROLE_GRANT,
                  BINDS(bind_int("user", wish->user), bind_int("org", r->org),
                        bind_int("project", wish->project),
                        bind_str("role", str_from(user_role_name(wish->role))),
                        bind_time("now", o->now)),
                  a, &rows, e))
        return err_trace(e);
    while (rows_next(rows))
        ;
    if (!rows_end(rows, e))
        return err_trace(e);
    const enum user_role was = found ? before.role : USER_ROLE_COUNT;
    // What is given is not opened by a link that was made before, by who may reach no further.
    if (was != wish->role && !links_revoke(o->db, wish->user, o->now, e))
        return err_trace(e);
    *ret_before = was;
    return true;
}

bool role_take(const struct office *o, const struct reach *r, int64_t user, int64_t role_id,
               struct arena *a, struct member_role *ret_taken, struct err *e)
{
    struct db *db = o->db;
    struct member_role role;
    bool found;

    if (!org_hold(db, r->org, a, e) ||
        !find_role(db, Q_ROLE_FIND,
                   BINDS(bind_int("id", role_id), bind_int("user", user), bind_int("org", r->org)),
                   a, &role, &found, e))
        return err_trace(e);
    if (!found ||
        (r->project != INT_NONE && role.project != INT_NONE && role.project != r->project))
        return err_set(e, ERR_NOT_FOUND, "there is no such thing here");
    if (!may_leave(db, r, &role, a, e) ||
        !db_exec(db, Q_ROLE_TAKE, BINDS(bind_int("id", role_id), bind_int("org", r->org)), NULL,
                 e) ||
        !db_exec(db, Q_USER_RELEASE, BINDS(bind_int("user", user)), NULL, e) ||
        !db_exec(db, Q_USER_LINKS_TAKE_BACK,
                 BINDS(bind_int("user", user), bind_time("now", o->now)), NULL, e))
        return err_trace(e);
    *ret_taken = role;
    return true;
}

/* Of all their roles in the organisation, as many as there are; a role of a newer version is beyond
 * everybody. */
static bool covers_all(struct db *db, const struct reach *r, int64_t user, struct arena *a,
                       struct err *e)
{
    bool all = true;
    struct rows *rows;
    enum user_role role;

    if (!db_query(db, Q_ROLE_KINDS, BINDS(bind_int("user", user), bind_int("org", r->org)), a,
                  &rows, e))
        return err_trace(e);
    while (rows_next(rows))
        all = user_role_parse(rows_str(rows, "role"), &role) && covers(r, INT_NONE, role) && all;
    if (!rows_end(rows, e))
        return err_trace(e);
    return all || out_of_reach(e);
}

bool member_reaches(struct db *db, const struct reach *r, int64_t user, struct arena *a,
                    struct member *ret, struct err *e)
{
    struct member m;
    bool elsewhere;

    // Nobody is held who is not ours; who is may have left before they are.
    if (!org_hold(db, r->org, a, e) || !member_find(db, r, user, a, &m, e) ||
        !hold_roles_of(db, user, a, e) || !member_find(db, r, user, a, &m, e) ||
        !belongs_elsewhere(db, r, user, a, &elsewhere, e))
        return err_trace(e);
    if (elsewhere || r->project != INT_NONE) {
        err_set(e, ERR_FORBIDDEN, "this person belongs to others as well");
        return err_fix(e, "take their roles here away instead");
    }
    if (!covers_all(db, r, user, a, e))
        return err_trace(e);
    *ret = m;
    return true;
}

bool member_disable(struct db *db, const struct reach *r, int64_t user, bool disabled, usec_t now,
                    struct arena *a, struct err *e)
{
    struct member m;

    if (!member_reaches(db, r, user, a, &m, e))
        return err_trace(e);
    if (disabled && !keeps_owner(db, r, user, a, e))
        return err_trace(e);
    return db_exec(db, Q_USER_DISABLE,
                   BINDS(bind_int("user", user), bind_bool("disabled", disabled),
                         bind_time("now", now)),
                   NULL, e) ||
           err_trace(e);
}
