#include "inbox/explain.h"

#include "base/arena.h"

/* A request while it is looked at. */
struct look {
    const struct door_case *c;
    const struct door *door;
    struct http_request rq; /* a copy, whose body may be tried in other forms */
    struct door_visit visit;
    struct str signature;
    struct arena *a;
};

static bool no_such_door(const struct look *l, struct err *e)
{
    err_set(e, ERR_NOT_FOUND, "there is no door at \"" STR_FMT "\"", STR_ARG(l->rq.path));
    for (size_t i = 0; i < l->c->n_doors; i++)
        err_fix(e, "there is one at " STR_FMT, STR_ARG(l->c->doors[i]->path));
    return false;
}

static bool check_signature_header(struct look *l, struct err *e)
{
    const struct str name = l->door->signature_header;
    const size_t n = http_header_count(&l->rq, name);

    l->signature = http_header(&l->rq, name);
    if (n == 0) {
        err_set(e, ERR_UNAUTHORIZED, "the request has no header " STR_FMT, STR_ARG(name));
        return err_fix(e, "look whether a proxy takes it away; whoever sends none is not " STR_FMT,
                       STR_ARG(str_from(l->door->provider)));
    }
    if (n > 1)
        return err_set(e, ERR_UNAUTHORIZED, "the header " STR_FMT " is there %zu times",
                       STR_ARG(name), n);
    if (!l->door->plausible(l->signature))
        return err_set(e, ERR_UNAUTHORIZED, "the header " STR_FMT " holds no signature",
                       STR_ARG(name));
    return true;
}

static bool check_length(const struct look *l, struct err *e)
{
    const int64_t announced = l->c->announced;

    if (announced == INT_NONE || announced == (int64_t)l->rq.body.n)
        return true;
    err_set(e, ERR_INVALID, "the request says that its body has %lld bytes; there are %zu",
            (long long)announced, l->rq.body.n);
    return err_fix(e, "capture the body byte by byte: an editor may have added a line end");
}

// --- whose ---------------------------------------------------------------------------------------

static const struct door_account *account_of(const struct look *l)
{
    for (size_t i = 0; i < l->c->n_accounts; i++)
        if (str_eq(l->c->accounts[i].account, l->visit.account) &&
            str_eq(l->c->accounts[i].provider, str_from(l->door->provider)))
            return &l->c->accounts[i];
    return NULL;
}

/* With which of the account's secrets it was signed, as the visit stands; DOOR_SECRETS: none. */
static size_t secret_that_fits(const struct look *l, const struct door_account *acc)
{
    for (size_t i = 0; i < DOOR_SECRETS; i++) {
        if (!acc->secrets[i])
            continue;
        _cleanup_(hmac_destroyp) struct hmac *key = hmac_create(l->door->mac, acc->secrets[i]);
        if (l->door->verify(&l->visit, l->signature, key))
            return i;
    }
    return DOOR_SECRETS;
}

static bool fits(const struct look *l, const struct door_account *acc)
{
    return secret_that_fits(l, acc) < DOOR_SECRETS;
}

// --- what may have gone wrong --------------------------------------------------------------------

static bool signed_for(struct look *l, const struct door_account *acc, struct str base)
{
    const struct str ours = l->visit.base_url;

    l->visit.base_url = base;
    const bool fitting = !str_is_empty(base) && fits(l, acc);
    l->visit.base_url = ours;
    return fitting;
}

/* Scheme, path and query taken away. */
static struct str authority_of(struct str url)
{
    struct str scheme;

    if (!cut_until(&url, ':', &scheme) || !cut_lit(&url, STR("//")))
        return STR_NONE;
    return str_sub(url, 0, str_find(url, '/'));
}

/* The addresses under which a request like this is known, but for ours. */
static bool is_for_another_address(struct look *l, const struct door_account *acc, struct err *e)
{
    static const char *const schemes[] = {"https", "http"};
    const struct str named[] = {
        http_header(&l->rq, STR("Host")),
        http_header(&l->rq, STR("X-Forwarded-Host")),
        http_header(&l->rq, STR("X-Original-Host")),
        authority_of(l->visit.base_url),
    };

    for (size_t i = 0; i < LEN(named); i++)
        for (size_t s = 0; s < LEN(schemes) && !str_is_empty(named[i]); s++) {
            const struct str base = str_fmt(l->a, "%s://" STR_FMT, schemes[s], STR_ARG(named[i]));
            if (!signed_for(l, acc, base))
                continue;
            err_set(e, ERR_UNAUTHORIZED,
                    "it was signed for " STR_FMT STR_FMT ", and WEBHOOK_BASE_URL is " STR_FMT,
                    STR_ARG(base), STR_ARG(l->rq.path), STR_ARG(l->visit.base_url));
            err_fix(e, "set WEBHOOK_BASE_URL=" STR_FMT, STR_ARG(base));
            (void)err_fix(e, "or give the provider the address under WEBHOOK_BASE_URL");
            return true;
        }
    return false;
}

static struct str without_line_ends(struct str s)
{
    while (s.n > 0 && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r'))
        s.n--;
    return s;
}

/* What capturing does to a body: the line end of an editor, or of a shell. */
static bool has_a_line_end_too_many(struct look *l, const struct door_account *acc, struct err *e)
{
    const struct str body = l->rq.body, trimmed = without_line_ends(body);
    struct err unreadable;

    if (trimmed.n == body.n)
        return false;
    l->rq.body = trimmed;
    const bool fitting = l->door->read(&l->visit, &unreadable) && fits(l, acc);
    if (fitting) {
        err_set(e, ERR_UNAUTHORIZED,
                "the signature is right for the body without the line end "
                "behind it, which the sender did not send");
        (void)err_fix(e, "capture the body byte by byte; a proxy must not change it either");
    }
    return fitting;
}

static bool is_from_another_account(const struct look *l, struct err *e)
{
    for (size_t i = 0; i < l->c->n_accounts; i++)
        if (fits(l, &l->c->accounts[i])) {
            err_set(e, ERR_UNAUTHORIZED,
                    "it says account " STR_FMT " and was signed with the secret of " STR_FMT,
                    STR_ARG(l->visit.account), STR_ARG(l->c->accounts[i].account));
            (void)err_fix(e, "a subaccount signs with its own token: connect it with that");
            return true;
        }
    return false;
}

static bool explain_refusal(struct look *l, const struct door_account *acc, struct err *e)
{
    if (is_for_another_address(l, acc, e) || has_a_line_end_too_many(l, acc, e) ||
        !check_length(l, e) || is_from_another_account(l, e))
        return false;
    err_set(e, ERR_UNAUTHORIZED,
            "none of the secrets of account " STR_FMT " made this signature, for no address tried",
            STR_ARG(acc->account));
    err_fix(e, "compare the token with the provider's console: it may have been rotated");
    err_fix(e, "see whether the provider was given another address than " STR_FMT STR_FMT,
            STR_ARG(l->visit.base_url), STR_ARG(l->door->path));
    return err_fix(e, "see whether a proxy changes the body, the path or the query");
}

// --- all of it -----------------------------------------------------------------------------------

static bool check_account(const struct look *l, const struct door_account *acc, struct err *e)
{
    if (acc)
        return true;
    if (str_is_empty(l->visit.account))
        return err_set(e, ERR_UNAUTHORIZED, "the body names no account");
    err_set(e, ERR_UNAUTHORIZED, "account " STR_FMT " is connected with no project",
            STR_ARG(l->visit.account));
    return err_fix(e, "connect it, with its own token; a subaccount is an account of its own");
}

static const struct door *door_at(const struct door_case *c, struct str path)
{
    for (size_t i = 0; i < c->n_doors; i++)
        if (str_eq(c->doors[i]->path, path))
            return c->doors[i];
    return NULL;
}

bool door_explain(const struct door_case *c, const struct http_request *rq, struct arena *a,
                  struct door_explained *ret, struct err *e)
{
    struct look l = {.c = c, .door = door_at(c, rq->path), .rq = *rq, .a = a};

    if (!l.door)
        return no_such_door(&l, e);
    if (rq->method != HTTP_POST)
        return err_set(e, ERR_METHOD, "a door takes POST alone; set it at the provider");
    l.visit = (struct door_visit){.door = l.door, .rq = &l.rq, .base_url = c->base_url, .a = a};
    if (!check_signature_header(&l, e) || !l.door->read(&l.visit, e))
        return err_trace(e);
    const struct door_account *acc = account_of(&l);
    if (!check_account(&l, acc, e))
        return err_trace(e);
    const size_t secret = secret_that_fits(&l, acc);
    if (secret == DOOR_SECRETS)
        return explain_refusal(&l, acc, e) || err_trace(e);
    *ret = (struct door_explained){acc->account, acc->project, secret};
    return true;
}
