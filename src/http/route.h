#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H
/*
 * From method and path to what serves them.
 *
 * A pattern is a path whose segments are literal ("/api/calls"), a parameter ("/api/calls/:sid")
 * or, at its end, the rest of the path ("/files/" and then a star). A literal segment goes before a
 * parameter. Segments are percent-decoded before they are compared, so that a parameter's value is
 * text: well-formed UTF-8 without NUL. A GET route serves HEAD too.
 */
#include "http/http.h"

enum { HTTP_ROUTE_PARAMS = 8, HTTP_ROUTE_SEGMENTS = 24 };

struct http_route {
    enum http_method method;
    const char *pattern;
    const void *target;
};

struct http_param {
    struct str name, value; /* the name as in the pattern without ':'; "*" for the rest */
};

enum http_found {
    HTTP_FOUND,
    HTTP_NOT_FOUND,
    HTTP_WRONG_METHOD, /* 405: `methods` says what to put into Allow */
    HTTP_BAD_PATH      /* 400: an escape that is none, or text that is not UTF-8 */
};

struct http_match {
    const void *target;
    struct http_param params[HTTP_ROUTE_PARAMS];
    size_t n_params;
    unsigned methods; /* bit 1 << method for each one that the path has */
};

struct http_router;
/* Compiles the table, which must outlive the router. Two routes of one method and shape, or a
 * malformed pattern, are bugs. */
struct http_router *http_router_create(const struct http_route *routes, size_t n);
void http_router_destroy(struct http_router *r);
DEFINE_CLEANUP(struct http_router, http_router_destroy)

/* Decoded values live in the arena. ret is filled as far as the outcome says; any thread. */
enum http_found http_router_find(const struct http_router *r, enum http_method method,
                                 struct str path, struct arena *a, struct http_match *ret);
/* The parameter's value, or STR_NONE. */
struct str http_match_param(const struct http_match *m, struct str name);

/* "GET, HEAD, OPTIONS": the value of Allow for a set of methods. */
struct str http_allow(unsigned methods, struct arena *a);
/* 405, with what is allowed. From any thread. */
void http_answer_wrong_method(struct http_exchange *x, unsigned methods);

#endif
