#include "api/deed.h"

bool req_transaction(struct req *rq, bool (*do_it)(struct req *rq, void *arg, struct err *e),
                     void *arg, struct err *e)
{
    return (db_begin(rq->db, e) && db_end(rq->db, do_it(rq, arg, e), e)) || err_trace(e);
}

struct audit_entry req_audit_entry(const struct req *rq, const struct deed *d)
{
    return (struct audit_entry){
        .who = &rq->actor,
        .address = rq->http->peer,
        .trace_id = rq->trace_id,
        .project = d->project,
        .action = d->action,
        .entity = d->entity,
        .entity_id = d->id,
        .details = d->details,
    };
}

bool req_audit(struct req *rq, const struct deed *d, struct err *e)
{
    const struct audit_entry entry = req_audit_entry(rq, d);

    return audit_append(rq->db, rq->actor.org, &entry, rq->now, rq->a, e) || err_trace(e);
}

bool req_audit_everywhere(struct req *rq, const struct deed *d, struct err *e)
{
    const struct audit_entry entry = req_audit_entry(rq, d);

    return audit_append_everywhere(rq->db, rq->actor.id, &entry, rq->now, rq->a, e) || err_trace(e);
}

struct str deed_change(struct req *rq, struct str before, struct str after)
{
    return audit_change(before, after, rq->a);
}

struct str req_id_text(struct req *rq, int64_t id)
{
    return str_fmt(rq->a, "%lld", (long long)id);
}

void req_member_id(struct req *rq, struct str name, int64_t id)
{
    json_member_id(&rq->json, name, id == 0 ? INT_NONE : id);
}

void json_member_rights(struct req *rq, struct str name, unsigned set)
{
    json_key(&rq->json, name);
    json_open_array(&rq->json);
    for (unsigned r = 0; r < RIGHT_COUNT; r++)
        if (set & (1u << r))
            json_str(&rq->json, str_from(right_name((enum right)r)));
    json_close_array(&rq->json);
}
