/* The processes of this installation. Their names are told to the default project, as that of who
 * runs the installation; others are told of none. */
#include "tenancy/node.h"

#include "api/canary.h"
#include "api/request.h"

static void write_roles(struct json_writer *w, struct str roles)
{
    struct str role;

    json_key(w, STR("roles"));
    json_open_array(w);
    while (cut_field(&roles, ' ', &role))
        json_str(w, role);
    json_close_array(w);
}

static void write_node(struct req *rq, const struct node *n)
{
    struct json_writer *w = &rq->json;

    json_open_object(w);
    json_member_str(w, STR("host"), n->host);
    json_member_int(w, STR("port"), n->port);
    write_roles(w, n->roles);
    json_member_str(w, STR("version"), n->version);
    json_member_time(w, STR("started_at"), n->started_at);
    json_member_time(w, STR("seen_at"), n->seen_at);
    json_member_bool(w, STR("is_silent"), n->silent > NODE_SILENT);
    json_member_int(w, STR("clock_ahead_seconds"), n->ahead_s);
    canary_write(w, n);
    json_close_object(w);
}

static bool list(struct req *rq, struct err *e)
{
    const bool told = rq->actor.project == rq->app->project;
    struct json_writer *w = &rq->json;
    struct node *nodes = NULL;
    size_t n = 0;

    if (told && !node_list(rq->db, rq->now, rq->a, &nodes, &n, e))
        return err_trace(e);
    json_open_object(w);
    json_member_bool(w, STR("told"), told);
    json_key(w, STR("nodes"));
    json_open_array(w);
    for (size_t i = 0; i < n; i++)
        write_node(rq, &nodes[i]);
    json_close_array(w);
    json_close_object(w);
    return reply(rq, 200, e) || err_trace(e);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/nodes", list, NEEDS(HEALTH_READ)},
};

const struct resource api_nodes = {"nodes", routes, LEN(routes)};
