/*
 * How long a connection may stay in each of its states, looked at once a second. A peer that makes
 * no headway is told so where it still listens (408), and cut off where it takes nothing.
 */
#include "http/internal.h"

enum { LINGER_TIME = 2, BODY_GRACE = 5 }; // seconds

static bool body_is_slow(const struct conn *c, usec_t waited)
{
    const usec_t seconds = (waited - SECONDS(BODY_GRACE)) / SECONDS(1);

    return seconds > 0 && c->progress < (size_t)seconds * c->home->server->o.least_rate;
}

/* Nothing of what waits was taken for as long as a write may take. */
static bool write_is_stuck(struct conn *c, size_t unsent)
{
    if (unsent == 0 || unsent != c->progress) {
        c->progress = unsent;
        c->since = c->home->now;
    }
    return c->home->now - c->since > c->home->server->o.write_timeout;
}

/* Something is taken now and then, but so little that the reader only means to stay. */
static bool write_is_slow(const struct conn *c, size_t unsent)
{
    const struct http_server_options *o = &c->home->server->o;
    const usec_t seconds = (c->home->now - c->sending_since - o->write_timeout) / SECONDS(1);

    return seconds > 0 && c->sending - unsent < (size_t)seconds * o->least_rate;
}

/* What was written is with the system, which would keep it after a close, for minutes and up to
 * megabytes. */
static void sweep_lingering(struct conn *c, usec_t waited)
{
    const size_t unacked = conn_unacked(c);

    if (unacked == 0) {
        if (c->peer_ended || waited > SECONDS(LINGER_TIME))
            conn_close(c);
    } else if (write_is_stuck(c, unacked) || write_is_slow(c, unacked)) {
        conn_reset(c);
    }
}

void conn_sweep(struct conn *c)
{
    const struct http_server_options *o = &c->home->server->o;
    const usec_t waited = c->home->now - c->since;
    const size_t unsent = c->tcp.write_queue_size;

    switch (c->state) {
    case CONN_IDLE:
        if (waited > o->idle_timeout)
            conn_linger(c);
        break;
    case CONN_HEAD:
        if (waited > o->header_timeout)
            conn_refuse(c, 408);
        break;
    case CONN_BODY:
        if (body_is_slow(c, waited))
            conn_refuse(c, 408);
        break;
    case CONN_ANSWER:
        if (write_is_stuck(c, unsent) || write_is_slow(c, unsent))
            conn_reset(c);
        break;
    case CONN_STREAM:
        if (write_is_stuck(c, unsent))
            conn_reset(c);
        break;
    case CONN_LINGER:
        sweep_lingering(c, waited);
        break;
    case CONN_EXCHANGE: // its handler has deadlines of its own
    case CONN_CLOSED:
    case CONN_STATE_COUNT:
        break;
    }
}
