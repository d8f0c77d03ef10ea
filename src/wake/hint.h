#ifndef WAKE_HINT_H
#define WAKE_HINT_H
/*
 * One hint, as nodes tell it: "1 NODE [hello] [inbox] [feed:PROJECT:SEQ]…", words with a blank
 * between them. What is not understood is left out, so that a newer node may say more.
 */
#include "base/buf.h"

enum {
    HINT_PROJECTS = 128, /* in one hint; the others follow in the next */
    HINT_MAX = 7900,     /* bytes; PostgreSQL takes 7999 */
    HINT_NODE_MAX = 32
};

struct hint_feed {
    int64_t project, last_seq;
};

struct hint {
    struct str node; /* who tells it; letters and digits */
    bool hello;      /* … and wants to know who else is there */
    bool inbox;      /* there are events to work on */
    struct hint_feed feeds[HINT_PROJECTS];
    size_t n_feeds;
};

/* False when it has no room for another project. A project that is there already is raised. */
bool hint_add_feed(struct hint *h, int64_t project, int64_t last_seq) CHECK_RESULT;
bool hint_says_nothing(const struct hint *h);
void hint_write(struct buf *out, const struct hint *h);
/* Borrows from the text. False: it is none, or of another version. */
bool hint_parse(struct str text, struct hint *ret) CHECK_RESULT;

#endif
