/* Whether the providers of the project tell us of its calls; and if not, what exactly to mend. */
#include "api/request.h"

#include "api/outages.h"
#include "inbox/door.h"
#include "inbox/read.h"
#include "providers/checks.h"

// --- what has come in ----------------------------------------------------------------------------

/* The latest refusal after `since`; DOOR_OUTCOME_COUNT: none. */
static enum door_outcome refused_since(const struct req *rq, usec_t since)
{
    const int64_t project = rq->actor.project;
    enum door_outcome latest = DOOR_OUTCOME_COUNT;
    struct doors_stats s;
    usec_t at = since;

    if (!rq->app->doors)
        return latest;
    doors_stats_of(rq->app->doors, project, project == rq->app->project, &s);
    for (size_t i = 0; i < DOOR_OUTCOME_COUNT; i++)
        if (s.last_refused[i] > at) {
            at = s.last_refused[i];
            latest = (enum door_outcome)i;
        }
    return latest;
}

static struct str time_text(usec_t t, struct arena *a)
{
    char text[TIME_TEXT_MAX];

    return str_dup((struct str){text, time_format(t, text)}, a);
}

static bool find_events(struct req *rq, struct findings *all, struct err *e)
{
    usec_t latest;

    if (!inbox_latest(rq->db, rq->actor.project, rq->a, &latest, e))
        return err_trace(e);
    const enum door_outcome refused = refused_since(rq, latest);
    struct finding x = {.code = latest == TIME_NONE ? FINDING_EVENTS_NONE : FINDING_EVENTS_ARRIVE};
    if (latest != TIME_NONE)
        x.found = time_text(latest, rq->a);
    if (refused != DOOR_OUTCOME_COUNT)
        x = (struct finding){.code = FINDING_EVENTS_REFUSED,
                             .found = str_from(door_outcome_name(refused))};
    findings_add(all, rq->a, &x);
    return true;
}

// --- what is told of the accounts ----------------------------------------------------------------

/* 403 and 404 may be said of one thing alone. */
static bool is_refusal(const struct finding *x)
{
    return x->code == FINDING_ACCOUNT_REFUSED && str_eq(x->found, STR("401"));
}

/* Before they are asked: another secret meanwhile makes what they say no news. */
static struct heard_all listen(struct req *rq)
{
    _cleanup_(account_book_dropp) struct account_book *book = account_shelf_take(rq->app->accounts);
    const struct book_accounts all = account_book_list(book, rq->actor.project, rq->a);

    return outages_listen(&all, rq->a);
}

static struct heard *heard_of(const struct heard_all *all, const struct finding *x)
{
    for (size_t i = 0; i < all->n; i++)
        if (str_eq(all->p[i].provider, x->provider) && str_eq(all->p[i].account, x->account))
            return &all->p[i];
    return NULL;
}

/* The last finding of an account counts. One that could not be asked says nothing. */
static void tell_outages(struct req *rq, const struct heard_all *heard, const struct findings *all)
{
    const struct err refused = {.code = ERR_INTEGRATION_AUTH};

    for (size_t i = 0; i < all->n; i++) {
        const struct finding *x = &all->p[i];
        struct heard *h = heard_of(heard, x);
        if (h && (x->code == FINDING_ACCOUNT_OK || is_refusal(x)))
            outages_hear(h, is_refusal(x) ? &refused : NULL);
    }
    req_tell_outages(rq, *heard);
}

// --- the answer ----------------------------------------------------------------------------------

static enum finding_state worst_of(const struct findings *all)
{
    enum finding_state worst = FINDING_GOOD;

    for (size_t i = 0; i < all->n; i++)
        if (finding_state(all->p[i].code) > worst)
            worst = finding_state(all->p[i].code);
    return worst;
}

static void write_one(struct json_writer *w, const struct finding *x)
{
    json_open_object(w);
    json_member_str(w, STR("code"), str_from(finding_name(x->code)));
    json_member_str(w, STR("state"), str_from(finding_state_name(finding_state(x->code))));
    json_member_str(w, STR("provider"), x->provider);
    json_member_str(w, STR("account"), x->account);
    json_member_str(w, STR("number"), x->number);
    json_member_str(w, STR("found"), x->found);
    json_member_str(w, STR("expected"), x->expected);
    json_close_object(w);
}

static bool check(struct req *rq, struct err *e)
{
    const struct heard_all heard = listen(rq);
    struct json_writer *w = &rq->json;
    struct findings all;

    if (!checks_run(rq->app->checks, rq->actor.project, rq->a, &all, e) ||
        !find_events(rq, &all, e))
        return err_trace(e);
    tell_outages(rq, &heard, &all);
    json_open_object(w);
    json_member_str(w, STR("state"), str_from(finding_state_name(worst_of(&all))));
    json_member_time(w, STR("checked_at"), rq->now);
    json_key(w, STR("findings"));
    json_open_array(w);
    for (size_t i = 0; i < all.n; i++)
        write_one(w, &all.p[i]);
    json_close_array(w);
    json_close_object(w);
    return reply(rq, 200, e) || err_trace(e);
}

static const struct route routes[] = {
    {HTTP_POST, "/api/connections/check", check, NEEDS(SETTINGS_MANAGE)},
};

const struct resource api_check = {"check", routes, LEN(routes)};
