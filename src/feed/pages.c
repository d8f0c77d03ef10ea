/*
 * Pages for those who are far behind: read from the store on the hub's thread, one at a time and in
 * the order in which they were asked for, each for one client.
 */
#include "feed/watch.h"

#include "base/arena.h"
#include "base/limits.h"
#include "base/log.h"

static void on_page(struct task *t)
{
    struct page *p = container_of(t, struct page, task);
    struct hub *h = p->station->hub;

    *h->last_page = t;
    h->last_page = &t->next;
    t->next = NULL;
}

bool hub_ask_page(struct hub *h, struct page *p)
{
    p->task.run = on_page;
    return mailbox_push(h->mail, &p->task);
}

static void give_back(struct page *p)
{
    p->task.run = station_on_page;
    loop_post(p->station->loop, &p->task);
}

/* The page's items as one piece of text, a good half of what a socket may have waiting. */
static void page_render(struct page *p, const struct feed_page *page)
{
    struct buf out;

    p->last = p->after;
    buf_init(&out, LIMIT_SSE_BACKLOG + FEED_FRAME_MAX);
    for (size_t i = 0; i < page->n && out.n < LIMIT_SSE_BACKLOG / 2; i++) {
        const struct feed_item *item = &page->items[i];
        if (p->topics & FEED_TOPIC(feed_type_of(item->type)) &&
            feed_view_event(p->of.view, &out, item, page->head.epoch))
            p->shown = item->seq;
        p->last = item->seq;
    }
    if (out.n > 0)
        p->frames = http_chunk_create(buf_view(&out));
    buf_finish(&out);
}

static bool page_read(struct hub *h, const struct watch *w, struct page *p, struct err *e)
{
    struct feed_page page;

    arena_reset(h->a);
    if (!hub_read(h, p->of.project, p->after, HUB_ROWS / 2, &page, e))
        return err_trace(e);
    p->outcome = PAGE_READ;
    if (!str_eq(page.head.epoch, str_from(w->epoch))) {
        p->outcome = PAGE_DROPPED; // the next poll resets them all
    } else if (page.resync) {
        p->outcome = PAGE_RESYNC;
        p->reason = p->after > page.head.last_seq ? FEED_AHEAD : FEED_TOO_OLD;
        p->first_seq = page.head.first_seq;
    } else {
        page_render(p, &page);
    }
    return true;
}

bool hub_serve_page(struct hub *h)
{
    struct task *t = h->pages;
    struct err e = {0};

    if (!t)
        return false;
    struct page *p = container_of(t, struct page, task);
    const struct watch *w = watch_find(h, p->of);
    p->outcome = PAGE_DROPPED; // nobody watches any more: its client has gone
    if (w && !page_read(h, w, p, &e)) {
        log_failure(NULL, LOG_WARN, "feed.page", &e);
        return false;
    }
    h->pages = t->next;
    if (!h->pages)
        h->last_page = &h->pages;
    give_back(p);
    return true;
}

void hub_drop_pages(struct hub *h)
{
    while (h->pages) {
        struct page *p = container_of(h->pages, struct page, task);
        h->pages = h->pages->next;
        p->outcome = PAGE_DROPPED;
        give_back(p);
    }
}
