/*
 * NATS, by its own client library, whose threads connect, read and connect again. What cannot be
 * sent now is kept in a small buffer, and beyond that dropped: hints may be lost.
 */
#include "wake/bus.h"

#include <nats/nats.h>
#include <poll.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"

#define SUBJECT "hookswitch.hints"
enum {
    CONNECT_MS = 2000,
    RECONNECT_MS = 1000,
    PING_MS = 5000,
    PINGS_MISSED = 2,
    UNREAD_MESSAGES = 1024
};

struct nats_bus {
    struct wake_bus_options o;
    natsOptions *options;
    natsConnection *connection;
    natsSubscription *subscription;
};

static bool failed(natsStatus s, const char *doing, struct err *e)
{
    return err_set(e, ERR_UNAVAILABLE, "NATS: %s: %s", doing, natsStatus_GetText(s));
}

// --- from the library's threads ------------------------------------------------------------------

static void on_message(natsConnection *connection, natsSubscription *subscription, natsMsg *m,
                       void *arg)
{
    const struct nats_bus *b = arg;

    (void)connection, (void)subscription;
    b->o.on_hint((struct str){natsMsg_GetData(m), (size_t)natsMsg_GetDataLength(m)}, b->o.arg);
    natsMsg_Destroy(m);
}

static void on_connected(natsConnection *connection, void *arg)
{
    (void)connection, (void)arg;
    log_info(NULL, "wake.connected", "bus=nats");
}

static void on_disconnected(natsConnection *connection, void *arg)
{
    (void)connection, (void)arg;
    log_warn(NULL, "wake.disconnected", "bus=nats");
}

/* A slow consumer: messages were dropped, and whoever waits looks by itself. */
static void on_error(natsConnection *connection, natsSubscription *subscription, natsStatus s,
                     void *arg)
{
    (void)connection, (void)subscription, (void)arg;
    log_warn(NULL, "wake.missed", "bus=nats reason=\"%s\"", natsStatus_GetText(s));
}

// --- the bus -------------------------------------------------------------------------------------

static natsStatus set_up(struct nats_bus *b)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    natsOptions *o;
    natsStatus s = natsOptions_Create(&b->options);

    if (s != NATS_OK)
        return s;
    o = b->options;
    const natsStatus each[] = {
        natsOptions_SetURL(o, str_z(b->o.nats_url, a)),
        natsOptions_SetName(o, "hookswitch"),
        natsOptions_SetTimeout(o, CONNECT_MS),
        natsOptions_SetPingInterval(o, PING_MS),
        natsOptions_SetMaxPingsOut(o, PINGS_MISSED),
        natsOptions_SetMaxReconnect(o, -1),
        natsOptions_SetReconnectWait(o, RECONNECT_MS),
        natsOptions_SetReconnectBufSize(o, WAKE_NATS_UNSENT),
        natsOptions_SetMaxPendingMsgs(o, UNREAD_MESSAGES),
        natsOptions_SetSendAsap(o, true),
        natsOptions_SetNoEcho(o, true),
        natsOptions_SetRetryOnFailedConnect(o, true, on_connected, b),
        natsOptions_SetReconnectedCB(o, on_connected, b),
        natsOptions_SetDisconnectedCB(o, on_disconnected, b),
        natsOptions_SetErrorHandler(o, on_error, b),
    };
    for (size_t i = 0; i < LEN(each) && s == NATS_OK; i++)
        s = each[i];
    return s;
}

static void close_bus(void *bus)
{
    struct nats_bus *b = bus;

    natsSubscription_Destroy(b->subscription);
    if (b->connection)
        natsConnection_Close(b->connection);
    natsConnection_Destroy(b->connection);
    natsOptions_Destroy(b->options);
    (void)nats_CloseAndWait(0); // until its threads are gone, which may be handing out a hint
    free(b);
}

static bool open_bus(const struct wake_bus_options *o, void **ret, struct err *e)
{
    struct nats_bus *b = NEW(struct nats_bus);

    b->o = *o;
    natsStatus s = set_up(b);
    if (s == NATS_OK)
        s = natsConnection_Connect(&b->connection, b->options);
    if (s == NATS_OK)
        on_connected(b->connection, b);
    if (s == NATS_OK || s == NATS_NOT_YET_CONNECTED)
        s = natsConnection_Subscribe(&b->subscription, b->connection, SUBJECT, on_message, b);
    if (s != NATS_OK) {
        close_bus(b);
        failed(s, "NATS_URL cannot be used", e);
        return err_fix(e, "write it as nats://user:password@host:4222");
    }
    *ret = b;
    return true;
}

static bool wait_for_hints(void *bus, int fd, usec_t wait, struct err *e)
{
    struct pollfd bell = {.fd = fd, .events = POLLIN};

    (void)bus, (void)e;
    (void)poll(&bell, 1, (int)(wait / MILLISECONDS(1)));
    return true;
}

static bool tell(void *bus, struct str hint, struct err *e)
{
    const struct nats_bus *b = bus;
    const natsStatus s = natsConnection_Publish(b->connection, SUBJECT, hint.p, (int)hint.n);

    return s == NATS_OK || failed(s, "a hint was not told", e);
}

const struct wake_bus wake_bus_nats = {open_bus, wait_for_hints, tell, close_bus};
