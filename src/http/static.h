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

/* Answers x. path: below the interface's root, with its slash ("/assets/…"; "" is the root). */
void http_static_answer(struct http_exchange *x, struct str path);

#endif
