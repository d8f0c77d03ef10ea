#include "store/postgres/link.h"

#include <errno.h>
#include <poll.h>

#include "base/clock.h"
#include "base/fault.h"

static usec_t now(void)
{
    return clock_monotonic(&clock_system);
}

void link_set_deadline(struct link *l, usec_t within)
{
    l->until = within ? now() + within : 0;
}

void link_close(struct link *l)
{
    PQfinish(l->conn);
    l->conn = NULL;
}

/* False: the deadline has passed. *ret_events: what the socket is ready for. */
static bool wait_socket(const struct link *l, short events, short *ret_events)
{
    struct pollfd fd = {.fd = PQsocket(l->conn), .events = events};

    for (;;) {
        const usec_t left = l->until ? l->until - now() : MINUTES(1);
        if (left <= 0)
            return false;
        const int n = poll(&fd, 1, (int)(left / MILLISECONDS(1)) + 1);
        if (n > 0) {
            *ret_events = fd.revents;
            return true;
        }
        if (n < 0 && errno != EINTR)
            return false;
    }
}

/* libpq's first line without the address, which stands in DATABASE_URL already. */
static struct str reason(const PGconn *conn)
{
    struct str text = str_from(PQerrorMessage(conn)), line = text, skipped;

    if (cut_field(&text, '\n', &skipped))
        line = skipped;
    for (size_t i = 0; i + 9 < line.n; i++)
        if (memcmp(line.p + i, "failed: ", 8) == 0)
            return str_sub(line, i + 8, line.n);
    return line;
}

static bool closed(struct link *l, const char *what, struct err *e)
{
    const struct str why = reason(l->conn);

    err_set(e, ERR_UNAVAILABLE, "PostgreSQL: %s: " STR_FMT, what, STR_ARG(why));
    link_close(l);
    return false;
}

static bool too_late(struct link *l, const char *what, struct err *e)
{
    link_close(l);
    return err_set(e, ERR_UNAVAILABLE, "PostgreSQL: %s in time", what);
}

static bool finish_connecting(struct link *l, struct err *e)
{
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    short ready;

    while (state != PGRES_POLLING_OK) {
        if (state == PGRES_POLLING_FAILED)
            return closed(l, "cannot be reached", e);
        if (!wait_socket(l, state == PGRES_POLLING_READING ? POLLIN : POLLOUT, &ready))
            return too_late(l, "did not accept the connection", e);
        state = PQconnectPoll(l->conn);
    }
    return true;
}

static void ignore_notice(void *arg, const char *message)
{
    (void)arg, (void)message;
}

bool link_open(struct link *l, const char *const *keywords, const char *const *values,
               usec_t within, struct err *e)
{
    link_set_deadline(l, within);
    if (FAULT("store.connect"))
        return err_set(e, ERR_UNAVAILABLE, "PostgreSQL: cannot be reached (injected)");
    l->number++;
    l->conn = PQconnectStartParams(keywords, values, 1);
    if (!l->conn)
        return err_set(e, ERR_UNAVAILABLE, "PostgreSQL: no memory for a connection");
    PQsetNoticeProcessor(l->conn, ignore_notice, NULL);
    if (PQstatus(l->conn) == CONNECTION_BAD)
        return closed(l, "cannot be reached", e);
    if (!finish_connecting(l, e))
        return err_trace(e);
    if (PQsetnonblocking(l->conn, 1) != 0 || !PQenterPipelineMode(l->conn))
        return closed(l, "cannot be used", e);
    return true;
}

bool link_is_alive(struct link *l)
{
    enum { READS = 8 }; // a last word, then the end of the stream
    struct pollfd fd = {.events = POLLIN};

    if (!l->conn)
        return false;
    fd.fd = PQsocket(l->conn);
    for (int i = 0; i < READS && poll(&fd, 1, 0) > 0; i++) {
        if (!PQconsumeInput(l->conn) || PQstatus(l->conn) != CONNECTION_OK) {
            link_close(l);
            return false;
        }
    }
    return true;
}

bool link_flush(struct link *l, struct err *e)
{
    int left;
    short ready;

    if (FAULT("store.flush"))
        return closed(l, "the connection was lost (injected)", e);
    while ((left = PQflush(l->conn)) > 0) {
        if (!wait_socket(l, POLLIN | POLLOUT, &ready))
            return too_late(l, "did not take the statement", e);
        if ((ready & POLLIN) && !PQconsumeInput(l->conn))
            return closed(l, "the connection was lost", e);
    }
    return left == 0 ? true : closed(l, "the connection was lost", e);
}

bool link_wait(struct link *l, int fd, usec_t wait, struct err *e)
{
    struct pollfd fds[] = {{.fd = PQsocket(l->conn), .events = POLLIN},
                           {.fd = fd, .events = POLLIN}};

    if (poll(fds, LEN(fds), (int)(wait / MILLISECONDS(1))) > 0 && fds[0].revents != 0 &&
        !PQconsumeInput(l->conn))
        return closed(l, "the connection was lost", e);
    return true;
}

bool link_result(struct link *l, PGresult **ret, struct err *e)
{
    short ready;

    if (FAULT("store.step")) {
        link_close(l);
        return err_set(e, ERR_UNAVAILABLE, "PostgreSQL: the connection was lost (injected)");
    }
    while (PQisBusy(l->conn)) {
        if (!wait_socket(l, POLLIN, &ready))
            return too_late(l, "did not answer", e);
        if (!PQconsumeInput(l->conn))
            return closed(l, "the connection was lost", e);
    }
    *ret = PQgetResult(l->conn);
    return true;
}
