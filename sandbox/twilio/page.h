#ifndef SANDBOX_TWILIO_PAGE_H
#define SANDBOX_TWILIO_PAGE_H
/*
 * Lists in pages, newest first. A token names the row that a page follows ("PA" and its sid) or
 * comes before ("PB"), so that new rows do not shift what is still to come.
 */
#include "base/form.h"
#include "base/json.h"

struct arena;

enum { PAGE_SIZE_MAX = 1000, PAGE_SIZE_DEFAULT = 50 };

struct page {
    size_t first, n;       /* rows of it */
    uint64_t number, size; /* as asked for */
    bool has_next, has_previous;
};

/* PageSize, Page and PageToken of the query. `sids`: of all rows that match, in order. A malformed
 * value, or a token that names no row: ERR_INVALID. */
bool page_cut(const struct form *query, const struct str *sids, size_t n, struct page *ret,
              struct err *e) CHECK_RESULT;
/* start, end, page, page_size, uri and the uris of its neighbours, as members of the open object.
 * path: of the list. The filters of the query are kept. */
void page_members(struct json_writer *w, const struct page *pg, const struct str *sids,
                  struct str path, const struct form *query);

/* "StartTime" and its kin: a day, or an instant, to the range of instants it means. */
bool page_time(struct str s, usec_t *ret_from, usec_t *ret_to) CHECK_RESULT;

#endif
