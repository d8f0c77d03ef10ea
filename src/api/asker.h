#ifndef API_ASKER_H
#define API_ASKER_H
/*
 * Whose turn a request takes, before anybody has looked who asks: that of the project for which the
 * same credentials were good when they were shown last, or else that of its client. Some thousands
 * are remembered; to be wrong about one costs its turn, or has it wait where its project had to.
 * From any thread.
 */
#include "http/http.h"

struct askers;

struct askers *askers_create(void);
/* Accepts NULL. */
void askers_destroy(struct askers *k);

/* Its client, as a key that is no project's. */
int64_t asker_client(const struct http_request *rq);
/* A project, or the client. */
int64_t askers_key(struct askers *k, const struct http_request *rq);
/* The credentials of the request were good, for this project. */
void askers_note(struct askers *k, const struct http_request *rq, int64_t project);

#endif
