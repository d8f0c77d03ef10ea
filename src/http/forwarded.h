#ifndef HTTP_FORWARDED_H
#define HTTP_FORWARDED_H
/*
 * Who the client is, when the connection comes from a proxy that we trust.
 *
 * X-Forwarded-For is read from its end: each trusted proxy appended the address that it saw, so the
 * last one that is not a trusted proxy is the client. Everything before it is the client's own
 * word and is not believed.
 */
#include "http/cidr.h"
#include "http/http.h"

/* Replaces peer and scheme of the request. Only for requests of trusted peers. */
void http_forwarded(struct http_request *rq, const struct cidr_list *trusted, struct arena *a);

#endif
