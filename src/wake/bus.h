#ifndef WAKE_BUS_H
#define WAKE_BUS_H
/* What carries hints from node to node. */
#include "store/store.h"

/* Bytes, with what NATS puts around each hint: told while its server is away, and sent when that is
 * back. What is told beyond it is not kept. */
enum { WAKE_NATS_UNSENT = 64 * 1024 };

struct wake_bus_options {
    struct store *store;
    struct str nats_url;
    void (*on_hint)(struct str text, void *arg); /* of our own as well; from any one thread */
    void *arg;
};

/* A bus is used by one thread. */
struct wake_bus {
    bool (*open)(const struct wake_bus_options *o, void **ret, struct err *e);
    /* Until something was heard, until `fd` can be read, or until `wait` is over. */
    bool (*wait)(void *bus, int fd, usec_t wait, struct err *e);
    bool (*tell)(void *bus, struct str hint, struct err *e);
    void (*close)(void *bus);
};

extern const struct wake_bus wake_bus_postgres, wake_bus_nats;

#endif
