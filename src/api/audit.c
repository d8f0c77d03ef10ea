/* Who did what, newest first. Whose right reaches over the organisation sees all of it, or what was
 * done to one project of it; else a project's. */
#include "api/deed.h"

#include "api/keyset.h"

enum { USUAL_PAGE = 50 };

static void write_row(struct req *rq, const struct audit_row *row)
{
    struct json_writer *w = &rq->json;

    json_open_object(w);
    req_member_id(rq, STR("seq"), row->seq);
    json_member_time(w, STR("ts"), row->ts);
    req_member_id(rq, STR("project_id"), row->project);
    json_key(w, STR("actor"));
    json_open_object(w);
    json_member_str(w, STR("kind"), row->actor_kind);
    req_member_id(rq, STR("id"), row->actor_id);
    json_member_str(w, STR("name"), row->actor_name);
    json_close_object(w);
    json_member_str(w, STR("action"), row->action);
    json_key(w, STR("entity"));
    json_open_object(w);
    json_member_str(w, STR("type"), row->entity_type);
    json_member_str(w, STR("id"), row->entity_id);
    json_member_str(w, STR("name"), row->entity_name);
    json_close_object(w);
    json_member_raw(w, STR("details"), row->details);
    json_member_str(w, STR("address"), row->address);
    json_member_str(w, STR("trace_id"), row->trace_id);
    json_close_object(w);
}

/* *ret_reached false: a project beyond one's own, of whose entries nothing is shown, as though it
 * were not there. */
static bool read_project(struct req *rq, struct audit_filter *f, bool *ret_reached, struct err *e)
{
    static const struct http_range ids = {1, INT64_MAX, INT_NONE};
    const bool whole = (rq->actor.org_rights & (1u << RIGHT_AUDIT_READ)) != 0;
    int64_t asked;

    if (!http_query_int(&rq->query, STR("of_project"), &ids, &asked, e))
        return err_trace(e);
    f->project = whole ? asked : rq->actor.project;
    *ret_reached = whole || asked == INT_NONE || asked == rq->actor.project;
    return true;
}

static bool read_filter(struct req *rq, struct audit_filter *f, struct err *e)
{
    f->org = rq->actor.org;
    return (req_before(rq, USUAL_PAGE, &f->page, e) &&
            req_query_text(rq, STR("action"), 64, &f->action, e) &&
            req_query_text(rq, STR("actor"), 254, &f->actor, e) &&
            req_query_text(rq, STR("entity"), 64, &f->entity, e) &&
            req_query_time(rq, STR("from"), &f->since, e) &&
            req_query_time(rq, STR("to"), &f->until, e)) ||
           err_trace(e);
}

static bool list(struct req *rq, struct err *e)
{
    struct audit_filter f = {0};
    struct audit_row *rows = NULL;
    bool reached;
    size_t n = 0;

    if (!read_filter(rq, &f, e) || !read_project(rq, &f, &reached, e))
        return err_trace(e);
    if (reached && !audit_list(rq->db, &f, rq->a, &rows, &n, e))
        return err_trace(e);
    json_open_object(&rq->json);
    json_key(&rq->json, STR("entries"));
    json_open_array(&rq->json);
    for (size_t i = 0; i < n; i++)
        write_row(rq, &rows[i]);
    json_close_array(&rq->json);
    json_member_next(rq, STR("next_before"), &f.page, n, n ? rows[n - 1].seq : INT_NONE);
    json_close_object(&rq->json);
    return reply(rq, 200, e) || err_trace(e);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/audit", list, NEEDS(AUDIT_READ)},
};

const struct resource api_audit = {"audit", routes, LEN(routes)};
