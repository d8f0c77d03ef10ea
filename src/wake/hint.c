#include "wake/hint.h"

static const struct str version = STR("1");

bool hint_add_feed(struct hint *h, int64_t project, int64_t last_seq)
{
    size_t i = 0;

    while (i < h->n_feeds && h->feeds[i].project != project)
        i++;
    if (i == HINT_PROJECTS)
        return false;
    if (i == h->n_feeds)
        h->feeds[h->n_feeds++] = (struct hint_feed){project, last_seq};
    else if (h->feeds[i].last_seq < last_seq)
        h->feeds[i].last_seq = last_seq;
    return true;
}

bool hint_says_nothing(const struct hint *h)
{
    return !h->hello && !h->inbox && h->n_feeds == 0;
}

void hint_write(struct buf *out, const struct hint *h)
{
    buf_str(out, version);
    buf_char(out, ' ');
    buf_str(out, h->node);
    if (h->hello)
        buf_str(out, STR(" hello"));
    if (h->inbox)
        buf_str(out, STR(" inbox"));
    for (size_t i = 0; i < h->n_feeds; i++)
        buf_fmt(out, " feed:%lld:%lld", (long long)h->feeds[i].project,
                (long long)h->feeds[i].last_seq);
}

static bool is_node(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'A' && s.p[i] <= 'Z') ||
              (s.p[i] >= 'a' && s.p[i] <= 'z')))
            return false;
    return s.n > 0 && s.n <= HINT_NODE_MAX;
}

static void take_feed(struct str word, struct hint *h)
{
    struct str project;
    int64_t id, seq;

    if (cut_until(&word, ':', &project) && str_to_i64(project, &id) && str_to_i64(word, &seq) &&
        id > 0 && seq > 0)
        (void)hint_add_feed(h, id, seq); // no room for more: whoever waits looks by itself
}

static void take_word(struct str word, struct hint *h)
{
    h->hello = h->hello || str_eq(word, STR("hello"));
    h->inbox = h->inbox || str_eq(word, STR("inbox"));
    if (cut_lit(&word, STR("feed:")))
        take_feed(word, h);
}

bool hint_parse(struct str text, struct hint *ret)
{
    struct str word;

    ret->hello = ret->inbox = false;
    ret->n_feeds = 0;
    if (text.n > HINT_MAX || !cut_field(&text, ' ', &word) || !str_eq(word, version) ||
        !cut_field(&text, ' ', &ret->node) || !is_node(ret->node))
        return false;
    while (cut_field(&text, ' ', &word))
        take_word(word, ret);
    return true;
}
