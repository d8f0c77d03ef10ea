#include "providers/recordings.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/places.h"
#include "http/fetch.h"
#include "providers/asked.h"
#include "providers/outside.h"

struct recordings {
    struct account_shelf *accounts;
    struct places *places;
    struct asked *asked;
    _Atomic bool ended;
};

bool recordings_open(const struct recordings_options *o, struct recordings **ret, struct err *e)
{
    if (!http_fetch_init(e))
        return err_trace(e);

    struct recordings *r = NEW(struct recordings);
    r->accounts = o->accounts;
    r->places = o->places;
    r->asked = o->asked;
    *ret = r;
    return true;
}

void recordings_stop(struct recordings *r)
{
    atomic_store_explicit(&r->ended, true, memory_order_relaxed);
}

void recordings_close(struct recordings *r)
{
    free(r);
}

/* Without its parameters; none when it is no audio. */
static struct str audio_type(struct str type)
{
    const struct str media = str_trim(str_sub(type, 0, str_find(type, ';')));
    const size_t slash = str_find(media, '/');
    struct str rest = str_sub(media, slash + 1, SIZE_MAX), word;

    if (!str_eq_nocase(str_sub(media, 0, slash), STR("audio")) || !cut_token(&rest, &word) ||
        rest.n > 0)
        return STR_NONE;
    return media;
}

static bool fetch(struct recordings *r, const struct recordings_wanted *w, struct arena *a,
                  struct buf *audio, struct str *ret_type, struct err *e)
{
    // Only the project's own: the token of one is never used for another.
    _cleanup_(account_book_dropp) struct account_book *book = account_shelf_take(r->accounts);
    const struct provider *p = provider_find(w->provider);
    const struct provider_wanted wanted = {account_book_find(book, w->project, w->provider),
                                           w->recording, &r->ended,
                                           asked_of(r->asked, w->provider)};
    struct str type;

    if (!p || !p->recording || !wanted.account) {
        err_set(e, ERR_CONFLICT, "this project has no account here that may fetch the recording");
        return err_fix(e, "open it where it is kept");
    }
    if (!p->recording(&wanted, a, audio, &type, e))
        return err_trace(e);
    type = audio_type(type);
    if (str_is_none(type))
        return err_set(e, ERR_UPSTREAM, "what the provider sent is no audio");
    *ret_type = type;
    return true;
}

bool recordings_fetch(struct recordings *r, const struct recordings_wanted *w, struct arena *a,
                      struct buf *audio, struct str *ret_type, struct err *e)
{
    if (!outside_enter(r->places, w->project, e))
        return err_trace(e);
    const bool ok = fetch(r, w, a, audio, ret_type, e);
    places_leave(r->places, w->project);
    return ok || err_trace(e);
}
