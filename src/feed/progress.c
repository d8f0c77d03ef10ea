/*
 * How far what is under way is. That is no event: it changes many times a second, concerns few, and
 * what it was a moment ago is of use to nobody. So it has no number and is not kept: each message
 * says all there is, the next one makes good for one that was lost, and who comes gets the last.
 *
 * It is asked for once in a while, in one question for all projects where somebody wants it, and
 * told where it has changed. So a run however quick is one message in that while, on whichever node
 * it is run, and where nobody looks nothing is asked.
 */
#include "feed/watch.h"

#include "base/arena.h"

/* Each once: of its views, the first one where it is wanted. */
static struct watch *wanting(struct hub *h, int64_t project)
{
    struct watch *w = NULL;

    while ((w = watch_next(h, project, w)) && w->n_wanting == 0)
        ;
    return w;
}

static size_t list_wanting(struct hub *h, int64_t **ret)
{
    size_t n = 0, at = 0;

    for (size_t i = 0; i < FEED_BUCKETS; i++)
        for (const struct watch *w = h->watches[i]; w; w = w->next)
            n += wanting(h, w->of.project) == w;
    *ret = arena_new(h->a, int64_t, n);
    for (size_t i = 0; i < FEED_BUCKETS; i++)
        for (const struct watch *w = h->watches[i]; w; w = w->next)
            if (wanting(h, w->of.project) == w)
                (*ret)[at++] = w->of.project;
    return n;
}

static void tell(struct hub *h, struct watch *w, struct str runs)
{
    struct buf out;

    if (w->n_wanting == 0 || str_eq(buf_view(&w->progress), runs))
        return;
    buf_reset(&w->progress);
    buf_str(&w->progress, runs);
    buf_init(&out, FEED_FRAME_MAX);
    feed_view_progress(w->of.view, &out, runs);
    struct http_chunk *chunk = http_chunk_create(buf_view(&out));
    watch_send_progress(h, w, chunk);
    http_chunk_unref(chunk);
    buf_finish(&out);
}

bool hub_look_for_progress(struct hub *h, struct err *e)
{
    int64_t *projects;

    arena_reset(h->a);
    const size_t n = h->o.progress ? list_wanting(h, &projects) : 0;
    struct str *runs = arena_new(h->a, struct str, n);
    if (n > 0 && !h->o.progress(h->db, projects, n, h->a, runs, e))
        return err_trace(e);
    for (size_t i = 0; i < n; i++)
        for (struct watch *w = NULL; (w = watch_next(h, projects[i], w));)
            if (!str_is_none(runs[i]))
                tell(h, w, runs[i]);
    return true;
}
