/* What knocked at the doors of this process in the name of the asker's project: how much was kept,
 * and what was refused, and why. What named nobody's account is told to the default project, as
 * that of who runs the installation: of other projects it says nothing. */
#include "inbox/door.h"

#include "api/request.h"

/* One for each reason for which something was refused. */
static void write_refused(struct json_writer *w, const struct doors_stats *s)
{
    json_key(w, STR("refused"));
    json_open_array(w);
    for (size_t i = 0; i < DOOR_OUTCOME_COUNT; i++) {
        const enum door_outcome outcome = (enum door_outcome)i;
        if (s->outcomes[i] == 0 || !door_outcome_is_refusal(outcome))
            continue;
        json_open_object(w);
        json_member_str(w, STR("reason"), str_from(door_outcome_name(outcome)));
        json_member_int(w, STR("count"), (int64_t)s->outcomes[i]);
        json_member_time(w, STR("last_at"), s->last_refused[i]);
        json_close_object(w);
    }
    json_close_array(w);
}

static bool show(struct req *rq, struct err *e)
{
    struct json_writer *w = &rq->json;
    const struct doors *doors = rq->app->doors;
    const int64_t project = rq->actor.project;
    struct doors_stats s = {0};

    if (doors)
        doors_stats_of(doors, project, project == rq->app->project, &s);
    json_open_object(w);
    json_member_bool(w, STR("here"), doors != NULL);
    json_member_int(w, STR("accounts"), doors ? (int64_t)doors_accounts_of(doors, project) : 0);
    json_member_int(
        w, STR("kept"),
        (int64_t)(s.outcomes[DOOR_STORED] + s.outcomes[DOOR_DUPLICATE] + s.outcomes[DOOR_SPOOLED]));
    write_refused(w, &s);
    json_close_object(w);
    return reply(rq, 200, e);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/doors", show, NEEDS(HEALTH_READ)},
};

const struct resource api_doors = {"doors", routes, LEN(routes)};
