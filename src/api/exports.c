/* Lists that somebody takes away as a file. The file is made where it is saved, from the pages of
 * the list; what is kept here is who took what. */
#include "api/body.h"

#include "api/deed.h"

struct export
{
    struct str kind, filter;
    int64_t rows;
};

static const struct body_field fields[] = {
    {"kind", BODY_TEXT, offsetof(struct export, kind), .required = true},
    {"rows", BODY_COUNT, offsetof(struct export, rows), .required = true},
    {"filter", BODY_OBJECT, offsetof(struct export, filter), .required = false},
};

static bool check_kind(struct str kind, struct err *e)
{
    static const struct str kinds[] = {STR("conversations"), STR("calls"), STR("events")};
    size_t i;

    return str_among(kind, kinds, LEN(kinds), &i) ||
           err_set(e, ERR_INVALID, "kind: one of conversations, calls, events expected");
}

static bool note_within(struct req *rq, void *arg, struct err *e)
{
    const struct export *in = arg;
    const struct str filter = str_is_none(in->filter) ? STR("{}") : in->filter;
    const struct deed d = {
        .action = "export.made",
        .entity = "export",
        .id = in->kind,
        .project = rq->actor.project,
        .details = str_fmt(rq->a, "{\"rows\":%lld,\"filter\":" STR_FMT "}", (long long)in->rows,
                           STR_ARG(filter)),
    };

    return req_audit(rq, &d, e) || err_trace(e);
}

static bool note(struct req *rq, struct err *e)
{
    struct export in = {0};

    if (!req_fields(rq, fields, LEN(fields), &in, e) || !check_kind(in.kind, e) ||
        !req_transaction(rq, note_within, &in, e))
        return err_trace(e);
    reply_empty(rq, 204, NULL, 0);
    return true;
}

static const struct route routes[] = {
    {HTTP_POST, "/api/exports", note, NEEDS(CALLS_EXPORT)},
};

const struct resource api_exports = {"exports", routes, LEN(routes)};
