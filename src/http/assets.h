#ifndef HTTP_ASSETS_H
#define HTTP_ASSETS_H
/*
 * The built user interface, packed into the program.
 *
 * tools/embed_assets.py writes the table from web/dist; when the interface was not built, the table
 * holds one page that says so. Paths are relative to the interface's root and begin with a slash:
 * "/index.html", "/assets/index-4f9a2c1b.js".
 */
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct asset {
    const char *path;
    const char *type;          // value of Content-Type
    const char *etag;          // quotes included; names the plain content
    bool immutable;            // its path changes with its content: cache for ever
    const unsigned char *gzip; // the same content, ready for Content-Encoding: gzip
    size_t gzip_len;
    const unsigned char *plain;
    size_t plain_len;
};

/* Sorted by path, byte by byte; never empty, always with "/index.html". */
extern const struct asset assets[];
extern const size_t n_assets;

/* The asset of exactly this path, or NULL. */
const struct asset *asset_find(struct str path);

#endif
