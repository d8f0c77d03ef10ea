#ifndef API_KEYSET_H
#define API_KEYSET_H
/* Lists that are read by their key: the next page begins where the last one ended, whatever came
 * in. */
#include "api/request.h"
#include "tenancy/office.h"

/* Upwards: `after` (absent: from the beginning) and `limit` (1 … LIMIT_PAGE, which is usual). */
bool req_after(struct req *rq, struct list_page *ret, struct err *e) CHECK_RESULT;
/* Downwards: `before` (absent: from the newest) and `limit` (as many as is usual when absent). */
bool req_before(struct req *rq, int64_t usual, struct list_page *ret, struct err *e) CHECK_RESULT;

/* "name": where the next page begins; null when this one was not full. last: the key of its last
 * row. */
void json_member_next(struct req *rq, struct str name, const struct list_page *page, size_t n,
                      int64_t last);

#endif
