#include "sandbox/twilio/page.h"

#include "base/arena.h"

enum { URI_MAX = 32 * 1024 };

// --- which rows ----------------------------------------------------------------------------------

static bool number_of(const struct form *query, struct str name, uint64_t otherwise, uint64_t *ret)
{
    const struct str s = form_get(query, name);
    if (str_is_empty(s)) {
        *ret = otherwise;
        return true;
    }
    return str_to_u64(s, ret);
}

/* Where the page begins, and where it has to end at the latest. */
static bool bounds_of(struct str token, const struct str *sids, size_t n, struct page *pg)
{
    size_t at;

    pg->n = n;
    if (str_is_empty(token))
        return true;
    if (cut_lit(&token, STR("PA")) && str_among(token, sids, n, &at)) {
        pg->first = at + 1;
        return true;
    }
    if (cut_lit(&token, STR("PB")) && str_among(token, sids, n, &at)) {
        pg->first = at > pg->size ? at - (size_t)pg->size : 0;
        pg->n = at;
        return true;
    }
    return false;
}

bool page_cut(const struct form *query, const struct str *sids, size_t n, struct page *ret,
              struct err *e)
{
    struct page pg = {0};

    if (!number_of(query, STR("PageSize"), PAGE_SIZE_DEFAULT, &pg.size) || pg.size == 0)
        return err_set(e, ERR_INVALID, "Page size must be a number from 1 to %d", PAGE_SIZE_MAX);
    if (!number_of(query, STR("Page"), 0, &pg.number))
        return err_set(e, ERR_INVALID, "Page must be a number");
    pg.size = pg.size > PAGE_SIZE_MAX ? PAGE_SIZE_MAX : pg.size;
    if (!bounds_of(form_get(query, STR("PageToken")), sids, n, &pg))
        return err_set(e, ERR_INVALID, "Page token is not valid");

    pg.n = pg.n - pg.first < pg.size ? pg.n - pg.first : (size_t)pg.size;
    pg.has_next = pg.first + pg.n < n;
    pg.has_previous = pg.first > 0;
    *ret = pg;
    return true;
}

// --- how it is told ------------------------------------------------------------------------------

static bool is_paging(struct str name)
{
    return str_eq(name, STR("Page")) || str_eq(name, STR("PageToken")) ||
           str_eq(name, STR("PageSize"));
}

/* What the uris of one list share. */
struct listing {
    struct str path;
    const struct form *query;
    uint64_t size;
};

struct neighbour {
    uint64_t number;
    char way; /* 'A': follows, 'B': comes before the row; 0: no token */
    struct str sid;
};

static void member_uri(struct json_writer *w, struct str key, const struct listing *l,
                       const struct neighbour *where)
{
    struct buf uri;

    buf_init(&uri, URI_MAX);
    buf_str(&uri, l->path);
    buf_char(&uri, '?');
    for (size_t i = 0; i < l->query->n; i++) {
        if (is_paging(l->query->fields[i].name))
            continue;
        buf_form(&uri, l->query->fields[i].name);
        buf_char(&uri, '=');
        buf_form(&uri, l->query->fields[i].value);
        buf_char(&uri, '&');
    }
    buf_fmt(&uri, "PageSize=%llu&Page=%llu", (unsigned long long)l->size,
            (unsigned long long)where->number);
    if (where->way)
        buf_fmt(&uri, "&PageToken=P%c" STR_FMT, where->way, STR_ARG(where->sid));
    json_member_str(w, key, buf_view(&uri));
    buf_finish(&uri);
}

static void member_next(struct json_writer *w, const struct listing *l, const struct page *pg,
                        const struct str *sids)
{
    if (pg->has_next && pg->n > 0)
        member_uri(w, STR("next_page_uri"), l,
                   &(struct neighbour){pg->number + 1, 'A', sids[pg->first + pg->n - 1]});
    else
        json_member_null(w, STR("next_page_uri"));
}

static void member_previous(struct json_writer *w, const struct listing *l, const struct page *pg,
                            const struct str *sids)
{
    const uint64_t before = pg->number > 0 ? pg->number - 1 : 0;

    if (pg->has_previous && pg->n > 0)
        member_uri(w, STR("previous_page_uri"), l,
                   &(struct neighbour){before, 'B', sids[pg->first]});
    else
        json_member_null(w, STR("previous_page_uri"));
}

void page_members(struct json_writer *w, const struct page *pg, const struct str *sids,
                  struct str path, const struct form *query)
{
    const struct listing l = {path, query, pg->size};
    const uint64_t start = pg->number * pg->size;

    json_member_int(w, STR("start"), (int64_t)start);
    json_member_int(w, STR("end"), (int64_t)(start + (pg->n > 0 ? pg->n - 1 : 0)));
    json_member_int(w, STR("page"), (int64_t)pg->number);
    json_member_int(w, STR("page_size"), (int64_t)pg->size);
    member_uri(w, STR("first_page_uri"), &l, &(struct neighbour){0});
    member_uri(w, STR("uri"), &l, &(struct neighbour){.number = pg->number});
    member_next(w, &l, pg, sids);
    member_previous(w, &l, pg, sids);
}

// --- filters by time -----------------------------------------------------------------------------

bool page_time(struct str s, usec_t *ret_from, usec_t *ret_to)
{
    char day[32];
    usec_t at;

    if (time_parse_rfc3339(s, &at)) {
        *ret_from = at;
        *ret_to = at + SECONDS(1);
        return true;
    }
    if (s.n != 10)
        return false;
    memcpy(day, s.p, s.n);
    memcpy(day + s.n, "T00:00:00Z", 10);
    if (!time_parse_rfc3339((struct str){day, s.n + 10}, &at))
        return false;
    *ret_from = at;
    *ret_to = at + HOURS(24);
    return true;
}
