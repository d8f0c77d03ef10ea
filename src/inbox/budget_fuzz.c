/*
 * Any text as the address of who sent something invalid, in any order: the limiter judges as one
 * would who counts each of them for himself (there are too few here for four to meet in its table).
 *
 * Input: steps, each a byte of what is done, one that says how long the address is, and the
 * address.
 */
#include "inbox/budget.h"

#include "base/arena.h"
#include "http/cidr.h"

enum { BURST = 3, PER_MINUTE = 6, CLIENTS = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const usec_t interval = MINUTES(1) / PER_MINUTE; /* in which one more is allowed */

/* What it may still send, in time that this takes to come back. */
struct client {
    struct str who;
    usec_t left, seen_at;
};

struct world {
    struct budget *budget;
    struct client clients[CLIENTS];
    size_t n;
    usec_t now;
};

/* One IPv6 network, or one text. */
static bool is_same(struct str a, struct str b)
{
    static const unsigned char v4[12] = {[10] = 0xff, [11] = 0xff};
    struct ip x, y;

    if (!ip_parse(a, &x) || !ip_parse(b, &y))
        return str_eq(a, b);
    const bool is_v4 = memcmp(x.bytes, v4, sizeof v4) == 0;
    if (is_v4 != (memcmp(y.bytes, v4, sizeof v4) == 0))
        return false;
    return memcmp(x.bytes, y.bytes, is_v4 ? sizeof x.bytes : sizeof x.bytes / 2) == 0;
}

static struct client *client_of(struct world *w, struct str who)
{
    for (size_t i = 0; i < w->n; i++)
        if (is_same(w->clients[i].who, who))
            return &w->clients[i];
    if (w->n == CLIENTS)
        return NULL;
    w->clients[w->n] = (struct client){who, BURST * interval, w->now};
    return &w->clients[w->n++];
}

static bool is_spent(struct client *c, usec_t now)
{
    const usec_t left = c->left + now - c->seen_at;

    c->left = left < BURST * interval ? left : BURST * interval;
    c->seen_at = now;
    return c->left < interval;
}

static void step(struct world *w, unsigned char kind, struct str who)
{
    struct client *c = client_of(w, who);

    if (!c)
        return;
    if (kind % 4 == 0)
        w->now += SECONDS(kind / 4);
    if (kind % 4 == 1) {
        c->left -= is_spent(c, w->now) ? 0 : interval;
        budget_spend(w->budget, who, w->now);
    }
    assert(budget_is_spent(w->budget, who, w->now) == is_spent(c, w->now));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world w = {.budget = budget_create(BURST, PER_MINUTE), .now = HOURS(1)};
    struct str in = {(const char *)data, size}, head, who;

    while (cut_bytes(&in, 2, &head) && cut_bytes(&in, (unsigned char)head.p[1] % 48, &who))
        step(&w, (unsigned char)head.p[0], who);
    budget_destroy(w.budget);
    return 0;
}
