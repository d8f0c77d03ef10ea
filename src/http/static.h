#ifndef HTTP_STATIC_H
#define HTTP_STATIC_H
/*
 * The embedded user interface, served (http/assets.h): compressed when the client takes it,
 * answered with 304 when it has it, kept for ever when the name carries a hash, asked for again
 * otherwise.
 *
 * A path that names no asset and has no extension is a place inside the interface: it gets
 * index.html. The others are 404.
 */
#include "http/http.h"

struct asset;

/* What a request for a path is given: nothing, an asset in one of its two forms, or word that the
 * client has that form already. */
struct http_static_choice {
    const struct asset *asset; /* NULL: nothing */
    struct str etag;           /* of the form */
    bool gzip, is_known;
};
void http_static_choose(const struct http_request *rq, struct str path, struct arena *a,
                        struct http_static_choice *ret);

/* Answers x. path: below the interface's root, with its slash ("/assets/…"; "" is the root). */
void http_static_answer(struct http_exchange *x, struct str path);

#endif
