#ifndef API_DEED_H
#define API_DEED_H
/*
 * What somebody does to an organisation, in one transaction with its line in the audit log: the
 * deed is done if and only if the line is there.
 */
#include "api/request.h"
#include "tenancy/audit.h"
#include "tenancy/office.h"

/* For what is done by the rooms below. */
#define REQ_OFFICE(rq) OFFICE((rq)->db, (rq)->rng, (rq)->now)

/* Runs do_it in a transaction; it may append lines with req_audit. */
bool req_transaction(struct req *rq, bool (*do_it)(struct req *rq, void *arg, struct err *e),
                     void *arg, struct err *e) CHECK_RESULT;

/* One line: what the asker did. project 0: to the organisation. details: a JSON object or none. */
struct deed {
    const char *action, *entity;
    struct str id;
    int64_t project;
    struct str details;
};
bool req_audit(struct req *rq, const struct deed *d, struct err *e) CHECK_RESULT;
/* In every organisation that the asker belongs to, or in the first, without their name, when there
 * is none: for what is done to no project. */
bool req_audit_everywhere(struct req *rq, const struct deed *d, struct err *e) CHECK_RESULT;

/* The line, where a room below writes it. */
struct audit_entry req_audit_entry(const struct req *rq, const struct deed *d);

/* audit_change(), with the memory of the request. */
struct str deed_change(struct req *rq, struct str before, struct str after);

struct str req_id_text(struct req *rq, int64_t id);
/* "name": "12", or null. */
void req_member_id(struct req *rq, struct str name, int64_t id);
/* "name": the names of a set of rights. */
void json_member_rights(struct req *rq, struct str name, unsigned set);

#endif
